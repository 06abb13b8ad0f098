/// Where a partition's replicas shall be.
public struct ReplicaTarget: Hashable, Sendable, Codable {
    /// The partition.
    public var partition: TopicPartition
    /// Its replicas, the preferred leader first.
    public var replicas: [NodeID]

    /// `partition` on `replicas`.
    public init(partition: TopicPartition, replicas: [NodeID]) {
        (self.partition, self.replicas) = (partition, replicas)
    }
}
