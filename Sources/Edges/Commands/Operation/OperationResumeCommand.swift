import FleetRuntime
import OperationModel

/// `gantry operation resume`.
struct OperationResumeCommand: Command {
    static let definition = CommandDefinition(
        "resume", "go on with an operation that was interrupted or stopped", arguments: [OperationCommands.id],
        changes: .operation,
        details: ["Finds out what is already true, and goes on from there; nothing is done twice."],
        examples: [.init("gantry operation resume", "go on with the newest one")])

    /// Nil: the newest.
    let id: OperationID?
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let place = context.place(of: configuration)
        let journal = try context.journal(place)
        let record = try OperationCommands.record(id, in: journal)
        let progress = try OperationProgress.read(record, from: journal)
        let status = progress.status(holderIsAlive: progress.holder?.isAlive ?? false)
        guard status != .done, status != .running, status != .aborted else {
            context.show(OperationReport(record.id, progress, holderIsAlive: status == .running))
            return .done
        }
        if changes.isDryRun {
            let needed = zip(record.plan.steps, progress.states).filter { !$0.1.isSatisfied }.map(\.0.id)
            context.show(PlanReport(plan: record.plan, needed: Set(needed)))
            return .done
        }
        guard try context.confirm("Go on with \(record.plan.commandLine) (operation \(record.id))?", changes) else {
            return .refused
        }
        let launcher = OperationLauncher(store: journal, place: place, now: { .now })
        return try await context.watch(
            launcher.resume(record.id), journal, place, changes, after: progress.sequence)
    }
}
