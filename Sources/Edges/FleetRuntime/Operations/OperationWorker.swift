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
    /// With `givingUp` it only takes back what an earlier worker left in the way. An element of `terminations` ends the work at
    /// once: what is under way is cut off, and that is written down as what it is, so that nobody takes it for a death.
    /// - Throws: `StoreError`, `CancellationError`.
    public func run(
        _ id: OperationID, token: Int64, givingUp: Bool = false,
        terminations: AsyncStream<Void> = AsyncStream { $0.finish() }
    ) async throws -> OperationEnding {
        let plan = try store.operation(id).plan
        let telling = OperationTelling(session: session, store: store)
        let lease = try store.acquireLease(
            cluster: plan.cluster, operation: id, holder: Holder.current(), replacing: token, at: session.clock.now())
        let ending = try await run(lease, plan, givingUp: givingUp, telling, terminations)
        // After the ending is journaled and the lease given back: mail holds nobody up, and fails nothing.
        await telling.tell(id)
        return ending
    }

    private func run(
        _ lease: Lease, _ plan: OperationPlan, givingUp: Bool, _ telling: OperationTelling,
        _ terminations: AsyncStream<Void>
    ) async throws -> OperationEnding {
        defer {
            // Where the lease can't be given back, the next command proves this process gone and takes it.
            try? store.release(lease)
        }
        let ending = try await withThrowingTaskGroup(of: OperationEnding?.self) { group in
            group.addTask { try await work(lease, plan, givingUp: givingUp, telling) }
            group.addTask {
                for await _ in terminations { throw Termination() }
                return nil
            }
            defer { group.cancelAll() }
            do {
                while let ended = try await group.next() { if let ended { return OperationEnding?.some(ended) } }
                throw CancellationError()
            } catch is Termination {
                group.cancelAll()
                // It may have come to its end all the same.
                while let ended = await group.nextResult() {
                    switch ended {
                    case .success(let ending?): return ending
                    case .failure(let error as StoreError): throw error
                    case .success, .failure: break
                    }
                }
                return nil
            }
        }
        if let ending { return ending }
        return try await endAtOnce(lease, plan, telling)
    }

    private struct Termination: Error {}

    /// Writes down that the operation was ended in the midst of its steps, and that a mail says so.
    private func endAtOnce(
        _ lease: Lease, _ plan: OperationPlan, _ telling: OperationTelling
    ) async throws(StoreError) -> OperationEnding {
        let ending = Scheduler.cutOff(.fold(plan, try store.events(of: lease.operation)))
        await telling.announce(lease.operation, JournalMemory(store: store, lease: lease))
        try store.append(.ended(ending), under: lease, at: session.clock.now())
        return ending
    }

    private func work(
        _ lease: Lease, _ plan: OperationPlan, givingUp: Bool, _ telling: OperationTelling
    ) async throws -> OperationEnding {
        let id = lease.operation
        if let untold = telling.untold, untold != id { await telling.tell(untold) }
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
