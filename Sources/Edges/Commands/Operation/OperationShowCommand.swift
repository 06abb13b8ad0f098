import FleetRuntime
import OperationModel

/// `gantry operation show`.
struct OperationShowCommand: Command {
    static let definition = CommandDefinition(
        "show", "show an operation: its plan, its steps, how far it is", arguments: [OperationCommands.id])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        let progress = try OperationProgress.read(record, from: journal)
        context.show(
            OperationShowReport(
                record: record, progress: progress, holderIsAlive: progress.holder?.isAlive ?? false,
                now: fleet.time()))
        return .done
    }
}
