/// Which node a request is for.
public enum KafkaRoute: Hashable, Sendable {
    /// Whichever node can be reached, one with a connection first.
    case any
    /// The node with this id: a broker, or a controller where the client's role is controllers.
    case broker(Int32)
    /// The controller: in role brokers the one that Metadata names (a KRaft broker that forwards, or ZooKeeper mode's
    /// own); in role controllers the quorum's leader.
    case controller
    /// The leader of a partition; in role brokers only.
    case leader(topic: String, partition: Int32)
    /// The listener at this address, whatever the cluster says of it.
    case address(KafkaAddress)
}
