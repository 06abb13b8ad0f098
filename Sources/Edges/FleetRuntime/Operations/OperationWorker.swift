import FleetConfiguration
import FleetModel
import Observation
public import OperationModel
import Operations

/// The process that carries one operation out.
public struct OperationWorker: Sendable {
    private let session: FleetSession
    private let store: any OperationStore

    /// A worker on the session's fleet.
    public init(session: FleetSession, store: any OperationStore) {
        self.session = session
        self.store = store
    }

    /// Takes over the launcher's lease, whose token is `token`, and runs the operation to its ending.
    ///
    /// `SIGINT` asks for a stop after the steps under way; cancelling stops at once, resumable. With `givingUp` it only takes
    /// back what an earlier worker left in the way.
    /// - Throws: `StoreError`, `CancellationError`.
    public func run(_ id: OperationID, token: Int64, givingUp: Bool = false) async throws -> OperationEnding {
        let plan = try store.operation(id).plan
        let telling = OperationTelling(session: session, store: store)
        if let untold = telling.untold, untold != id { await telling.tell(untold) }
        let ending = try await run(id, plan, token: token, givingUp: givingUp, telling)
        // After the ending is journaled and the lease given back: mail holds nobody up, and fails nothing.
        await telling.tell(id)
        return ending
    }

    private func run(
        _ id: OperationID, _ plan: OperationPlan, token: Int64, givingUp: Bool, _ telling: OperationTelling
    ) async throws -> OperationEnding {
        let cluster = plan.cluster
        let lease = try store.acquireLease(
            cluster: cluster, operation: id, holder: Holder.current(), replacing: token, at: session.clock.now())
        defer {
            // Where the lease can't be given back, the next command proves this process gone and takes it.
            try? store.release(lease)
        }
        let memory = JournalMemory(store: store, lease: lease)
        await telling.lookBefore(id, plan, memory)
        let companion = WorkerCompanion(
            id: id, hooks: Hooks(FleetDirectory(path: session.place.directory)), telling: telling, memory: memory)
        let images = ImageSpread(hosts: plan.steps.count { $0.kind == BringImage.kind })
        let leases = session.hostLeases(try session.touchedHosts(plan))
        let engine = OperationEngine(
            store: store, world: session.world(memory, images: images), hostLeases: leases, companion: companion)
        return try await engine.run(lease, givingUp: givingUp)
    }
}
