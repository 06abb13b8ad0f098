public import FleetModel

/// Looks at hosts: everything that SSH alone can tell.
public protocol HostSource: Sendable {
    /// The file systems, the retired ids and the layout that the host keeps.
    /// - Throws: `HostProblem` when the host does not answer.
    func facts(of host: HostName) async throws(HostProblem) -> HostFacts
}

/// Looks at containers: everything that a host's Docker daemon can tell.
public protocol ContainerSource: Sendable {
    /// The daemon, and the containers that carry this cluster's label, running or not.
    /// - Throws: `HostProblem` when the daemon does not answer.
    func containers(on host: HostName) async throws(HostProblem) -> ContainerFacts
}

/// Looks at Kafka itself.
public protocol ClusterSource: Sendable {
    /// What Kafka says of itself, asked of the nodes of `layout` (any of them may be down).
    func observe(_ layout: ClusterLayout, detail: ObservationDetail) async -> Known<ClusterObservation>

    /// Produces a record to the broker and fetches it back, making its canary topic at first need.
    func canary(_ broker: NodeID, layout: ClusterLayout) async -> CanaryResult
}

/// What a `ClusterSource` is to find out beyond metadata and quorum.
public struct ObservationDetail: Hashable, Sendable {
    /// Log directories of every broker.
    public var logDirectories: Bool
    /// Topic settings (`min.insync.replicas`) and throttles.
    public var configuration: Bool
    /// Topics with their partitions, and moves under way; the other two need it.
    public var partitions: Bool

    /// Any choice of these.
    public init(logDirectories: Bool = true, configuration: Bool = true, partitions: Bool = true) {
        self.logDirectories = logDirectories
        self.configuration = configuration
        self.partitions = partitions
    }
}

/// What SSH alone can tell of a host.
public struct HostFacts: Hashable, Sendable {
    /// The file systems under its data directories.
    public var disks: [DiskObservation]
    /// Ids it remembers as retired.
    public var retired: [NodeID]
    /// How far its clock is ahead of the techhost's, at least; nil where it was not asked.
    public var skew: Duration?

    /// These facts.
    public init(disks: [DiskObservation], retired: [NodeID] = [], skew: Duration? = nil) {
        self.disks = disks
        self.retired = retired
        self.skew = skew
    }
}

/// What a Docker daemon can tell.
public struct ContainerFacts: Hashable, Sendable {
    /// The daemon itself.
    public var docker: DockerObservation
    /// The cluster's containers on this host.
    public var containers: [ContainerObservation]

    /// These facts.
    public init(docker: DockerObservation, containers: [ContainerObservation]) {
        self.docker = docker
        self.containers = containers
    }
}

/// Why a host, or something on it, could not be looked at or worked on.
public struct HostProblem: Error, Hashable, Sendable {
    /// A stable code: `host-key-changed`, `docker-down`.
    public var code: String
    /// Whether the host itself did not answer, not just something on it.
    public var unreachable: Bool
    /// Why, in a sentence.
    public var reason: String
    /// The next command or act.
    public var remedy: String
    /// Lines of evidence, such as a program's last words.
    public var evidence: [String]

    /// A problem of these parts.
    public init(code: String, unreachable: Bool, reason: String, remedy: String, evidence: [String] = []) {
        self.code = code
        self.unreachable = unreachable
        self.reason = reason
        self.remedy = remedy
        self.evidence = evidence
    }
}

/// The clocks of the rim, so that services can be run on virtual time.
public protocol FleetClock: Sendable {
    /// The wall clock, for what is written down.
    func now() -> Timestamp
    /// A monotonic clock from an arbitrary start, for durations.
    func uptime() -> Duration
    /// Waits; ends early by throwing `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

extension ObservationDetail {
    /// Registrations and quorum alone: what waiting needs, cheap enough to be asked twice a second.
    public static let minimal = ObservationDetail(logDirectories: false, configuration: false, partitions: false)
    /// Partitions and moves besides: what moving data looks at between two polls.
    public static let listing = ObservationDetail(logDirectories: false, configuration: false)
}
