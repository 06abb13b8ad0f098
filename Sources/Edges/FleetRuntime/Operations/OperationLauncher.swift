public import FleetModel
public import OperationModel
import Processes

/// Begins operations: each in a worker process of its own, which survives the terminal.
public struct OperationLauncher: Sendable {
    /// The hidden command that a worker is.
    public static let workerCommand = "operation-worker"

    private let store: any OperationStore
    private let place: FleetPlace
    private let now: @Sendable () -> Timestamp

    /// A launcher for the fleet in `place`.
    public init(store: any OperationStore, place: FleetPlace, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.place = place
        self.now = now
    }

    /// Keeps a new operation and starts its worker.
    /// - Parameters:
    ///   - plan: what it will do.
    ///   - salt: tells two of the same second apart.
    ///   - notes: what the journal should keep from before its beginning.
    /// - Returns: the operation and its worker.
    /// - Throws: `StoreError.leased` when another operation is at work on the cluster.
    public func launch(_ plan: OperationPlan, salt: UInt16, notes: [String] = []) throws(StoreError)
        -> LaunchedOperation
    {
        let id = OperationID(createdAt: now(), salt: salt)
        // The lease is taken before the operation is kept: of two commands at once, one is refused and leaves nothing.
        try Self.closeInterrupted(on: plan.cluster, in: store, supersededBy: id, at: now())
        let lease = try takeLease(cluster: plan.cluster, operation: id)
        do {
            try store.create(id, plan: plan, at: now())
            for note in notes { try store.append(.note(nil, note), under: lease, at: now()) }
        } catch {
            try? store.release(lease)
            throw error
        }
        return try start(id, lease: lease)
    }

    /// Starts a worker on an operation that was left before its end.
    /// - Parameters:
    ///   - id: the operation.
    ///   - cause: why the daemon goes on with it by itself; nil: somebody asked for it.
    /// - Returns: the operation and its worker.
    /// - Throws: `StoreError.leased` when a worker is on it, or on another one.
    public func resume(_ id: OperationID, because cause: Resumption.Cause? = nil) throws(StoreError)
        -> LaunchedOperation
    {
        let record = try store.operation(id)
        let lease = try takeLease(cluster: record.plan.cluster, operation: id)
        if let cause {
            do { try store.append(.resumed(cause), under: lease, at: now()) } catch {
                try? store.release(lease)
                throw error
            }
        }
        return try start(id, lease: lease)
    }

    /// Starts a worker that gives up an operation that no worker is on: it takes back what is in the way, and ends it.
    /// - Throws: `StoreError.leased` when one is after all.
    public func giveUp(_ id: OperationID) throws(StoreError) -> LaunchedOperation {
        let record = try store.operation(id)
        return try start(id, lease: try takeLease(cluster: record.plan.cluster, operation: id), givingUp: true)
    }

    /// Refuses when an operation is at work on the cluster.
    /// - Throws: `StoreError.leased` with the one that is.
    public static func refuseLeased(_ cluster: ClusterName, in store: any OperationStore) throws(StoreError) {
        if let present = try store.lease(of: cluster), present.holder.isAlive { throw .leased(present) }
    }

    /// An operation whose worker died, and in whose stead another begins, is open no more. Had it left moves or a throttle,
    /// the other one would not have been planned.
    static func closeInterrupted(
        on cluster: ClusterName, in store: any OperationStore, supersededBy id: OperationID, at now: Timestamp
    ) throws(StoreError) {
        guard let left = try store.lease(of: cluster), !left.holder.isAlive, left.operation != id,
            // One that was refused before it was kept has a lease and nothing else.
            let record = try? store.operation(left.operation)
        else { return }
        guard OperationProgress.fold(record.plan, try store.events(of: left.operation)).ending == nil else { return }
        try store.append(.ended(.superseded(by: id)), under: left, at: now)
    }

    /// The lease, taken over only from a holder that is proven gone.
    private func takeLease(cluster: ClusterName, operation: OperationID) throws(StoreError) -> Lease {
        let present = try store.lease(of: cluster)
        if let present, present.holder.isAlive { throw .leased(present) }
        return try store.acquireLease(
            cluster: cluster, operation: operation, holder: Holder.current(), replacing: present?.token, at: now())
    }

    private func start(
        _ id: OperationID, lease: Lease, givingUp: Bool = false
    ) throws(StoreError) -> LaunchedOperation {
        do throws(ProcessError) {
            let worker = try DetachedProcess.start(
                Invocation(
                    "/proc/self/exe",
                    [Self.workerCommand, id.rawValue, String(lease.token), "--fleet", place.directory]
                        + (givingUp ? ["--give-up"] : [])),
                logFile: place.log(of: id))
            return LaunchedOperation(id: id, worker: Holder(worker), lease: lease)
        } catch {
            try? store.release(lease)
            throw StoreError.unavailable(
                what: "starting the worker of operation \(id)", file: place.log(of: id), reason: "\(error)",
                remedy: "gantry operation resume \(id)")
        }
    }
}

/// An operation whose worker was started.
public struct LaunchedOperation: Sendable {
    /// The operation.
    public let id: OperationID
    /// Its worker.
    public let worker: Holder
    /// The lease that the worker takes over; whoever outlives a worker that never did gives it back.
    let lease: Lease
}
