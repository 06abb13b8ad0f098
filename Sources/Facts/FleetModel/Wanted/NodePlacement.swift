/// Where one node of the cluster lives and how it is reached: its identity, stable across re-creation of its container.
public struct NodePlacement: Hashable, Sendable, Codable {
    /// `node.id`.
    public var id: NodeID
    /// What it is.
    public var role: NodeRole
    /// The virtual host that carries it.
    public var host: HostName
    /// The TCP port of its one listener, on the host's address.
    public var port: UInt16
    /// `log.dirs`: absolute paths of the form `DATA/CLUSTER/NODE`, the same on the host and in the container.
    public var dataDirectories: [String]
    /// The directory id that a controller of the first quorum is formatted with, half of its identity as a voter (KIP-853);
    /// nil for brokers, and for controllers that join a quorum that runs.
    public var directoryID: DirectoryID?
    /// The address under which others reach it; nil: its host's name.
    public var address: String?

    /// A node at this place.
    public init(
        id: NodeID, role: NodeRole, host: HostName, port: UInt16, dataDirectories: [String],
        directoryID: DirectoryID? = nil, address: String? = nil
    ) {
        self.address = address
        self.id = id
        self.role = role
        self.host = host
        self.port = port
        self.dataDirectories = dataDirectories
        self.directoryID = directoryID
    }

    /// Whether it is a controller of the cluster's first quorum, whose members are written into its directory.
    public var isFounder: Bool { role == .controller && directoryID != nil }

    /// Where it listens, as others reach it.
    public var endpoint: Endpoint { Endpoint(host: address ?? host.rawValue, port: port) }
}

/// The nodes of one cluster and their places.
public struct ClusterLayout: Hashable, Sendable, Codable {
    /// The id that every `meta.properties` of the cluster carries.
    public var clusterID: ClusterID
    /// Every node, by ascending id.
    public private(set) var nodes: [NodePlacement]

    /// A layout of these nodes, in any order.
    public init(clusterID: ClusterID, nodes: [NodePlacement] = []) {
        self.clusterID = clusterID
        self.nodes = nodes.sorted { $0.id < $1.id }
    }

    /// The brokers, by ascending id.
    public var brokers: [NodePlacement] { nodes.filter { $0.role == .broker } }
    /// The KRaft controllers, by ascending id.
    public var controllers: [NodePlacement] { nodes.filter { $0.role == .controller } }

    /// The node of this id; nil when there is none.
    public func node(_ id: NodeID) -> NodePlacement? { nodes.first { $0.id == id } }

    /// The nodes of `host`, by ascending id.
    public func nodes(on host: HostName) -> [NodePlacement] { nodes.filter { $0.host == host } }

    /// The argument of `kafka-storage.sh format --initial-controllers`: `9001@10.0.0.11:19092:DIRECTORYID,…` (KIP-853).
    ///
    /// Controllers without a directory id are left out: they join a running quorum instead.
    public var initialControllers: String {
        controllers.compactMap { node in node.directoryID.map { "\(node.id)@\(node.endpoint):\($0)" } }
            .joined(separator: ",")
    }

    mutating func insert(_ node: NodePlacement) {
        let index = nodes.firstIndex { $0.id > node.id } ?? nodes.endIndex
        nodes.insert(node, at: index)
    }
}
