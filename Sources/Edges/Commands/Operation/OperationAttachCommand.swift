import FleetRuntime
import OperationModel

/// `gantry operation attach`.
struct OperationAttachCommand: Command {
    static let definition = CommandDefinition(
        "attach", "watch an operation that runs; Ctrl-C only stops watching", arguments: [OperationCommands.id])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let journal = try context.journal(context.place(of: configuration))
        let record = try OperationCommands.record(id, in: journal)
        context.audit.concerns(record.id)
        try await OperationFollower(store: journal, id: record.id).untilTaken(in: record.plan.cluster)
        let watch = OperationWatch(
            context: context, store: journal, id: record.id, interrupt: .stopsWatching,
            now: context.time(of: configuration))
        guard let progress = try await watch.follow(worker: nil) else { return .done }
        let report = OperationReport(record.id, progress, holderIsAlive: false)
        context.show(report)
        return report.exit
    }
}
