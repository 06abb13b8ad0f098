public import FleetModel
public import Operations

/// One simulated host.
public struct SimulatedHost: Sendable {
    /// What is wrong with the host as a whole.
    public internal(set) var troubles = HostTroubles()
    /// Files by path.
    public var files: [String: FileToPlace] = [:]
    /// Directories that exist, besides those that files lie in.
    var directories: Set<String> = []
    /// Identities of formatted directories.
    public var formatted: [String: MetaProperties] = [:]
    /// Images by reference.
    public var images: [String: ImageObservation] = [:]
    /// Containers by node.
    public var containers: [NodeID: SimulatedContainer] = [:]
    /// Containers of one-off runs that are under way, or were left by a process that was killed.
    public var oneOffs: Set<String> = []
    /// Ports that something else listens on.
    public var foreignPorts: Set<UInt16> = []
    /// Its data disks, by the data directory that they are mounted at.
    public var disks: [String: SimulatedDisk] = [:]
    /// What the machine is, where nothing follows from its name and disks.
    public var machine = SimulatedHost.goodMachine
    /// Its processor. Only of a fleet in memory.
    public var architecture = "x86_64"
    /// Whether Docker and Compose are not installed.
    public var lacksDocker = false
    /// Ports that a firewall keeps other hosts from; the techhost's SSH is not among them.
    public var closedPorts: Set<UInt16> = []
    /// Names that lead elsewhere there than to themselves.
    public var names: [String: [String]] = [:]
    /// Changes that fail, by their name, with a program's last words. Only of a fleet in memory.
    public var refusedChanges: [String: String] = [:]
    /// The newest of what Docker had to tell.
    public internal(set) var events: [SimulatedEvent] = []

    /// As many as a Docker daemon keeps (daemon/events).
    static let keptEvents = 256

    /// A host with nothing on it but a disk for each of these data directories.
    public init(data: [String] = ["/var/lib/kafka-docker"]) {
        for path in data { disks[path] = SimulatedDisk() }
    }

    /// Whether SSH answers. Setting it keeps the techhost out, or lets it in again; what runs there notices nothing.
    public var isReachable: Bool {
        get { troubles.unreachable == nil }
        set { if newValue { troubles.remove(.silentSSH) } else { troubles.add(.silentSSH, number: 0) } }
    }

    /// Whether Docker answers.
    public var dockerRuns: Bool { !lacksDocker && !troubles.has(.dockerStopped) }

    /// The data directory under which `path` lies; nil when it lies on the host's own disk.
    func data(of path: String) -> String? {
        disks.keys.filter { path == $0 || path.hasPrefix($0 + "/") }.max { $0.utf8.count < $1.utf8.count }
    }

    mutating func tell(_ action: String, of container: SimulatedContainer, at time: Duration, exitCode: Int32? = nil) {
        events.append(
            SimulatedEvent(
                at: time, action: action, container: container.name, node: container.node, exitCode: exitCode))
        if events.count > Self.keptEvents { events.removeFirst(events.count - Self.keptEvents) }
    }
}

/// A host's data disk.
public struct SimulatedDisk: Hashable, Sendable, Codable {
    /// Its size.
    public var total = ByteCount(100 << 30)
    /// What is on it and not Kafka's.
    public var foreign = ByteCount.zero

    /// An empty one of 100 GiB.
    public init() {}
}

extension SimulatedHost: Codable {
    /// A file as the simulation's file has it. Everything that gantry places is text.
    private struct StoredFile: Codable {
        var text: String
        var mode: UInt16
    }

    private enum CodingKeys: String, CodingKey {
        case troubles, files, directories, formatted, images, containers, ports, disks, events
        case machine, lacksDocker = "lacks_docker", closedPorts = "closed_ports", names, oneOffs = "one_offs"
    }

    /// Reads the host from a file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        troubles = try container.decode(HostTroubles.self, forKey: .troubles)
        for (path, file) in try container.decode([String: StoredFile].self, forKey: .files) {
            files[path] = FileToPlace(path: path, contents: Array(file.text.utf8), mode: file.mode)
        }
        directories = Set(try container.decode([String].self, forKey: .directories))
        formatted = try container.decode([String: MetaProperties].self, forKey: .formatted)
        images = try container.decode([String: ImageObservation].self, forKey: .images)
        let containers = try container.decode([SimulatedContainer].self, forKey: .containers)
        self.containers = Dictionary(containers.map { ($0.node, $0) }, uniquingKeysWith: { _, last in last })
        foreignPorts = Set(try container.decode([UInt16].self, forKey: .ports))
        disks = try container.decode([String: SimulatedDisk].self, forKey: .disks)
        events = try container.decode([SimulatedEvent].self, forKey: .events)
        machine = try container.decodeIfPresent(MachineFacts.self, forKey: .machine) ?? Self.goodMachine
        lacksDocker = try container.decodeIfPresent(Bool.self, forKey: .lacksDocker) ?? false
        closedPorts = Set(try container.decodeIfPresent([UInt16].self, forKey: .closedPorts) ?? [])
        names = try container.decodeIfPresent([String: [String]].self, forKey: .names) ?? [:]
        oneOffs = Set(try container.decodeIfPresent([String].self, forKey: .oneOffs) ?? [])
    }

    /// Writes the host for a file.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(troubles, forKey: .troubles)
        try container.encode(
            files.mapValues { StoredFile(text: String(decoding: $0.contents, as: UTF8.self), mode: $0.mode) },
            forKey: .files)
        try container.encode(directories.sorted(), forKey: .directories)
        try container.encode(formatted, forKey: .formatted)
        try container.encode(images, forKey: .images)
        try container.encode(containers.values.sorted { $0.node < $1.node }, forKey: .containers)
        try container.encode(foreignPorts.sorted(), forKey: .ports)
        try container.encode(disks, forKey: .disks)
        try container.encode(events, forKey: .events)
        // What is as it was made is not written: a file of hundreds of hosts stays small.
        if machine != Self.goodMachine { try container.encode(machine, forKey: .machine) }
        if lacksDocker { try container.encode(true, forKey: .lacksDocker) }
        if !closedPorts.isEmpty { try container.encode(closedPorts.sorted(), forKey: .closedPorts) }
        if !names.isEmpty { try container.encode(names, forKey: .names) }
        if !oneOffs.isEmpty { try container.encode(oneOffs.sorted(), forKey: .oneOffs) }
    }
}
