import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation set`.
struct OperationSetCommand: Command {
    private static let words = Argument<String>(
        "[ID] KEY=VALUE", .several, "throttle=RATE or throttle=off, behind the operation's id, or for the newest")

    static let definition = CommandDefinition(
        "set", "change how an operation goes on", arguments: [words], changes: [.reason],
        details: [
            "Works on a running operation at its next decision, and on one that rests for when it is resumed. It is kept "
                + "in the journal.",
            "throttle=20MiB/s sets how fast data may move in and out of each broker; throttle=off lets it run free.",
        ],
        examples: [.init("gantry operation set throttle=20MiB/s", "slow the newest one down")])

    /// Nil: the newest.
    let id: OperationID?
    let settings: [OperationSetting]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        var words = arguments.all(Self.words)
        if let first = words.first, !first.contains("=") {
            guard let id = OperationID(argument: first) else {
                throw .usage(
                    "'\(first)' is neither an operation nor KEY=VALUE", reason: "wants \(OperationID.expectation)",
                    next: arguments.helpCommand)
            }
            self.id = id
            words.removeFirst()
        } else {
            id = nil
        }
        guard !words.isEmpty else {
            throw .usage("nothing to set", reason: "wants \(Self.keys)", next: arguments.helpCommand)
        }
        var settings: [OperationSetting] = []
        for word in words { settings.append(try Self.setting(word, arguments.helpCommand)) }
        self.settings = settings
    }

    /// Every key there is, for refusals.
    private static let keys = "throttle=RATE, or throttle=off"

    private static func setting(_ word: String, _ help: String) throws(CommandError) -> OperationSetting {
        guard let equals = word.firstIndex(of: "=") else {
            throw .usage("'\(word)' is not KEY=VALUE", reason: "wants \(keys)", next: help)
        }
        let (key, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
        guard key == "throttle" else {
            throw .usage("'\(key)' can't be set", reason: "what can be: \(keys)", next: help)
        }
        if value == "off" { return .throttle(nil) }
        guard let throttle = Throttle(argument: value) else {
            throw .usage("'\(value)' is no throttle", reason: "wants \(Throttle.expectation), or off", next: help)
        }
        return .throttle(throttle.rate)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        context.audit.concerns(record.id)
        let progress = try OperationProgress.read(record, from: journal)
        let isAlive = progress.holder?.isAlive ?? false
        let status = progress.status(holderIsAlive: isAlive)
        guard status != .done, status != .aborted else {
            throw CommandError(
                "operation-over", "it can't be changed any more", object: "operation \(record.id)",
                reason: "it \(status.already)", next: "gantry operation list", exit: .refused)
        }
        guard record.plan.steps.contains(where: { OperationPlan.movingKinds.contains($0.kind) }) else {
            throw CommandError(
                "moves-nothing", "a throttle means nothing for it",
                object: "operation \(record.id) (\(record.plan.commandLine))", reason: "it moves no data",
                next: "gantry operation show \(record.id)", exit: .refused)
        }
        for setting in settings { try journal.request(.set(setting), of: record.id, at: fleet.time()) }
        let words = settings.map { "\(ControlRequest.set($0))".dropFirst("set ".count) }.joined(separator: ", ")
        var report = OperationReport(
            record.id, try OperationProgress.read(record, from: journal), holderIsAlive: isAlive)
        report.notice =
            words + (status == .running ? " holds from its next decision on" : " holds once it is resumed")
        context.show(report)
        return .done
    }
}
