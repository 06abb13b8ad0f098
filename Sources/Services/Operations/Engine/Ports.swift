public import FleetModel
public import Observation

/// Works on hosts by what SSH alone can do.
public protocol HostControl: HostPreparation {
    /// Everything that bootstrap must know of a host before it touches it, in one round trip.
    func inspect(_ host: HostName, _ question: HostQuestion) async throws(HostProblem) -> HostAnswers

    /// The paths among `files` that are absent on the host or have other contents or another mode.
    func differing(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String]

    /// Places the files, each atomically, making directories above them; returns the paths that changed.
    func place(_ files: [FileToPlace], on host: HostName) async throws(HostProblem) -> [String]

    /// Makes directories that are absent, owned by `owner` as chown(1) takes it: `0:0`. Those that exist stay as they are.
    func makeDirectories(_ paths: [String], owner: String, on host: HostName) async throws(HostProblem)

    /// The contents of a small file (at most `OnHostPath.largestFile`); nil when it is absent.
    func contents(of path: String, on host: HostName) async throws(HostProblem) -> [UInt8]?

    /// Removes files; those that are absent count as removed.
    func removeFiles(_ paths: [String], on host: HostName) async throws(HostProblem)

    /// Deletes directories with all that is in them; those that are absent count as deleted. Only what lies below the
    /// cluster's own directories (`DATA/CLUSTER/NODE`, `/opt/kafka-docker/CLUSTER`) is ever deleted; another path is refused.
    func deleteDirectories(_ paths: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem)

    /// Does to the host's `kafka-docker.service` what is wished, and tells how it stands then.
    func service(_ wish: ServiceWish, on host: HostName) async throws(HostProblem) -> ServiceState
}

/// What to find out of a host.
public struct HostQuestion: Hashable, Sendable {
    /// The cluster it is about.
    public var cluster: ClusterName
    /// Data directories of `defaults.cfg`.
    public var data: [String]
    /// Devices that `defaults.cfg` wants formatted.
    public var devices: [String]
    /// How much is asked.
    public var scope: Scope

    /// How much is asked of a host.
    public enum Scope: String, Hashable, Sendable {
        /// All of `HostAnswers`.
        case everything
        /// What files and file systems tell. Compose and listening ports are left out: starting Compose only to have its
        /// version costs more than all the rest.
        case directories
    }

    /// A question about these.
    public init(cluster: ClusterName, data: [String], devices: [String] = [], scope: Scope = .everything) {
        (self.cluster, self.data, self.devices, self.scope) = (cluster, data, devices, scope)
    }
}

/// What a host is, as SSH sees it.
public struct HostAnswers: Hashable, Sendable {
    /// Whether commands can be run as root, at once or by `sudo -n`.
    public var privileged: Bool
    /// `uname -m`.
    public var architecture: String
    /// Compose on the host; nil when there is none, or it was not asked for.
    public var compose: ComposeFlavour?
    /// TCP ports that something listens on; empty when they were not asked for.
    public var listening: Set<UInt16>
    /// The file system under each data directory (or under the nearest parent that exists).
    public var disks: [DiskObservation]
    /// `meta.properties` found below the data directories, by the directory they lie in.
    public var formatted: [String: MetaProperties]
    /// What stands where a node's directory would go and is none that may be formatted: its path, and what it is
    /// ("it has topic-0 in it, and no meta.properties").
    public var obstacles: [String: String]
    /// What the host remembers of the cluster; nil when it has never heard of it.
    public var memory: String?
    /// Node ids that it remembers as retired.
    public var retired: [NodeID]
    /// Hosts that it remembers as emptied by an operation.
    public var emptied: [HostName]
    /// What the machine is; nil when it was not asked.
    public var machine: MachineFacts?
    /// Clusters of other names that gantry has placed on the host; empty when they were not asked for.
    public var others: [OtherCluster]

    /// A host of these facts.
    public init(
        privileged: Bool, architecture: String, compose: ComposeFlavour?, listening: Set<UInt16>,
        disks: [DiskObservation], formatted: [String: MetaProperties], memory: String?, retired: [NodeID] = [],
        emptied: [HostName] = [], obstacles: [String: String] = [:], machine: MachineFacts? = nil,
        others: [OtherCluster] = []
    ) {
        self.others = others
        self.emptied = emptied
        self.machine = machine
        self.obstacles = obstacles
        self.privileged = privileged
        self.architecture = architecture
        self.compose = compose
        self.listening = listening
        self.disks = disks
        self.formatted = formatted
        self.memory = memory
        self.retired = retired
    }
}

/// A cluster of another name that a host carries, as its files there tell.
public struct OtherCluster: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its id, from the labels in its Compose file; nil where none could be read.
    public var id: ClusterID?
    /// The ports of its nodes, whether they run or not.
    public var ports: Set<UInt16>

    /// A cluster of these parts.
    public init(name: String, id: ClusterID?, ports: Set<UInt16>) {
        (self.name, self.id, self.ports) = (name, id, ports)
    }

    /// As people name it: `cluster orders (id …)`.
    var words: String { "cluster \(name)" + (id.map { " (id \($0))" } ?? "") }
}

/// Which Compose a host has. A project stays with the one it was made with: each re-creates the other's containers.
public enum ComposeFlavour: String, Hashable, Sendable, Codable {
    /// `docker compose`, the plugin.
    case v2
    /// `docker-compose` 1.29.
    case v1
}

/// The identity in a directory's `meta.properties`.
public struct MetaProperties: Hashable, Sendable, Codable {
    /// `cluster.id`; nil where the file has none that could be read.
    public var clusterID: ClusterID?
    /// `node.id` (or `broker.id` of ZooKeeper days).
    public var nodeID: NodeID?
    /// `directory.id`.
    public var directoryID: DirectoryID?

    /// An identity of these parts.
    public init(clusterID: ClusterID?, nodeID: NodeID?, directoryID: DirectoryID?) {
        self.clusterID = clusterID
        self.nodeID = nodeID
        self.directoryID = directoryID
    }

    /// Reads Java properties; what is missing or malformed stays nil.
    public init(properties: some StringProtocol) {
        self.init(clusterID: nil, nodeID: nil, directoryID: nil)
        for line in properties.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1].filter { !$0.isWhitespace })
            switch String(parts[0].filter { !$0.isWhitespace }) {
            case "cluster.id": clusterID = ClusterID(rawValue: value)
            case "node.id", "broker.id": nodeID = NodeID(value)
            case "directory.id": directoryID = DirectoryID(rawValue: value)
            default: break
            }
        }
    }
}

/// Works on containers and images of a host.
public protocol ContainerControl: Sendable {
    /// The image behind `reference` on the host; nil when it is not there.
    func image(_ reference: String, on host: HostName) async throws(HostProblem) -> ImageObservation?

    /// What the techhost itself has to give of an image: the archive, its own Docker, or only the way to a registry, which
    /// the Docker of `host` is asked about where `cluster.registry` is set.
    func imageOffer(
        _ reference: String, archive: String?, asking host: HostName?
    ) async throws(HostProblem) -> ImageOffer

    /// Brings the image to the host. From the techhost: out of `archive` when given, else by a pull where
    /// `cluster.registry` is set, else from its Docker, else by a pull. `progress` is told, at most once a second, what has been brought.
    func bringImage(
        _ reference: String, from origin: ImageOrigin, archive: String?, to host: HostName,
        progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem)

    /// Whether the techhost has a Docker that could make an image.
    func techhostBuilds() async -> Bool

    /// Makes an image from a directory of the techhost; `progress` is told the builder's own words.
    func buildImage(
        _ order: ImageBuild, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) -> ImageObservation

    /// Runs a command in a container of its own, which is gone afterwards in every case.
    func runOnce(_ run: OneOffRun, on host: HostName) async throws(HostProblem) -> OneOffResult

    /// Whether the container of such a run is left there: of a process that was killed at it.
    func hasOneOff(_ name: String, on host: HostName) async throws(HostProblem) -> Bool

    /// Removes what is left of such a run, and no other container; one that is gone counts as removed.
    func removeOneOff(_ name: String, on host: HostName) async throws(HostProblem)

    /// What the host's Compose has against `file` as the cluster's Compose file; empty where it takes it. Places and starts
    /// nothing.
    func complaints(
        about file: [UInt8], of cluster: ClusterName, on host: HostName
    ) async throws(HostProblem) -> [String]

    /// Starts services of the cluster's Compose file that do not run, making their containers at first need; touches
    /// no container that runs.
    func start(_ services: [String], of cluster: ClusterName, on host: HostName) async throws(HostProblem)

    /// Stops a container with SIGTERM and waits until it is gone; killed only after `grace`. It stays stopped when Docker
    /// is restarted. One that does not run counts as stopped.
    func stop(_ container: ContainerObservation, grace: Duration, on host: HostName) async throws(HostProblem)

    /// Removes a container that does not run; one that is gone counts as removed.
    func remove(_ container: ContainerObservation, on host: HostName) async throws(HostProblem)

    /// How the container's process ended last, with the last `lines` lines that it wrote until then. Of one that Docker
    /// has restarted, that is the run before the present one.
    func lastEnd(of container: ContainerObservation, lines: Int, on host: HostName) async throws(HostProblem) -> LastEnd

    /// The last `lines` lines that a container wrote.
    func logs(of container: String, lines: Int, on host: HostName) async throws(HostProblem) -> [String]
}

/// A command to run in a container of its own.
public struct OneOffRun: Hashable, Sendable {
    /// The container's name; one that is left of an earlier run is removed first.
    public var name: String
    /// The image's reference.
    public var image: String
    /// Program and arguments.
    public var command: [String]
    /// Directories of the host, at the same path in the container.
    public var mounts: [String]
    /// Who it runs as: `0:0`.
    public var user: String
    /// Environment as `NAME=value`.
    public var environment: [String]

    /// A run of these parts.
    public init(
        name: String, image: String, command: [String], mounts: [String], user: String, environment: [String] = []
    ) {
        self.name = name
        self.image = image
        self.command = command
        self.mounts = mounts
        self.user = user
        self.environment = environment
    }
}

/// How such a run ended.
public struct OneOffResult: Hashable, Sendable {
    /// The command's exit code.
    public var exitCode: Int32
    /// The last lines that it wrote, both streams.
    public var output: [String]

    /// A result of these parts.
    public init(exitCode: Int32, output: [String]) { (self.exitCode, self.output) = (exitCode, output) }
}

/// Values that outlive operations: the journal's, written under the operation's lease.
public protocol FleetMemory: Sendable {
    /// The value of `key`; nil when it was never set.
    func value(_ key: String) async throws -> String?
    /// Sets it.
    func setValue(_ value: String, for key: String) async throws
}
