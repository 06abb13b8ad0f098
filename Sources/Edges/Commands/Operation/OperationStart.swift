import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import OperationModel

extension CommandContext {
    /// Starts an operation's worker and watches it to its end, or returns at once with `--detach`.
    func start(
        _ plan: OperationPlan, _ configuration: FleetConfiguration, _ changes: ChangeValues
    ) async throws -> ExitStatus {
        let place = place(of: configuration)
        guard try await holdsNobodyElse(plan, configuration, changes) else { return .refused }
        let notes = try await askHook(plan, place) + Hooks(FleetDirectory(path: place.directory)).misnamed
        let store = try place.openJournal()
        let launcher = OperationLauncher(store: store, place: place, now: time(of: configuration))
        let launched = try launcher.launch(plan, salt: UInt16.random(in: .min ... .max), notes: notes)
        return try await watch(launched, store, configuration, changes)
    }

    /// Whether no other techhost, and no other fleet directory, is at work on the hosts of `plan`; else it is shown who is.
    func holdsNobodyElse(
        _ plan: OperationPlan, own: OperationID? = nil, _ configuration: FleetConfiguration, _ changes: ChangeValues
    ) async throws -> Bool {
        let accepted = changes.accepted.map { Acceptance(code: $0.code, object: $0.object) }
        let blockers = try await whileLooking(.hosts(of: configuration)) {
            try await withSession(configuration) {
                try await $0.leaseBlockers(plan, own: own, accepted: accepted)
            }
        }
        guard !blockers.isEmpty else { return true }
        show(OperationReport(refused: plan.commandLine, blockers: blockers))
        return false
    }

    /// The operator's own `before-COMMAND` has the last word on whether the operation begins.
    /// - Returns: what its journal should keep of it.
    private func askHook(_ plan: OperationPlan, _ place: FleetPlace) async throws -> [String] {
        let hooks = Hooks(FleetDirectory(path: place.directory))
        guard hooks.guards(plan) else { return [] }
        do {
            return try await beforeChange(Looking("asking hooks.d/before-\(plan.command)")) {
                try await hooks.before(plan)
            }
        } catch let refusal as Hooks.Refusal {
            throw CommandError(
                "hook-refused", "refused by a hook; nothing was changed", object: refusal.path, reason: refusal.reason,
                next: refusal.remedy, evidence: refusal.lines, exit: .refused)
        }
    }

    /// How long a command waits for its operation's lease to be given back, on every host too.
    private static let releasePatience: Duration = .seconds(20)
    /// How long a command waits for its operation's mail: a server answers within seconds, or not at all.
    private static let mailPatience: Duration = .seconds(10)

    /// Waits for the mail of an operation that has ended, and says where it is when it could not be sent.
    private func awaitMail(
        _ launched: LaunchedOperation, of cluster: ClusterName, _ store: any OperationStore, _ place: FleetPlace
    ) async throws {
        guard OperationTelling.isDue(launched.id, of: cluster, in: store) else { return }
        try await OperationFollower(store: store, id: launched.id).untilGone(
            launched.worker, atMost: Self.mailPatience)
        let backlog = place.mailBacklog
        guard backlog.kept > 0 else { return }
        note(
            "\(counted(backlog.kept, "mail")) could not be sent and will be tried again: "
                + (backlog.problem ?? backlog.directory))
    }

    /// Watches a worker that was just started, from behind event number `shown` on.
    func watch(
        _ launched: LaunchedOperation, _ store: any OperationStore, _ configuration: FleetConfiguration,
        _ changes: ChangeValues, after shown: Int64 = 0, givingUp: Bool = false
    ) async throws -> ExitStatus {
        let place = place(of: configuration)
        audit.concerns(launched.id)
        if changes.detaches {
            guard try await OperationFollower(store: store, id: launched.id).untilTaken(by: launched.worker) else {
                throw Self.workerDied(launched.id, place)
            }
            let progress = try OperationProgress.read(store.operation(launched.id), from: store)
            show(OperationReport(launched.id, progress, holderIsAlive: true, detached: givingUp ? .abort : .begin))
            return .done
        }
        let watch = OperationWatch(
            context: self, store: store, id: launched.id, interrupt: .stopsOperation, now: time(of: configuration))
        guard let progress = try await watch.follow(worker: launched.worker, after: shown) else { return .stopped }
        let report = OperationReport(launched.id, progress, holderIsAlive: false)
        if progress.ending != nil {
            try await OperationFollower(store: store, id: launched.id).untilReleased(
                progress.plan.cluster, by: launched.worker, atMost: Self.releasePatience)
        }
        show(report)
        if progress.ending != nil { try await awaitMail(launched, of: progress.plan.cluster, store, place) }
        if progress.holder?.pid != launched.worker.pid {
            throw Self.workerDied(launched.id, place)
        }
        return report.exit
    }

    private static func workerDied(_ id: OperationID, _ place: FleetPlace) -> CommandError {
        CommandError(
            "worker-died", "the operation's worker ended before it began", object: "operation \(id)",
            next: "tail \(place.log(of: id)); then gantry operation resume \(id)", exit: .stopped)
    }
}
