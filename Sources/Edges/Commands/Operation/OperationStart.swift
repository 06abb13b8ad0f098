import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import OperationModel

extension CommandContext {
    /// Starts an operation's worker and watches it to its end, or returns at once with `--detach`.
    func start(_ plan: OperationPlan, in place: FleetPlace, _ changes: ChangeValues) async throws -> ExitStatus {
        guard try await holdsNobodyElse(plan, changes) else { return .refused }
        let store = try place.openJournal()
        let launcher = OperationLauncher(store: store, place: place, now: { .now })
        let launched = try launcher.launch(plan, salt: UInt16.random(in: .min ... .max))
        return try await watch(launched, store, place, changes)
    }

    /// Whether no other techhost, and no other fleet directory, is at work on the hosts of `plan`; else it is shown who is.
    func holdsNobodyElse(
        _ plan: OperationPlan, own: OperationID? = nil, _ changes: ChangeValues
    ) async throws -> Bool {
        // Its warnings were said before.
        let configuration: FleetConfiguration
        do {
            configuration = try FleetConfiguration.load(directory: try fleet(), home: environment["HOME"])
        } catch let error as ConfigurationError { throw error.commandError }
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

    /// Watches a worker that was just started, from behind event number `shown` on.
    func watch(
        _ launched: LaunchedOperation, _ store: any OperationStore, _ place: FleetPlace, _ changes: ChangeValues,
        after shown: Int64 = 0
    ) async throws -> ExitStatus {
        audit.concerns(launched.id)
        if changes.detaches {
            guard try await OperationFollower(store: store, id: launched.id).untilTaken(by: launched.worker) else {
                throw Self.workerDied(launched.id, place)
            }
            let record = try store.operation(launched.id)
            show(
                OperationReport(launched.id, OperationProgress(plan: record.plan), holderIsAlive: true, detached: true))
            return .done
        }
        let watch = OperationWatch(context: self, store: store, id: launched.id, interrupt: .stopsOperation)
        guard let progress = try await watch.follow(worker: launched.worker, after: shown) else { return .stopped }
        let report = OperationReport(launched.id, progress, holderIsAlive: false)
        show(report)
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
