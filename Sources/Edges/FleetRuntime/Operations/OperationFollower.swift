public import FleetModel
public import OperationModel

/// Follows an operation in the journal: what `attach` and the command that started it show.
public struct OperationFollower: Sendable {
    /// How often the journal is looked at: quick for an eye, nothing for SQLite.
    public static let interval: Duration = .milliseconds(150)

    private let store: any OperationStore
    private let id: OperationID
    private let sleep: @Sendable (Duration) async throws -> Void

    /// A follower of operation `id`.
    public init(
        store: any OperationStore, id: OperationID,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.store = store
        self.id = id
        self.sleep = sleep
    }

    /// Waits until the worker that was just started has taken the operation up.
    /// - Returns: false where it died before.
    public func untilTaken(by worker: Holder) async throws -> Bool {
        while true {
            // Looked at before the events are read: what it wrote last is then surely among them.
            let isAlive = worker.isAlive
            for case .started(let holder) in try store.events(of: id).map(\.event) where holder.pid == worker.pid {
                return true
            }
            guard isAlive else { return false }
            try await sleep(Self.interval)
        }
    }

    /// Waits while somebody who has the operation's lease has not taken it up yet: a worker that is just being started.
    public func untilTaken(in cluster: ClusterName) async throws {
        while let lease = try store.lease(of: cluster), lease.operation == id, lease.holder.isAlive {
            let progress = OperationProgress.fold(try store.operation(id).plan, try store.events(of: id))
            if progress.ending == nil, progress.holder?.isAlive == true { return }
            try await sleep(Self.interval)
        }
    }

    /// Waits until the operation's lease on `cluster` is given back, at most for `limit`: whoever is told that it is done
    /// can begin the next one at once.
    public func untilReleased(_ cluster: ClusterName, by worker: Holder, atMost limit: Duration) async throws {
        try await wait(for: worker, atMost: limit) { try store.lease(of: cluster)?.operation != id }
    }

    /// Waits until the process of `worker` is gone, at most for `limit`.
    public func untilGone(_ worker: Holder, atMost limit: Duration) async throws {
        try await wait(for: worker, atMost: limit) { false }
    }

    /// Waits until `worker` is gone, `isDone`, or the time is up.
    private func wait(for worker: Holder, atMost limit: Duration, _ isDone: () throws -> Bool) async throws {
        let end = ContinuousClock.now + limit
        while worker.isAlive, ContinuousClock.now < end, try !isDone() { try await sleep(Self.interval) }
    }

    /// Hands every event to `show`, old ones first, until the operation's worker has left it.
    /// - Parameters:
    ///   - worker: the worker that was just started, where that is known; its death before its first event ends the
    ///     following too.
    ///   - shown: the number of the last event that need not be shown again: of an operation that is resumed.
    ///   - tick: called after each look, with the progress so far.
    ///   - show: called with each event and the progress after it.
    /// - Returns: the progress at the end; `ending` is nil when the worker died.
    /// - Throws: `StoreError`, `CancellationError`.
    public func follow(
        worker: Holder?, after shown: Int64 = 0, tick: (OperationProgress) async throws -> Void = { _ in },
        show: (JournaledEvent, OperationProgress) async -> Void
    ) async throws -> OperationProgress {
        let record = try store.operation(id)
        var progress = OperationProgress(plan: record.plan)
        var seenWorker = worker == nil
        while true {
            // Looked at before the events are read: what it wrote last is then surely among them.
            let holder = seenWorker ? progress.holder : worker
            let alive = holder?.isAlive ?? false
            for event in try store.events(of: id, after: progress.sequence) {
                progress.apply(event)
                if case .started(let holder) = event.event, holder.pid == worker?.pid { seenWorker = true }
                if event.sequence > shown { await show(event, progress) }
            }
            if seenWorker, progress.ending != nil { return progress }
            if !alive, holder == (seenWorker ? progress.holder : worker) { return progress }
            try await tick(progress)
            try await sleep(Self.interval)
        }
    }
}
