import FleetRuntime
import OperationModel

/// `gantry operation log`.
struct OperationLogCommand: Command {
    static let definition = CommandDefinition(
        "log", "show what an operation did, event by event", arguments: [OperationCommands.id])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let journal = try context.journal(context.knownFleet())
        let record = try OperationCommands.record(id, in: journal)
        context.show(OperationLogReport(record: record, events: try journal.events(of: record.id)))
        return .done
    }
}
