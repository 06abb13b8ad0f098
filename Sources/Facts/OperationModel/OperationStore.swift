public import FleetModel

/// Where operations are kept. Every call that returns has reached the disk; every call that throws changed nothing.
///
/// The one implementation for real use is `OperationJournal` on SQLite; the simulated fleet has one in memory that
/// can die at every append.
public protocol OperationStore: Sendable {
    /// Keeps a new operation. Throws `.exists` when the id is taken.
    func create(_ id: OperationID, plan: OperationPlan, at: Timestamp) throws(StoreError)

    /// The newest operation's id, for who looks often; nil where there is none.
    func newest() throws(StoreError) -> OperationID?

    /// The newest `limit` operations, newest first.
    func operations(limit: Int) throws(StoreError) -> [OperationRecord]

    /// One operation; throws `.unknownOperation`.
    func operation(_ id: OperationID) throws(StoreError) -> OperationRecord

    /// The events of `id` behind number `after` (0: all), in order, at most `limit`.
    func events(of id: OperationID, after: Int64, limit: Int) throws(StoreError) -> [JournaledEvent]

    /// Takes the lease of `cluster` for `holder`, with a token above every earlier one. A lease held by somebody else
    /// throws `.leased`, unless `replacing` is exactly that lease's token: the caller has proved its holder gone.
    func acquireLease(
        cluster: ClusterName, operation: OperationID, holder: Holder, replacing: Int64?, at: Timestamp
    ) throws(StoreError) -> Lease

    /// The lease of `cluster`, if anybody has it.
    func lease(of cluster: ClusterName) throws(StoreError) -> Lease?

    /// Says that the holder still works; throws `.fenced` when the lease is another's by now.
    func renew(_ lease: Lease, at: Timestamp) throws(StoreError)

    /// Gives the lease back; nothing happens when it is another's by now.
    func release(_ lease: Lease) throws(StoreError)

    /// Appends to the lease's operation and returns the event with its number; throws `.fenced` when the lease is
    /// another's by now.
    @discardableResult
    func append(_ event: OperationEvent, under lease: Lease, at: Timestamp) throws(StoreError) -> JournaledEvent

    /// Appends a request from outside the worker, which needs no lease.
    func request(_ request: ControlRequest, of id: OperationID, at: Timestamp) throws(StoreError)

    /// A value that outlives operations, by its name (the cluster's layout, retired ids); nil when it was never set.
    func value(_ key: String) throws(StoreError) -> String?

    /// Sets such a value; throws `.fenced` when the lease is another's by now.
    func setValue(_ value: String, for key: String, under lease: Lease) throws(StoreError)

    /// Opens an audit record before any effect of an invocation, and returns its number.
    func openAudit(_ record: AuditRecord) throws(StoreError) -> Int64

    /// Closes it with the invocation's exit code and, where there was one, its operation.
    func closeAudit(_ number: Int64, exitCode: Int32, operation: OperationID?, at: Timestamp) throws(StoreError)

    /// The audit records opened since, newest first, at most `limit`.
    func audit(since: Timestamp, limit: Int) throws(StoreError) -> [AuditRecord]
}

extension OperationStore {
    /// Read at once: large enough for nearly every operation, small enough for a row of them beside each other.
    private var page: Int { 5_000 }

    /// All events of `id` behind number `after`, in order.
    public func events(of id: OperationID, after: Int64 = 0) throws(StoreError) -> [JournaledEvent] {
        var events: [JournaledEvent] = []
        while true {
            let more = try self.events(of: id, after: events.last?.sequence ?? after, limit: page)
            events += more
            if more.count < page { return events }
        }
    }
}

/// An operation as it is kept.
public struct OperationRecord: Hashable, Sendable {
    /// Its name.
    public var id: OperationID
    /// Its plan.
    public var plan: OperationPlan
    /// When it was created.
    public var createdAt: Timestamp

    /// An operation of these parts.
    public init(id: OperationID, plan: OperationPlan, createdAt: Timestamp) {
        self.id = id
        self.plan = plan
        self.createdAt = createdAt
    }
}

/// The right to append to an operation. One a cluster at a time.
public struct Lease: Hashable, Sendable, Codable {
    /// The cluster it is about.
    public var cluster: ClusterName
    /// The operation it is for.
    public var operation: OperationID
    /// Who has it.
    public var holder: Holder
    /// Grows with each lease: an append under a smaller one is refused.
    public var token: Int64
    /// When it was taken.
    public var since: Timestamp
    /// When its holder last showed life.
    public var heartbeat: Timestamp

    /// A lease of these parts.
    public init(
        cluster: ClusterName, operation: OperationID, holder: Holder, token: Int64, since: Timestamp,
        heartbeat: Timestamp
    ) {
        self.cluster = cluster
        self.operation = operation
        self.holder = holder
        self.token = token
        self.since = since
        self.heartbeat = heartbeat
    }
}

/// One invocation of gantry, for `gantry audit`.
public struct AuditRecord: Hashable, Sendable {
    /// Who called, with host, pid and boot: an open record whose process is gone shows as `killed`.
    public var caller: Holder
    /// The arguments, secrets redacted.
    public var arguments: [String]
    /// The reason given with `-m`.
    public var reason: String?
    /// When it began.
    public var openedAt: Timestamp
    /// When it ended; nil while it runs, and for ever when it was killed.
    public var closedAt: Timestamp?
    /// Its exit code.
    public var exitCode: Int32?
    /// The operation it started or steered.
    public var operation: OperationID?

    /// A record of these parts.
    public init(
        caller: Holder, arguments: [String], reason: String?, openedAt: Timestamp, closedAt: Timestamp? = nil,
        exitCode: Int32? = nil, operation: OperationID? = nil
    ) {
        self.caller = caller
        self.arguments = arguments
        self.reason = reason
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.exitCode = exitCode
        self.operation = operation
    }
}

/// Why the store refused.
public enum StoreError: Error, Hashable, Sendable {
    /// The id is taken.
    case exists(OperationID)
    /// No such operation.
    case unknownOperation(OperationID)
    /// Somebody else holds the lease.
    case leased(Lease)
    /// The lease was taken over by another worker: this one must stop at once.
    case fenced(Lease)
    /// There is no room to write in: what is under way has to come to a safe end without another effect.
    case full(file: String, reason: String)
    /// The store itself cannot work: what failed, on which file, why, what to do.
    case unavailable(what: String, file: String, reason: String, remedy: String)
}
