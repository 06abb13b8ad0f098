public import FleetModel
public import OperationModel
import Synchronization

/// A store in memory, with the journal's rules; it can be made to die at any write, as a process does.
public final class MemoryStore: OperationStore {
    private struct State {
        var operations: [OperationID: OperationRecord] = [:]
        var order: [OperationID] = []
        var events: [OperationID: [JournaledEvent]] = [:]
        var leases: [ClusterName: Lease] = [:]
        var nextToken: Int64 = 1
        var values: [String: String] = [:]
        var audit: [AuditRecord] = []
        var writesLeft: Int?
        var room: Int?
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    /// After so many writes more every call fails, as if the process had been killed there; nil: never.
    public func die(afterWrites count: Int?) { state.withLock { $0.writesLeft = count } }

    /// After so many writes more every write fails, as on a full disk, and reading goes on; nil: there is room.
    public func fill(afterWrites count: Int?) { state.withLock { $0.room = count } }

    /// Why a dead store refuses.
    public static let death = StoreError.unavailable(
        what: "writing the journal", file: "memory", reason: "the process was killed here", remedy: "resume")

    private func read<Result>(_ body: (inout State) throws(StoreError) -> Result) throws(StoreError) -> Result {
        let outcome: Swift.Result<Result, StoreError> = state.withLock { state in
            if state.writesLeft == 0 { return .failure(Self.death) }
            do throws(StoreError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func write<Result>(_ body: (inout State) throws(StoreError) -> Result) throws(StoreError) -> Result {
        try read { state throws(StoreError) in
            if state.room == 0 { throw StoreError.full(file: "memory", reason: "database or disk is full") }
            let result = try body(&state)
            if let room = state.room { state.room = room - 1 }
            // What was written stays written: the process dies behind it.
            if let left = state.writesLeft { state.writesLeft = left - 1 }
            return result
        }
    }

    private static func check(_ lease: Lease, _ state: State) throws(StoreError) {
        guard state.leases[lease.cluster]?.token == lease.token else {
            throw .fenced(state.leases[lease.cluster] ?? lease)
        }
    }

    private static func append(_ event: OperationEvent, _ id: OperationID, _ at: Timestamp, _ state: inout State)
        -> JournaledEvent
    {
        let journaled = JournaledEvent(
            sequence: Int64((state.events[id]?.count ?? 0) + 1), at: at, event: event)
        state.events[id, default: []].append(journaled)
        return journaled
    }

    /// Keeps a new operation.
    public func create(_ id: OperationID, plan: OperationPlan, at: Timestamp) throws(StoreError) {
        try write { state throws(StoreError) in
            guard state.operations[id] == nil else { throw .exists(id) }
            state.operations[id] = OperationRecord(id: id, plan: plan, createdAt: at)
            state.order.append(id)
        }
    }

    /// The newest one's id.
    public func newest() throws(StoreError) -> OperationID? {
        try read { state throws(StoreError) in state.order.last }
    }

    /// The newest, newest first.
    public func operations(limit: Int) throws(StoreError) -> [OperationRecord] {
        try read { state throws(StoreError) in
            state.order.suffix(max(0, limit)).reversed().compactMap { state.operations[$0] }
        }
    }

    /// One operation.
    public func operation(_ id: OperationID) throws(StoreError) -> OperationRecord {
        try read { state throws(StoreError) in
            guard let record = state.operations[id] else { throw .unknownOperation(id) }
            return record
        }
    }

    /// Its events behind a number.
    public func events(of id: OperationID, after: Int64, limit: Int) throws(StoreError) -> [JournaledEvent] {
        try read { state throws(StoreError) in
            Array((state.events[id] ?? []).dropFirst(Int(max(0, after))).prefix(max(0, limit)))
        }
    }

    /// Takes the lease.
    public func acquireLease(
        cluster: ClusterName, operation: OperationID, holder: Holder, replacing: Int64?, at: Timestamp
    ) throws(StoreError) -> Lease {
        try write { state throws(StoreError) in
            if let present = state.leases[cluster], present.token != replacing { throw .leased(present) }
            let lease = Lease(
                cluster: cluster, operation: operation, holder: holder, token: state.nextToken, since: at,
                heartbeat: at)
            state.nextToken += 1
            state.leases[cluster] = lease
            return lease
        }
    }

    /// The lease, if anybody has it.
    public func lease(of cluster: ClusterName) throws(StoreError) -> Lease? {
        try read { state throws(StoreError) in state.leases[cluster] }
    }

    /// Says that the holder still works.
    public func renew(_ lease: Lease, at: Timestamp) throws(StoreError) {
        try write { state throws(StoreError) in
            try Self.check(lease, state)
            state.leases[lease.cluster]?.heartbeat = at
        }
    }

    /// Gives the lease back.
    public func release(_ lease: Lease) throws(StoreError) {
        try write { state throws(StoreError) in
            if state.leases[lease.cluster]?.token == lease.token { state.leases[lease.cluster] = nil }
        }
    }

    /// Appends under the lease.
    @discardableResult
    public func append(
        _ event: OperationEvent, under lease: Lease, at: Timestamp
    ) throws(StoreError) -> JournaledEvent {
        try write { state throws(StoreError) in
            try Self.check(lease, state)
            return Self.append(event, lease.operation, at, &state)
        }
    }

    /// Appends a request from outside.
    public func request(_ request: ControlRequest, of id: OperationID, at: Timestamp) throws(StoreError) {
        try write { state throws(StoreError) in
            guard state.operations[id] != nil else { throw .unknownOperation(id) }
            _ = Self.append(.requested(request), id, at, &state)
        }
    }

    /// A value that outlives operations.
    public func value(_ key: String) throws(StoreError) -> String? {
        try read { state throws(StoreError) in state.values[key] }
    }

    /// Sets such a value.
    public func setValue(_ value: String, for key: String, under lease: Lease) throws(StoreError) {
        try write { state throws(StoreError) in
            try Self.check(lease, state)
            state.values[key] = value
        }
    }

    /// Opens an audit record.
    public func openAudit(_ record: AuditRecord) throws(StoreError) -> Int64 {
        try write { state throws(StoreError) in
            state.audit.append(record)
            return Int64(state.audit.count)
        }
    }

    /// Closes it.
    public func closeAudit(
        _ number: Int64, exitCode: Int32, operation: OperationID?, at: Timestamp
    ) throws(StoreError) {
        try write { state throws(StoreError) in
            guard state.audit.indices.contains(Int(number) - 1) else { return }
            state.audit[Int(number) - 1].closedAt = at
            state.audit[Int(number) - 1].exitCode = exitCode
            state.audit[Int(number) - 1].operation = operation
        }
    }

    /// The records since, newest first.
    public func audit(since: Timestamp, limit: Int) throws(StoreError) -> [AuditRecord] {
        try read { state throws(StoreError) in
            Array(state.audit.reversed().filter { $0.openedAt >= since }.prefix(max(0, limit)))
        }
    }
}
