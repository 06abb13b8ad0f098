import FleetModel
import FleetRuntime
import OperationModel

extension CommandContext {
    /// Starts an operation's worker and watches it to its end, or returns at once with `--detach`.
    func start(_ plan: OperationPlan, in place: FleetPlace, _ changes: ChangeValues) async throws -> ExitStatus {
        let store = try place.openJournal()
        let launcher = OperationLauncher(store: store, place: place, now: { .now })
        let launched = try launcher.launch(plan, salt: UInt16.random(in: .min ... .max))
        return try await watch(launched, store, place, changes)
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
