/// What a node of the cluster is. Combined broker and controller in one process is not offered: a broker could then
/// not be removed without touching the quorum.
public enum NodeRole: String, Hashable, Sendable, Codable, CaseIterable {
    case broker, controller, zookeeper
}

/// How the cluster keeps its metadata.
public enum ClusterMode: String, Hashable, Sendable, Codable, CaseIterable {
    case kraft, zookeeper
}

/// How gantry reaches the hosts.
public enum TransportKind: String, Hashable, Sendable, Codable, CaseIterable {
    case ssh, local, simulated
}

/// One partition of a topic.
public struct TopicPartition: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// Its number, from 0.
    public let partition: Int32

    /// Partition `partition` of `topic`.
    public init(topic: String, partition: Int32) { (self.topic, self.partition) = (topic, partition) }

    /// Orders by value.
    public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
        (a.topic, a.partition) < (b.topic, b.partition)
    }
    /// Kafka's own way of writing it, also the name of its directory: `orders-3`.
    public var description: String { "\(topic)-\(partition)" }
}

/// Where a node listens.
public struct Endpoint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Name or address.
    public let host: String
    /// TCP port.
    public let port: UInt16

    /// `host`:`port`.
    public init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

    /// What `host:port` or `[IPv6]:port` says; nil where `text` is neither.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard HostName(rawValue: String(host)) != nil else { return nil }
        self.init(host: String(host), port: port)
    }

    /// `host:port`, an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
