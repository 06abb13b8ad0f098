import FleetConfiguration
import FleetModel
import PlacementPlanning

/// `gantry plan`.
struct PlanCommand: Command {
    private static let words = Argument<String>("COMMAND", .several, "the command to plan, with its arguments")
    private static let output = Option<FilePath>("output", short: "o", "where to write the plan")
    private static let reassignment = Option<FilePath>(
        "reassignment-json", "also write it as Kafka's reassignment file, and FILE.rollback to take it back")
    private static let svg = Option<FilePath>("svg", "also draw the brokers before and after")
    static let rollback = Option<FilePath>(
        "rollback-json", "also write the reassignment that restores the lists as they are now")
    private static let election = Option<FilePath>(
        "election-json", "also write the partitions whose preferred leader changes, for kafka-leader-election.sh")

    static let definition = CommandDefinition(
        "plan", "work out which replicas move where, in which order, and how good that is", arguments: [words],
        options: [output, reassignment, rollback, election, svg] + PlacementSource.options, changes: [.accept],
        details: [
            "COMMAND is removebroker ID[,ID…] [FIRST LAST], removehost HOST[,HOST…] [FIRST LAST], rebalance [FIRST LAST], "
                + "replacebroker OLD NEW, replicationfactor COUNT [TOPIC…], repairspread, or leaders; on the running cluster also "
                + "bootstrap, addhost, addbroker and restart, each with its own options.",
            "check FILE [COMMAND…] plans nothing: it judges a reassignment of another tool (gantry help plan check).",
            "A plan moves the fewest bytes that there can be, within a hundredth, and says how that is known. What cannot "
                + "be done is refused with status 4, with every reason and its smallest remedy.",
            "It looks at the running cluster and changes nothing there. -o keeps every step of the operation, with the state it was "
                + "made from, for gantry apply. With --snapshot neither a cluster nor a fleet directory "
                + "is needed. The file may be an earlier plan for the same cluster, whose place it takes; any other is left alone.",
            "--accept hosts or --accept racks lets replicas share hosts or racks where too few remain.",
        ],
        examples: [
            .init("gantry plan removebroker 5 --snapshot state.json -o plan.json", "a drain, on a saved placement"),
            .init("gantry plan removehost 10.0.0.13", "a drain of the running cluster, which stays as it is"),
            .init(
                "gantry plan addbroker 10.0.0.12 2 --rebalance -o plan.json", "an operation, for gantry apply plan.json"
            ),
            .init(
                "gantry plan check move.json removebroker 5 --snapshot state.json --rollback-json back.json",
                "what another tool proposes, before it is executed"),
            .init("gantry plan rebalance --snapshot state.json --svg balance.svg", "brokers without data are filled"),
        ], handsOn: true, isAudited: false, topics: [ReassignmentCheck.definition])

    /// What is planned by the planner alone; nil where an operation plans itself.
    private let request: PlanRequest?
    /// The operation's command with all of its words.
    private let operation: (command: any Command, words: [String])?
    /// A reassignment to be judged in the place of a plan.
    private let check: ReassignmentCheck?
    private let source: PlacementSource
    private let output: FilePath?
    private let reassignment: FilePath?
    private let rollback: FilePath?
    private let election: FilePath?
    private let svg: FilePath?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        source = PlacementSource(arguments)
        output = arguments[Self.output]
        reassignment = arguments[Self.reassignment]
        rollback = arguments[Self.rollback]
        election = arguments[Self.election]
        svg = arguments[Self.svg]
        let words = arguments.all(Self.words)
        if words.first == ReassignmentCheck.name {
            guard output == nil, reassignment == nil, election == nil, svg == nil else {
                throw .usage(
                    "a check makes no plan that could be written", reason: "only --rollback-json goes with check",
                    next: arguments.helpCommand)
            }
            check = try ReassignmentCheck(Array(words.dropFirst()), help: arguments.helpCommand)
            (operation, request) = (nil, nil)
            return
        }
        check = nil
        let isExported = reassignment != nil || rollback != nil || election != nil || svg != nil
        let isPlannersOwn =
            (isExported && output == nil) || source.isPlannersOwn(for: words.first ?? "", arguments)
        // Without a file to keep it in, what the planner knows by itself is shown by it, also where nothing has to move.
        let isOperation =
            arguments[Self.output] != nil || !PlanRequest.names.contains(words.first ?? "")
            || words.contains { $0.hasPrefix("-") }
        if !isPlannersOwn, isOperation, PlannedCommand.isOne(words.first ?? "") {
            let all = words + Self.forwarded(arguments)
            operation = (try PlannedCommand.parse(all), all)
            request = nil
        } else {
            operation = nil
            request = try PlanRequest(words, help: arguments.helpCommand)
        }
    }

    /// Options of this command that the operation's own command has under the same name.
    private static func forwarded(_ arguments: ParsedArguments) -> [String] {
        var words: [String] = []
        if let tolerance = arguments[PlacementSource.tolerance] { words += ["--tolerance", tolerance.text] }
        for accepted in arguments.changes.accepted {
            words += ["--accept", accepted.object.map { "\(accepted.code)=\($0)" } ?? accepted.code]
        }
        return words
    }

    /// A plan takes the place of an earlier one for the same cluster, and of nothing else.
    /// - Throws: status 4 for any other file.
    private static func refuseOther(_ path: String, than cluster: ClusterName?) throws(CommandError) {
        guard let bytes = try WholeFile.present(path) else { return }
        let value = try? JSONValue(parsing: bytes)
        let isPlan = value.map { (try? PlanFile.read($0)) != nil || $0["operation_digest"]?.string != nil } ?? false
        let earlier = value?["operation"]?["cluster"]?.string
        guard !isPlan || earlier != cluster?.rawValue else { return }
        throw CommandError(
            "file-exists", "a file would be lost", object: path,
            reason: "it is there already, and is "
                + (isPlan
                    ? earlier.map { "a plan for cluster \($0)" } ?? "a plan on a saved placement"
                    : "no plan of gantry"),
            next: "name a file that is not there yet, or remove this one: rm \(ShellQuoting.word(path))",
            exit: .refused)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        if let output {
            let cluster = operation == nil ? nil : try context.configuration().specification.cluster.name
            try Self.refuseOther(output.path, than: cluster)
        }
        if let operation {
            try WholeFile.refuseSame(read: [], written: [output?.path] + exports.map(\.path))
            let status = try await operation.command.run(
                in: context.with(.plan(output: output?.path, words: operation.words)))
            if status == .done, let output, !exports.isEmpty {
                try WholeFile.write(files(of: try Self.onlyMove(of: output.path)), after: [output.path])
            }
            return status
        }
        if let check { return try await check.run(on: source, rollback: rollback, in: context) }
        guard let request else { return .refused }
        try WholeFile.refuseSame(read: source.files, written: [output?.path] + exports.map(\.path))
        let (input, options) = try await source.placement(in: context)
        let event = try request.event(in: input)
        let clock = ContinuousClock()
        let began = clock.now
        let plan = try Planner.plan(input, event, options)
        let took = clock.now - began
        try Self.check(plan, input)
        let notes = request.notes(in: input) + SharedHosts.notes(plan, input)
        let report = PlanSummary(
            plan: plan, took: took, hasNoSizes: input.hasNoSizes, notes: notes, output: output?.path,
            topics: input.partitionsOfTopics)
        let kept = output.map { [($0.path, report.json.bytes(.compact) + [0x0a])] } ?? []
        try WholeFile.write(kept + files(of: plan))
        context.show(report)
        return .done
    }

    /// A file for other tools, or the picture.
    private struct Export {
        let path: String
        let contents: (MovePlan) -> [UInt8]
    }

    private var exports: [Export] {
        var exports: [Export] = []
        if let reassignment {
            exports.append(Export(path: reassignment.path, contents: KafkaFiles.reassignment))
            exports.append(Export(path: "\(reassignment.path).rollback", contents: KafkaFiles.rollback))
        }
        if let rollback { exports.append(Export(path: rollback.path, contents: KafkaFiles.rollback)) }
        if let election { exports.append(Export(path: election.path, contents: KafkaFiles.preferredElection)) }
        if let svg { exports.append(Export(path: svg.path) { Array(BalancePicture.svg($0).utf8) }) }
        return exports
    }

    private func files(of plan: MovePlan) -> [(path: String, bytes: [UInt8])] {
        exports.map { ($0.path, $0.contents(plan)) }
    }

    /// The moves of an operation's plan that was written to `path`.
    private static func onlyMove(of path: String) throws(CommandError) -> MovePlan {
        let moves = try OperationPlanFile.read(try WholeFile.read(path), path: path).moves
        guard let move = moves.first, moves.count == 1 else {
            throw CommandError(
                "not-one-move", "no file for other tools was written", object: path,
                reason: moves.isEmpty
                    ? "the operation moves no data" : "the operation moves data in \(counted(moves.count, "stage"))",
                next: moves.isEmpty
                    ? "the plan itself is there: gantry apply FILE"
                    : "one broker at a time, or --single-batch for a host's, makes one; the plan itself is there",
                exit: .refused)
        }
        return move
    }

    /// A plan that the verifier does not accept is never written.
    static func check(_ plan: MovePlan, _ input: PlacementInput) throws(CommandError) {
        let violations = verify(plan, input)
        guard !violations.isEmpty else { return }
        throw CommandError(
            "plan-rejected", "the plan breaks its own rules and was thrown away",
            reason: "this is a mistake in gantry", next: "report it with the snapshot",
            evidence: violations.prefix(5).map(\.description))
    }
}

/// `balanced` or `fewest-moves`.
enum ProfileChoice: String, ArgumentChoice, Hashable {
    case balanced
    case fewestMoves = "fewest-moves"

    var profile: PlanningOptions.Profile { self == .balanced ? .balanced : .fewestMoves }
}

/// `10%`: whole per cents up to 100.
struct Percentage: ArgumentValue, Hashable {
    let share: PerMille
    /// As it is typed.
    var text: String { "\(share.thousandths / 10)%" }

    init?(argument: String) {
        guard argument.last == "%", case let digits = argument.dropLast(), digits.utf8.count <= 3,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let percent = Int64(digits), percent <= 100
        else { return nil }
        share = PerMille(percent * 10)
    }

    static var placeholder: String { "PERCENT" }
    static var expectation: String { "whole per cents with their sign: 10%" }
}
