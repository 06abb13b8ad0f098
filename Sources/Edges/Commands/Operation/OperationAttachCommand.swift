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

    /// What there is to say of an operation that does not go on by itself.
    private static func words(_ id: OperationID, _ status: OperationStatus) -> String {
        switch status {
        case .interrupted:
            "operation \(id): its worker is gone and nobody is at it; gantry operation resume \(id) goes on, gantry "
                + "operation abort \(id) gives it up"
        case .stopped, .paused: "operation \(id) \(status.already): gantry operation resume \(id) goes on"
        case .failed: "operation \(id) \(status.already): mend the cause, then gantry operation resume \(id)"
        case .done, .aborted, .running: "operation \(id) \(status.already)"
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        context.audit.concerns(record.id)
        try await OperationFollower(store: journal, id: record.id).untilTaken(in: record.plan.cluster)
        let before = try OperationProgress.read(record, from: journal)
        let status = before.status(holderIsAlive: before.holder?.isAlive ?? false)
        let watch = OperationWatch(
            context: context, store: journal, id: record.id,
            interrupt: status == .running ? .stopsWatching : .nothing(Self.words(record.id, status)), now: fleet.time)
        guard let progress = try await watch.follow(worker: nil) else { return .done }
        let report = OperationReport(record.id, progress, holderIsAlive: false)
        context.show(report)
        return report.exit
    }
}
