public import FleetModel

/// What a broker carries, for a picture of before and after.
public struct BrokerShare: Hashable, Sendable, Codable {
    /// The broker.
    public var broker: NodeID
    /// Replicas, without canaries.
    public var partitions: Int
    /// Those that it leads.
    public var leaders: Int
    /// Bytes in its log directories; nil where they did not tell.
    public var bytes: ByteCount?

    /// A share of these parts.
    public init(broker: NodeID, partitions: Int, leaders: Int, bytes: ByteCount?) {
        self.broker = broker
        self.partitions = partitions
        self.leaders = leaders
        self.bytes = bytes
    }

    /// The share of every broker that is registered or carries anything; nil where the partitions are not known.
    public static func all(in cluster: ClusterObservation) -> [BrokerShare]? {
        guard let load = cluster.partitions.value?.load() else { return nil }
        let registered = (cluster.brokers.value ?? []).map(\.id)
        let directories = Dictionary(cluster.logDirectories.map { ($0.broker, $0.directories) }) { first, _ in first }
        return Set(registered).union(load.keys).sorted().map { id in
            BrokerShare(
                broker: id, partitions: load[id]?.replicas ?? 0, leaders: load[id]?.leaders ?? 0,
                bytes: directories[id]?.value.map { $0.reduce(.zero) { $0 + $1.logBytes } })
        }
    }
}

/// A broker before and after.
struct BrokerChange: Hashable {
    var broker: NodeID
    var before: BrokerShare?
    var after: BrokerShare?

    static func all(_ before: [BrokerShare], _ after: [BrokerShare]) -> [BrokerChange] {
        func byBroker(_ shares: [BrokerShare]) -> [NodeID: BrokerShare] {
            Dictionary(shares.map { ($0.broker, $0) }) { first, _ in first }
        }
        let (before, after) = (byBroker(before), byBroker(after))
        return Set(before.keys).union(after.keys).sorted().map {
            BrokerChange(broker: $0, before: before[$0], after: after[$0])
        }
    }
}
