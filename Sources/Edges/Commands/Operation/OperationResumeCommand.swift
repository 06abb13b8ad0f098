import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation resume`.
struct OperationResumeCommand: Command {
    static let definition = CommandDefinition(
        "resume", "go on with an operation that was interrupted or stopped", arguments: [OperationCommands.id],
        changes: .operation,
        details: ["Finds out what is already true, and goes on from there; nothing is done twice."],
        examples: [.init("gantry operation resume", "go on with the one that was left")])

    /// Nil: the one that was left half way, or the newest.
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
        // Who names none means the one that was left, though a command that changed nothing may have come after it.
        let left = id == nil ? try journal.resumable(configuration.specification.cluster.name) : nil
        let record = try left ?? OperationCommands.record(id, in: journal)
        let progress = try OperationProgress.read(record, from: journal)
        let status = progress.status(holderIsAlive: progress.holder?.isAlive ?? false)
        if status == .aborted, !progress.isSuperseded {
            throw CommandError(
                "operation-over", "there is nothing to resume",
                object: "operation \(record.id) (\(record.plan.commandLine))",
                reason: "it was given up", next: "gantry \(record.plan.commandLine)", exit: .refused)
        }
        guard status != .done, status != .running else {
            var report = OperationReport(record.id, progress, holderIsAlive: status == .running)
            report.notice = "operation \(record.id) \(status.already): nothing to resume"
            context.show(report)
            return .done
        }
        try refuseSuperseded(record, journal)
        let needed = zip(record.plan.steps, progress.states).filter { !$0.1.isSatisfied }.map(\.0.id)
        var plan = PlanReport(
            plan: record.plan, needed: Set(needed), showsAll: context.options.verbosity > 0)
        if let moved = try StepProgress.read(of: record.id, from: journal), needed.contains(moved.step) {
            plan.left[moved.step] = moved.left
        }
        if changes.isDryRun {
            context.show(plan)
            return .done
        }
        guard
            try context.confirm(
                "Go on with \(record.plan.commandLine) (operation \(record.id))?", changes, showing: plan)
        else {
            return .refused
        }
        guard try await context.holdsNobodyElse(record.plan, own: record.id, configuration, changes) else {
            return .refused
        }
        context.note(
            "it goes on as it was planned at \(record.createdAt); what was changed in defaults.cfg since is not in it")
        let launcher = OperationLauncher(store: journal, place: place, now: context.time(of: configuration))
        return try await context.watch(
            launcher.resume(record.id), journal, configuration, changes, after: progress.sequence)
    }

    /// What a later operation has changed since, this one's plan knows nothing of: going on would undo it.
    private func refuseSuperseded(_ record: OperationRecord, _ journal: any OperationStore) throws {
        guard let later = try journal.changed(since: record) else { return }
        throw CommandError(
            "superseded", "it can't be gone on with", object: "operation \(record.id) (\(record.plan.commandLine))",
            reason: "operation \(later.id) (\(later.plan.commandLine)) has changed the cluster since",
            next: "gantry \(record.plan.command) plans it anew; gantry operation abort \(record.id) closes it",
            exit: .refused)
    }
}
