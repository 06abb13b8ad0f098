import FleetConfiguration
import FleetModel
import FleetRuntime
import PlacementPlanning

/// `gantry plan`.
struct PlanCommand: Command {
    private static let words = Argument<String>("COMMAND", .several, "the command to plan, with its arguments")
    private static let snapshot = Option<FilePath>(
        "snapshot", "plan on a saved placement instead of the running cluster (clusterstatus --save-snapshot)")
    private static let output = Option<FilePath>("output", short: "o", "where to write the plan")
    private static let reassignment = Option<FilePath>(
        "reassignment-json", "also write it as Kafka's reassignment file, and FILE.rollback to take it back")
    private static let svg = Option<FilePath>("svg", "also draw the brokers before and after")
    private static let sizes = Option<FilePath>(
        "sizes", "take sizes from kafka-log-dirs.sh's output or topicmappr's metrics", repeats: true)
    private static let tolerance = Option<Percentage>(
        "tolerance", "how far a broker may lie from its share", default: "move.tolerance, else 10%")
    private static let profile = Option<ProfileChoice>(
        "profile", "what wins where bytes are equal: even counts and leaders, or few moves", default: "balanced")
    private static let pin = Option<String>("pin", placeholder: "TOPIC", "a topic whose replicas stay", repeats: true)
    private static let exclude = Option<String>(
        "exclude", placeholder: "TOPIC", "a topic that is left alone wholly", repeats: true)

    static let definition = CommandDefinition(
        "plan", "work out which replicas move where, in which order, and how good that is", arguments: [words],
        options: [snapshot, output, reassignment, svg, sizes, tolerance, profile, pin, exclude], changes: [.accept],
        details: [
            "COMMAND is removebroker ID[,ID…] [FIRST LAST], removehost HOST[,HOST…] [FIRST LAST], rebalance [FIRST LAST], "
                + "replacebroker OLD NEW, replicationfactor COUNT [TOPIC…], repairspread, or leaders.",
            "A plan moves the fewest bytes that there can be, within a hundredth, and says how that is known. What cannot "
                + "be done is refused with status 4, with every reason and its smallest remedy.",
            "It looks at the running cluster and changes nothing there. With --snapshot neither a cluster nor a fleet directory "
                + "is needed.",
            "--accept hosts or --accept racks lets replicas share hosts or racks where too few remain.",
        ],
        examples: [
            .init("gantry plan removebroker 5 --snapshot state.json -o plan.json", "a drain, on a saved placement"),
            .init("gantry plan removehost 10.0.0.13", "a drain of the running cluster, which stays as it is"),
            .init("gantry plan rebalance --snapshot state.json --svg balance.svg", "brokers without data are filled"),
        ], isAudited: false)

    private let request: PlanRequest
    private let snapshot: FilePath?
    private let output: FilePath?
    private let reassignment: FilePath?
    private let svg: FilePath?
    private let sizes: [FilePath]
    private let options: PlanningOptions
    private let tolerance: PerMille?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        request = try PlanRequest(arguments.all(Self.words), help: arguments.helpCommand)
        snapshot = arguments[Self.snapshot]
        output = arguments[Self.output]
        reassignment = arguments[Self.reassignment]
        svg = arguments[Self.svg]
        sizes = arguments.all(Self.sizes)
        var options = PlanningOptions()
        options.profile = arguments[Self.profile]?.profile ?? .balanced
        options.pinnedTopics = arguments.all(Self.pin)
        options.excludedTopics = arguments.all(Self.exclude)
        options.acceptNarrowerSpread = arguments.changes.accepted.contains { ["hosts", "racks"].contains($0.code) }
        self.options = options
        tolerance = arguments[Self.tolerance]?.share
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try WholeFile.refuseSame(
            read: ([snapshot] + sizes).compactMap { $0?.path },
            written: [output?.path, reassignment?.path, reassignment.map { $0.path + ".rollback" }, svg?.path])
        var (input, options) = try await placement(in: context)
        for file in sizes {
            input = try WholeFile.parsed(file.path) { try input.applying(try SizeFile($0)) }
        }
        let event = try request.event(in: input)
        let clock = ContinuousClock()
        let began = clock.now
        let plan = try Planner.plan(input, event, options)
        let took = clock.now - began
        try Self.check(plan, input)
        let notes = request.notes(in: input) + SharedHosts.notes(plan, input)
        let report = PlanSummary(
            plan: plan, took: took, hasNoSizes: input.hasNoSizes, notes: notes, topics: input.partitionsOfTopics)
        if let output { try WholeFile.write(report.json.bytes(.compact) + [0x0a], to: output.path) }
        if let reassignment {
            try WholeFile.write(KafkaFiles.reassignment(plan), to: reassignment.path)
            try WholeFile.write(KafkaFiles.rollback(plan), to: "\(reassignment.path).rollback")
        }
        if let svg { try WholeFile.write(Array(BalancePicture.svg(plan).utf8), to: svg.path) }
        context.show(report)
        return .done
    }

    /// What is planned on, and with which options: a saved placement's, or the running cluster's and its fleet's.
    private func placement(in context: CommandContext) async throws -> (PlacementInput, PlanningOptions) {
        var options = options
        if let snapshot {
            options.tolerance = tolerance ?? options.tolerance
            return (try WholeFile.parsed(snapshot.path) { try SnapshotFile.read($0) }, options)
        }
        let configuration = try context.configuration()
        options.tolerance = tolerance ?? configuration.specification.move.tolerance
        let status = try await context.withSession(configuration) {
            try await $0.status(canary: false, directory: configuration.directory)
        }
        return (try PlacementInput(observed: status), options)
    }

    /// A plan that the verifier does not accept is never written.
    private static func check(_ plan: MovePlan, _ input: PlacementInput) throws(CommandError) {
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

    init?(argument: String) {
        guard argument.last == "%", case let digits = argument.dropLast(), digits.utf8.count <= 3,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let percent = Int64(digits), percent <= 100
        else { return nil }
        share = PerMille(percent * 10)
    }

    static var placeholder: String { "PERCENT" }
    static var expectation: String { "whole per cents with their sign: 10%" }
}
