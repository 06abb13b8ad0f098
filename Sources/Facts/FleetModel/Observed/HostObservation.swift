/// What was seen of one virtual host.
public struct HostObservation: Hashable, Sendable {
    /// The host.
    public var host: HostName
    /// Whether it could be looked at.
    public var state: HostState
    /// Its Docker daemon; nil unless `state` is ok.
    public var docker: DockerObservation?
    /// Containers with this cluster's label, running or not; empty unless `state` is ok.
    public var containers: [ContainerObservation]
    /// The file systems under its data directories.
    public var disks: [DiskObservation]
    /// Ids that this host remembers as retired (`retired` beside its compose file).
    public var retired: [NodeID]
    /// How far its clock is ahead of the techhost's, at least; negative: behind it. Nil where nobody asked.
    public var skew: Duration?

    /// An observation of these parts.
    public init(
        host: HostName, state: HostState, docker: DockerObservation? = nil, containers: [ContainerObservation] = [],
        disks: [DiskObservation] = [], retired: [NodeID] = [], skew: Duration? = nil
    ) {
        self.skew = skew
        self.host = host
        self.state = state
        self.docker = docker
        self.containers = containers
        self.disks = disks
        self.retired = retired
    }
}

/// Whether a host could be looked at.
public enum HostState: Hashable, Sendable {
    /// SSH and Docker answered.
    case ok
    /// SSH did not get through: why, and what to do.
    case unreachable(reason: String, remedy: String)
    /// SSH answered and Docker did not: why, and what to do.
    case dockerDown(reason: String, remedy: String)

    /// The word of `clusterstatus --format json`.
    public var word: String {
        switch self {
        case .ok: "ok"
        case .unreachable: "unreachable"
        case .dockerDown: "docker_down"
        }
    }

    /// Why the host could not be looked at; nil when it could.
    public var reason: String? {
        switch self {
        case .ok: nil
        case .unreachable(let reason, _), .dockerDown(let reason, _): reason
        }
    }
}

/// A host's Docker daemon.
public struct DockerObservation: Hashable, Sendable {
    /// `20.10.24`.
    public var version: String
    /// As Docker says it: `x86_64`.
    public var architecture: String
    /// Memory of the host.
    public var memory: ByteCount
    /// Cores of the host.
    public var cores: Int
    /// How it keeps images and containers: `overlay2`; empty where that is not known.
    public var storageDriver: String
    /// Its control groups: `v2, systemd`; empty where that is not known.
    public var cgroups: String
    /// How output is kept where a container does not say so itself: `json-file`.
    public var loggingDriver: String
    /// Whether containers outlive its restart; nil where that is not known.
    public var liveRestore: Bool?
    /// What it warns of.
    public var warnings: [String]

    /// A daemon of these facts.
    public init(
        version: String, architecture: String, memory: ByteCount, cores: Int, storageDriver: String = "",
        cgroups: String = "", loggingDriver: String = "", liveRestore: Bool? = nil, warnings: [String] = []
    ) {
        self.storageDriver = storageDriver
        self.cgroups = cgroups
        self.loggingDriver = loggingDriver
        self.liveRestore = liveRestore
        self.warnings = warnings
        self.version = version
        self.architecture = architecture
        self.memory = memory
        self.cores = cores
    }
}

/// A container that carries the cluster's label.
public struct ContainerObservation: Hashable, Sendable {
    /// Docker's id.
    public var id: String
    /// Its name without the leading slash.
    public var name: String
    /// The node, from the label `gantry.node`; nil when the label is missing or no number.
    public var node: NodeID?
    /// The role, from the label `gantry.role`.
    public var role: NodeRole?
    /// The cluster's id, from the label `gantry.cluster-id`.
    public var clusterID: ClusterID?
    /// Where it is in Docker's life cycle.
    public var state: ContainerState
    /// The exit code of its last run; nil while it never ended.
    public var exitCode: Int32?
    /// Whether the kernel killed it for memory.
    public var oomKilled: Bool
    /// How often Docker restarted it.
    public var restarts: Int
    /// When its present or last run began.
    public var startedAt: Timestamp?
    /// The image's reference as configured.
    public var image: String
    /// The image's digest.
    public var imageID: String
    /// Why Docker could not start it the last time; nil when it could.
    public var startError: String?
    /// The digest of the configuration it was made from, from the label `gantry.config`.
    public var configDigest: String?

    /// Whether a process may be in it, so that it must not be made anew.
    public var isAlive: Bool { state != .created && state != .exited && state != .dead }

    /// Whether it dies again and again: between two attempts of its restart policy now, or in a short one of several.
    /// Nobody's data depends on such a process, so its files may be mended and it may be started anew.
    public func isCrashLooping(at now: Timestamp) -> Bool {
        if state == .restarting { return true }
        guard state == .running, restarts > 1, let startedAt else { return false }
        return now.since(startedAt) < Self.shortRun
    }

    /// A node that ran so long has read its settings and recovered or not: longer than a start, and than Docker's longest
    /// pause between two attempts (a minute).
    private static let shortRun: Duration = .seconds(60)

    /// An observation of these parts.
    public init(
        id: String, name: String, node: NodeID?, role: NodeRole?, clusterID: ClusterID?, state: ContainerState,
        exitCode: Int32? = nil, oomKilled: Bool = false, restarts: Int = 0, startedAt: Timestamp? = nil,
        image: String = "", imageID: String = "", configDigest: String? = nil, startError: String? = nil
    ) {
        self.startError = startError
        self.id = id
        self.name = name
        self.node = node
        self.role = role
        self.clusterID = clusterID
        self.state = state
        self.exitCode = exitCode
        self.oomKilled = oomKilled
        self.restarts = restarts
        self.startedAt = startedAt
        self.image = image
        self.imageID = imageID
        self.configDigest = configDigest
    }
}

/// Docker's states of a container, with any later one kept by its name.
public struct ContainerState: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// Docker's word.
    public let rawValue: String

    /// Docker's word for a state.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Made, never started.
    public static let created = ContainerState(rawValue: "created")
    /// Its process runs.
    public static let running = ContainerState(rawValue: "running")
    /// Frozen: it accepts connections and answers none.
    public static let paused = ContainerState(rawValue: "paused")
    /// Between two attempts of its restart policy.
    public static let restarting = ContainerState(rawValue: "restarting")
    /// Its process ended.
    public static let exited = ContainerState(rawValue: "exited")
    /// Half removed, or Docker could not stop it.
    public static let dead = ContainerState(rawValue: "dead")

    /// Docker's word.
    public var description: String { rawValue }
}

/// The file system under one data directory.
public struct DiskObservation: Hashable, Sendable {
    /// The data directory of `defaults.cfg`.
    public var path: String
    /// Size of its file system.
    public var total: ByteCount
    /// Free for an ordinary user.
    public var free: ByteCount

    /// A disk of these sizes.
    public init(path: String, total: ByteCount, free: ByteCount) {
        self.path = path
        self.total = total
        self.free = free
    }
}
