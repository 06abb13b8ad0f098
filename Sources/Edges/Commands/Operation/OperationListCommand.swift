import FleetRuntime
import OperationModel

/// `gantry operation list`.
struct OperationListCommand: Command {
    static let definition = CommandDefinition(
        "list", "list the operations, newest first",
        examples: [.init("gantry operation list --format json", "for scripts")])

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let journal = try context.knownFleet().place.existingJournal() else {
            context.show(OperationListReport(rows: []))
            return .done
        }
        context.show(
            OperationListReport(
                rows: try journal.operations(limit: OperationListReport.limit).map { record in
                    let progress = try OperationProgress.read(record, from: journal)
                    return (
                        record, progress,
                        progress.status(holderIsAlive: progress.holder?.isAlive ?? false)
                    )
                }))
        return .done
    }
}
