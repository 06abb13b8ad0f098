/// The only view of the world that planner, rules, status, monitor and engine share: taken at one time, possibly
/// partial, and never changed afterwards.
public struct Snapshot: Sendable {
    /// When the observation began.
    public var takenAt: Timestamp
    /// How long it took.
    public var took: Duration
    /// Each host of the fleet, in the order of `virthosts`.
    public var hosts: [HostObservation]
    /// What Kafka says of itself; unknown when no broker and no controller answered.
    public var cluster: Known<ClusterObservation>
    /// The canary's result for each broker that was tried; empty when canaries were not asked for.
    public var canaries: [CanaryObservation]

    /// A snapshot of these parts.
    public init(
        takenAt: Timestamp, took: Duration, hosts: [HostObservation], cluster: Known<ClusterObservation>,
        canaries: [CanaryObservation] = []
    ) {
        self.takenAt = takenAt
        self.took = took
        self.hosts = hosts
        self.cluster = cluster
        self.canaries = canaries
    }

    /// Every container of the cluster, with the host it is on.
    public var containers: [(host: HostName, container: ContainerObservation)] {
        hosts.flatMap { host in host.containers.map { (host.host, $0) } }
    }

    /// The observation of `host`, if it was asked for.
    public func host(_ host: HostName) -> HostObservation? { hosts.first { $0.host == host } }
}

/// What a record produced to and fetched back from one broker showed.
public struct CanaryObservation: Hashable, Sendable {
    /// The broker.
    public var broker: NodeID
    /// How it went.
    public var result: CanaryResult

    /// The canary's `result` at `broker`.
    public init(broker: NodeID, result: CanaryResult) { (self.broker, self.result) = (broker, result) }
}

/// How a canary went.
public enum CanaryResult: Hashable, Sendable {
    /// The record came back whole.
    case ok(produce: Duration, fetch: Duration)
    /// It did not, for this reason.
    case failed(reason: String)
    /// It was not tried, for this reason: the broker was known not to serve.
    case skipped(reason: String)
}
