/// Where gantry's files lie on a virtual host. One place for all of them: the steps write them, the checks read them.
public enum OnHostPath {
    /// The directory of every cluster on the host.
    public static let root = "/opt/kafka-docker"

    /// The directory of one cluster: also its Compose project's directory.
    public static func directory(of cluster: ClusterName) -> String { "\(root)/\(cluster)" }

    /// The stamped Compose file.
    public static func composeFile(of cluster: ClusterName) -> String {
        "\(directory(of: cluster))/docker-compose.yml"
    }

    /// The properties of one node.
    public static func properties(of node: NodeID, cluster: ClusterName) -> String {
        "\(directory(of: cluster))/\(node).properties"
    }

    /// The retired ids and hosts, kept on every host so that losing the techhost's journal brings none of them back.
    public static func retired(of cluster: ClusterName) -> String { "\(directory(of: cluster))/retired.json" }

    /// The cluster's layout, kept on every host so that a techhost that lost its journal still knows the nodes.
    public static func layout(of cluster: ClusterName) -> String { "\(directory(of: cluster))/layout.json" }

    /// The lease of the operation that is at work on this host.
    public static func lease(of cluster: ClusterName) -> String { "\(directory(of: cluster))/lease.json" }

    /// Bounds what is read of one of these files: a layout of a thousand nodes takes some hundred kilobytes.
    public static let largestFile = 4 << 20

    /// Whether a path is the tool's own to delete: a node's directory in one of the data directories, or the cluster's
    /// directory. Nothing above, nothing beside, no `..`.
    public static func isOwn(_ path: String, of cluster: ClusterName, data: [String]) -> Bool {
        if path == directory(of: cluster) { return true }
        return data.contains { data in
            let prefix = "\(data == "/" ? "" : data)/\(cluster)/"
            guard path.hasPrefix(prefix) else { return false }
            return NodeID(path.dropFirst(prefix.count)) != nil
        }
    }

    /// A node's directory in one of the host's data directories.
    public static func dataDirectory(of node: NodeID, cluster: ClusterName, under data: String) -> String {
        "\(data == "/" ? "" : data)/\(cluster)/\(node)"
    }
}

/// Where Kafka lies in every image: "any image with Kafka's own layout under /opt/kafka".
public enum InImagePath {
    /// Kafka's own directory.
    public static let kafka = "/opt/kafka"
    /// Starts a node from a properties file.
    public static let serverStart = "\(kafka)/bin/kafka-server-start.sh"
    /// Formats a node's directories.
    public static let storage = "\(kafka)/bin/kafka-storage.sh"
}

/// The labels by which containers are found and told apart.
public enum ContainerLabel {
    /// The cluster's name.
    public static let cluster = "gantry.cluster"
    /// The cluster's id.
    public static let clusterID = "gantry.cluster-id"
    /// The node id in decimal.
    public static let node = "gantry.node"
    /// `broker`, `controller` or `zookeeper`: `NodeRole`'s raw value.
    public static let role = "gantry.role"
    /// The digest of the configuration the container was made from; another one on disk is the finding `config-drift`.
    public static let config = "gantry.config"
}

/// Names that Compose and Docker know a node by.
public enum ContainerName {
    /// The Compose project; equal to the directory's name, so that Compose run by hand there finds the same project.
    public static func project(of cluster: ClusterName) -> String { cluster.rawValue }

    /// The Compose service of a node: `broker-1`.
    public static func service(_ role: NodeRole, _ id: NodeID) -> String { "\(role.rawValue)-\(id)" }

    /// The Compose service of `node`.
    public static func service(of node: NodePlacement) -> String { service(node.role, node.id) }

    /// The container of `node`: `orders-broker-1`.
    public static func container(of node: NodePlacement, cluster: ClusterName) -> String {
        "\(cluster)-\(service(of: node))"
    }

    /// The one-off container that formats `node`'s directories: `orders-broker-1-format`.
    public static func formatter(of node: NodePlacement, cluster: ClusterName) -> String {
        "\(container(of: node, cluster: cluster))-format"
    }
}

/// A file that is to lie on a host, whole and with its mode.
public struct FileToPlace: Hashable, Sendable {
    /// Absolute path on the host.
    public var path: String
    /// All of its bytes.
    public var contents: [UInt8]
    /// Permission bits; 0600 where a secret is inside.
    public var mode: UInt16

    /// `contents` at `path`.
    public init(path: String, contents: [UInt8], mode: UInt16 = 0o644) {
        self.path = path
        self.contents = contents
        self.mode = mode
    }
}
