public import FleetModel

/// What a host's nodes are made from: the files to place there, and what the steps need to know of each node.
public struct StampedHost: Hashable, Sendable {
    /// The host.
    public var host: HostName
    /// `docker-compose.yml`, then the properties of each node, by ascending id.
    public var files: [FileToPlace]
    /// The nodes, by ascending id.
    public var nodes: [StampedNode]
}

/// One node as its container sees it.
public struct StampedNode: Hashable, Sendable {
    /// Its place.
    public var placement: NodePlacement
    /// Its Compose service.
    public var service: String
    /// Its container's name.
    public var container: String
    /// The image's reference.
    public var image: String
    /// Who its process runs as: owner of its data directories and of its properties.
    public var user: ContainerUser
    /// What gantry mounts, at the same path in the container.
    public var mounts: [StampedMount]
    /// The absolute path of its properties, on the host and in the container.
    public var propertiesFile: String
    /// The value of `ContainerLabel.config`: another one on the running container means that its configuration has
    /// changed since. Settings that a running node does not need to learn by a restart do not count.
    public var digest: String
}

/// A directory of the host in a container, at the same path.
public struct StampedMount: Hashable, Sendable {
    /// The path.
    public var path: String
    /// Whether the container may only read it.
    public var isReadOnly: Bool
}
