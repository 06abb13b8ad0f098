public import FleetModel
public import Operations

/// One simulated host.
public struct SimulatedHost: Sendable {
    /// Whether SSH answers.
    public var isReachable = true
    /// Whether Docker answers.
    public var dockerRuns = true
    /// Files by path.
    public var files: [String: FileToPlace] = [:]
    /// Identities of formatted directories.
    public var formatted: [String: MetaProperties] = [:]
    /// Images by reference.
    public var images: [String: ImageObservation] = [:]
    /// Containers by node.
    public var containers: [NodeID: SimulatedContainer] = [:]
    /// Ports that something else listens on.
    public var foreignPorts: Set<UInt16> = []

    /// A host with nothing on it.
    public init() {}
}

extension SimulatedHost: Codable {
    /// A file as the simulation's file has it. Everything that gantry places is text.
    private struct StoredFile: Codable {
        var text: String
        var mode: UInt16
    }

    private enum CodingKeys: String, CodingKey {
        case reachable, docker, files, formatted, images, containers, ports
    }

    /// Reads the host from a file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isReachable = try container.decode(Bool.self, forKey: .reachable)
        dockerRuns = try container.decode(Bool.self, forKey: .docker)
        for (path, file) in try container.decode([String: StoredFile].self, forKey: .files) {
            files[path] = FileToPlace(path: path, contents: Array(file.text.utf8), mode: file.mode)
        }
        formatted = try container.decode([String: MetaProperties].self, forKey: .formatted)
        images = try container.decode([String: ImageObservation].self, forKey: .images)
        let containers = try container.decode([SimulatedContainer].self, forKey: .containers)
        self.containers = Dictionary(containers.map { ($0.node, $0) }, uniquingKeysWith: { _, last in last })
        foreignPorts = Set(try container.decode([UInt16].self, forKey: .ports))
    }

    /// Writes the host for a file.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isReachable, forKey: .reachable)
        try container.encode(dockerRuns, forKey: .docker)
        try container.encode(
            files.mapValues { StoredFile(text: String(decoding: $0.contents, as: UTF8.self), mode: $0.mode) },
            forKey: .files)
        try container.encode(formatted, forKey: .formatted)
        try container.encode(images, forKey: .images)
        try container.encode(containers.values.sorted { $0.node < $1.node }, forKey: .containers)
        try container.encode(foreignPorts.sorted(), forKey: .ports)
    }
}

/// One simulated container.
public struct SimulatedContainer: Sendable, Codable {
    /// What it runs.
    public var node: NodeID
    /// Its role.
    public var role: NodeRole
    /// The cluster it belongs to.
    public var clusterID: ClusterID?
    /// Docker's state.
    public var state: ContainerState
    /// When its present or last run began.
    public var startedAt: Duration
    /// Its last exit code.
    public var exitCode: Int32?
    mutating func kill() {
        state = .exited
        exitCode = 137
    }
}
