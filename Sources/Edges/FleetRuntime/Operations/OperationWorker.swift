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
        let cluster = plan.cluster
        let lease = try store.acquireLease(
            cluster: cluster, operation: id, holder: Holder.current(), replacing: token, at: session.clock.now())
        defer {
            // Where the lease can't be given back, the next command proves this process gone and takes it.
            try? store.release(lease)
        }
        let world = OperationWorld(
            hosts: session.ports.hostControl, hostSource: session.ports.hostSource,
            containers: session.ports.containerControl, containerSource: session.ports.containerSource,
            cluster: session.ports.cluster, control: session.ports.clusterControl,
            memory: JournalMemory(store: store, lease: lease), clock: session.clock,
            commands: HostCommands(session.fleet))
        let leases = session.hostLeases(try session.touchedHosts(plan))
        return try await OperationEngine(store: store, world: world, hostLeases: leases).run(lease, givingUp: givingUp)
    }
}
