import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation abort`.
struct OperationAbortCommand: Command {
    static let definition = CommandDefinition(
        "abort", "give an operation up, at a safe point", arguments: [OperationCommands.id],
        changes: .operation,
        details: ["A running operation finishes the steps under way and undoes what is half done. What is done stays."])

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
        let isRunning = status == .running
        if changes.isDryRun || status == .done || status == .aborted {
            var report = OperationReport(record.id, progress, holderIsAlive: isRunning)
            let isOver = status == .done || status == .aborted
            report.notice =
                isOver
                ? "operation \(record.id) \(status.already): nothing to abort" : "it would be given up; as it is:"
            context.show(report)
            return .done
        }
        guard try context.confirm("Give up \(record.plan.commandLine) (operation \(record.id))?", changes) else {
            return .refused
        }
        context.audit.concerns(record.id)
        guard isRunning else {
            // Nobody is at it: a worker takes back what the last one left in the way.
            let launcher = OperationLauncher(store: journal, place: place, now: { .now })
            let exit = try await context.watch(
                launcher.giveUp(record.id), journal, place, changes, after: progress.sequence)
            guard case .aborted = try OperationProgress.read(record, from: journal).ending else { return exit }
            return .done
        }
        try journal.request(.abort, of: record.id, at: .now)
        let watch = OperationWatch(context: context, store: journal, id: record.id, interrupt: .stopsWatching)
        guard let ended = try await watch.follow(worker: nil) else { return .done }
        context.show(OperationReport(record.id, ended, holderIsAlive: false))
        return .done
    }
}
