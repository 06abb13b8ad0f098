public import FleetModel
public import OperationModel
import Operations

extension OperationStore {
    /// Operations looked through, for a later one or one whose id begins as typed: those of years.
    public var history: Int { 10_000 }
    /// Operations looked through for the one that left moves in force: nothing that moves data is begun after it, until
    /// they are taken back.
    private var recent: Int { 100 }

    private func progress(of record: OperationRecord) throws(StoreError) -> OperationProgress {
        OperationProgress.fold(record.plan, try events(of: record.id))
    }

    /// The first later operation that has changed the cluster; what it did, an earlier one's plan knows nothing of.
    /// - Throws: what the journal refuses.
    public func changed(since record: OperationRecord) throws(StoreError) -> OperationRecord? {
        let newer = try operations(limit: history).filter {
            $0.plan.cluster == record.plan.cluster && $0.createdAt > record.createdAt
        }
        for later in newer.reversed() {
            if try progress(of: later).hasEffect { return later }
        }
        return nil
    }

    /// Those of `nodes` that `record` has begun to stop in order to take them out of the cluster.
    /// - Throws: what the journal refuses.
    func stoppedForGood(by record: OperationRecord, of nodes: [NodePlacement]) throws(StoreError) -> [NodePlacement] {
        let removals = Set([UnregisterBroker.kind, RemoveVoter.kind])
        guard record.plan.steps.contains(where: { removals.contains($0.kind) }) else { return [] }
        let begun = try progress(of: record).begun
        return nodes.filter { begun.contains(StepID(StopNode.kind, $0.id.description)) }
    }

    /// The operation of `cluster` that is carried out now; nil also for the moment before it is kept, which its lease precedes.
    /// - Throws: what the journal refuses.
    public func atWork(on cluster: ClusterName) throws(StoreError) -> OperationRecord? {
        guard let lease = try lease(of: cluster), lease.holder.isAlive else { return nil }
        return try? operation(lease.operation)
    }

    /// The operation of `cluster` that can be gone on with: it has begun and not ended, nobody carries it out, and no later
    /// one has changed the cluster.
    /// - Throws: what the journal refuses.
    public func resumable(_ cluster: ClusterName) throws(StoreError) -> OperationRecord? {
        for record in try operations(limit: recent) where record.plan.cluster == cluster {
            let progress = try progress(of: record)
            switch progress.status(holderIsAlive: progress.holder?.isAlive ?? false) {
            case .running: return nil
            case .interrupted, .paused, .stopped, .failed:
                if !progress.begun.isEmpty { return record }
            case .done, .aborted:
                if progress.hasEffect { return nil }
            }
        }
        return nil
    }

    /// The newest operation of `cluster` that has begun to move data and was not brought to its end.
    /// - Throws: what the journal refuses.
    func leftMoving(_ cluster: ClusterName) throws(StoreError) -> OperationRecord? {
        for record in try operations(limit: recent) where record.plan.cluster == cluster {
            let moving = record.plan.steps.filter { OperationPlan.movingKinds.contains($0.kind) }.map(\.id)
            guard !moving.isEmpty else { continue }
            let progress = try progress(of: record)
            if progress.ending != .done, !progress.begun.isDisjoint(with: moving) { return record }
        }
        return nil
    }
}

extension OperationProgress {
    /// Whether it has changed the cluster, or may have: a step of it is done, or was begun and nobody knows how it ended.
    fileprivate var hasEffect: Bool {
        states.contains { if case .ended(.done) = $0 { true } else { $0 == .intended } }
    }
}
