public import FleetModel

/// The throttle that moves under way need (KIP-73): rates of brokers, and the replicas that they hold for.
public struct ThrottleWish: Hashable, Sendable {
    /// Replicas of one topic.
    public struct Replicas: Hashable, Sendable {
        /// Those that others copy from: all replicas that the moving partitions had before.
        public var leader: Set<ThrottledReplica> = []
        /// Those that copy: the added ones.
        public var follower: Set<ThrottledReplica> = []

        /// None.
        public init() {}
    }

    /// The rate for each broker and direction.
    public var rate: BytesPerSecond
    /// Brokers that others copy from.
    public var leaders: Set<NodeID>
    /// Brokers that copy.
    public var followers: Set<NodeID>
    /// Throttled replicas by topic; topics without any are left out.
    public var topics: [String: Replicas]

    /// A throttle of these parts.
    public init(
        rate: BytesPerSecond, leaders: Set<NodeID> = [], followers: Set<NodeID> = [],
        topics: [String: Replicas] = [:]
    ) {
        self.rate = rate
        self.leaders = leaders
        self.followers = followers
        self.topics = topics
    }

    mutating func add(_ partition: TopicPartition, before: [NodeID], adding: NodeID) {
        topics[partition.topic, default: Replicas()].leader.formUnion(
            before.map { ThrottledReplica(partition: partition.partition, broker: $0) })
        topics[partition.topic, default: Replicas()].follower.insert(
            ThrottledReplica(partition: partition.partition, broker: adding))
        leaders.formUnion(before)
        followers.insert(adding)
    }
}

/// One entry of a list of throttled replicas: `3:1`.
public struct ThrottledReplica: Hashable, Sendable, CustomStringConvertible {
    /// The partition's number.
    public var partition: Int32
    /// The broker that has the replica.
    public var broker: NodeID

    /// The replica of `partition` on `broker`.
    public init(partition: Int32, broker: NodeID) { (self.partition, self.broker) = (partition, broker) }

    /// As Kafka writes it.
    public var description: String { "\(partition):\(broker)" }
}
