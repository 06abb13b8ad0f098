import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation pause`.
struct OperationPauseCommand: Command {
    static let definition = CommandDefinition(
        "pause", "let an operation rest, at its next safe point", arguments: [OperationCommands.id],
        changes: [.reason],
        details: [
            "The steps under way end; moves under way may end within a minute and are taken back otherwise. No throttle "
                + "and no half move is left. gantry operation resume goes on."
        ],
        examples: [.init("gantry operation pause", "let the newest one rest")])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        context.audit.concerns(record.id)
        // A request before the worker has begun would not be heard.
        try await OperationFollower(store: journal, id: record.id).untilTaken(in: record.plan.cluster)
        let progress = try OperationProgress.read(record, from: journal)
        let status = progress.status(holderIsAlive: progress.holder?.isAlive ?? false)
        guard status == .running else {
            guard status != .interrupted, !progress.isStoppedAtOnce else {
                throw CommandError(
                    "operation-interrupted", "there is no worker that could let it rest",
                    object: "operation \(record.id) (\(record.plan.commandLine))",
                    reason: (status == .interrupted ? "its worker died" : "its worker was ended at once")
                        + "; moves and throttles of it may be in force",
                    next: "gantry operation resume \(record.id), or gantry operation abort \(record.id)", exit: .refused
                )
            }
            var report = OperationReport(record.id, progress, holderIsAlive: false)
            report.notice = "operation \(record.id) \(status.already): nothing to pause"
            context.show(report)
            return .done
        }
        try journal.request(.pause, of: record.id, at: fleet.time())
        let watch = OperationWatch(
            context: context, store: journal, id: record.id, interrupt: .stopsWatching, now: fleet.time)
        guard let ended = try await watch.follow(worker: nil, after: progress.sequence) else { return .done }
        let report = OperationReport(record.id, ended, holderIsAlive: false)
        context.show(report)
        switch ended.ending {
        // It may have come to its end just before.
        case .paused, .done: return .done
        default: return report.exit
        }
    }
}
