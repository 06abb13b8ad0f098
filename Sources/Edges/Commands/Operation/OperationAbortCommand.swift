import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation abort`.
struct OperationAbortCommand: Command {
    private static let rollback = Flag("rollback", "then bring all partitions back to the lists they had before")

    static let definition = CommandDefinition(
        "abort", "give an operation up, at a safe point", arguments: [OperationCommands.id], options: [rollback],
        changes: .operation,
        details: [
            "A running operation finishes the steps under way, breaks off checks and waits, and undoes what is half done. What is done stays, unless "
                + "--rollback brings the partitions back: that is an operation of its own, which can be watched, paused "
                + "and resumed like any other.",
            "A broker that was removed for good does not come back: then --rollback is refused, and nothing is given up.",
        ])

    /// Nil: the newest.
    let id: OperationID?
    let rollsBack: Bool
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
        rollsBack = arguments[Self.rollback]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        let progress = try OperationProgress.read(record, from: journal)
        let status = progress.status(holderIsAlive: progress.holder?.isAlive ?? false)
        if rollsBack { return try await rollBack(record, progress, status, journal, fleet, context) }
        guard status != .done else { throw Self.over(record) }
        // Of one that another took the place of, what it left in the way may be there still.
        let isOver = status == .aborted && !progress.isSuperseded
        if changes.isDryRun || isOver {
            var report = OperationReport(record.id, progress, holderIsAlive: status == .running)
            report.notice =
                isOver
                ? "operation \(record.id) \(status.already): nothing to abort" : "it would be given up; as it is:"
            context.show(report)
            return .done
        }
        // A worker that is at it knows the fleet; one that would have to be started must be told.
        if status != .running { _ = try fleet.required() }
        guard try context.confirm("Give up \(record.plan.commandLine) (operation \(record.id))?", changes) else {
            return .refused
        }
        context.audit.concerns(record.id)
        return try await giveUp(record, progress, status, journal, fleet, context)
    }

    /// Gives it up, by its worker or by one that is started for it.
    private func giveUp(
        _ record: OperationRecord, _ progress: OperationProgress, _ status: OperationStatus,
        _ journal: any OperationStore, _ fleet: KnownFleet, _ context: CommandContext
    ) async throws -> ExitStatus {
        guard status == .running else {
            let configuration = try fleet.required()
            // Nobody is at it: a worker takes back what the last one left in the way.
            guard try await context.holdsNobodyElse(record.plan, own: record.id, configuration, changes) else {
                return .refused
            }
            let launcher = OperationLauncher(store: journal, place: fleet.place, now: fleet.time)
            var changes = changes
            if rollsBack { changes.detaches = false }
            let exit = try await context.watch(
                launcher.giveUp(record.id), journal, configuration, changes, after: progress.sequence, givingUp: true)
            guard case .aborted = try OperationProgress.read(record, from: journal).ending else { return exit }
            return .done
        }
        try journal.request(.abort, of: record.id, at: fleet.time())
        if changes.detaches, !rollsBack {
            context.show(OperationReport(record.id, progress, holderIsAlive: true, detached: .abort))
            return .done
        }
        let watch = OperationWatch(
            context: context, store: journal, id: record.id, interrupt: .stopsWatching, now: fleet.time)
        guard let ended = try await watch.follow(worker: nil, after: progress.sequence) else { return .done }
        switch ended.ending {
        case .aborted, .done:
            let report = OperationReport(record.id, ended, holderIsAlive: false)
            if !rollsBack { context.show(report) }
            if case .aborted = ended.ending { return .done }
            return report.exit
        default:
            // Its step failed, or somebody stopped it, before it saw the wish: what it left is taken back all the same.
            if let worker = ended.holder {
                try await OperationFollower(store: journal, id: record.id).untilGone(
                    worker, atMost: Self.endPatience)
            }
            return try await giveUp(
                record, ended, ended.status(holderIsAlive: false), journal, fleet, context)
        }
    }

    /// How long a worker whose operation has ended may take to end itself: it sends mail and runs hooks.
    private static let endPatience: Duration = .seconds(60)

    private static func over(_ record: OperationRecord) -> CommandError {
        CommandError(
            "operation-over", "there is nothing to give up",
            object: "operation \(record.id) (\(record.plan.commandLine))",
            reason: "it is done", next: "gantry operation list", exit: .refused)
    }

    // MARK: Going back

    private func rollBack(
        _ record: OperationRecord, _ progress: OperationProgress, _ status: OperationStatus,
        _ journal: any OperationStore, _ fleet: KnownFleet, _ context: CommandContext
    ) async throws -> ExitStatus {
        let configuration = try fleet.required()
        let name = "operation \(record.id) (\(record.plan.commandLine))"
        guard status != .done else { throw Self.over(record) }
        if let later = try journal.changed(since: record) {
            throw CommandError(
                "superseded", "it can't be taken back", object: name,
                reason: "operation \(later.id) (\(later.plan.commandLine)) has changed the cluster since",
                next: "gantry operation show \(later.id)", exit: .refused)
        }
        let canary = configuration.specification.move.canary
        let (reason, isAborted) = (changes.reason, status == .aborted)
        func prepare(isAtRest: Bool) async throws -> MovePreparation {
            try await context.beforeChange(.hosts(of: configuration)) {
                try await context.withSession(configuration) {
                    try await $0.prepareRollback(
                        of: record, isAtRest: isAtRest, reason: reason, canary: canary,
                        directory: configuration.directory)
                }
            }
        }
        // What can't be taken back is said before anything is given up.
        var preparation = try await prepare(isAtRest: isAborted)
        for text in preparation.notes { context.note(text) }
        guard preparation.blockers.isEmpty else {
            let report = OperationReport(
                refused: "operation abort \(record.id) --rollback", blockers: preparation.blockers)
            context.show(report)
            return report.exit
        }
        if changes.isDryRun {
            if let plan = preparation.plan {
                context.show(MoveReport(plan: plan, moves: [], notes: preparation.notes))
            } else {
                context.show(OperationReport(nothingToDo: "operation abort \(record.id) --rollback"))
            }
            return .done
        }
        let question = "Give up \(record.plan.commandLine) (operation \(record.id)) and go back to the lists before it?"
        guard try context.confirm(question, changes) else { return .refused }
        context.audit.concerns(record.id)
        if !isAborted {
            let exit = try await giveUp(record, progress, status, journal, fleet, context)
            guard exit == .done else { return exit }
            guard case .aborted = try OperationProgress.read(record, from: journal).ending else {
                throw CommandError(
                    "operation-over", "it was not given up", object: name, reason: "it came to its end before",
                    next: "gantry operation show \(record.id)", exit: .refused)
            }
            preparation = try await prepare(isAtRest: true)
        }
        guard preparation.blockers.isEmpty else {
            let report = OperationReport(
                refused: "operation abort \(record.id) --rollback", blockers: preparation.blockers)
            context.show(report)
            return .stopped
        }
        guard let plan = preparation.plan else {
            context.show(OperationReport(nothingToDo: "operation abort \(record.id) --rollback"))
            return .done
        }
        return try await context.start(plan, configuration, changes)
    }
}
