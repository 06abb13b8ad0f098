public import FleetModel

/// What an operation of ours that nobody carries out may have left in force in the cluster, as the journal tells.
public struct LeftInForce: Hashable, Sendable {
    /// The operation's id.
    public var operation: String
    /// Its command line.
    public var command: String
    /// How it was left, in words: `was interrupted`.
    public var state: String
    /// Partitions that it moves.
    public var partitions: Set<TopicPartition>
    /// Brokers and topics that it throttles, as they are observed: `broker 3`, `topic orders`.
    public var throttled: Set<String>
    /// Brokers that it has cordoned.
    public var cordoned: Set<NodeID>
    /// Whether it can be gone on with; else it can only be given up.
    public var canGoOn: Bool

    /// What `operation` left.
    public init(
        operation: String, command: String, state: String, partitions: Set<TopicPartition>, throttled: Set<String>,
        cordoned: Set<NodeID> = [], canGoOn: Bool
    ) {
        (self.operation, self.command, self.state) = (operation, command, state)
        (self.partitions, self.throttled, self.cordoned) = (partitions, throttled, cordoned)
        self.canGoOn = canGoOn
    }

    /// As findings are about it.
    var subject: String { "operation \(operation)" }

    /// What goes on with it, and what takes back what it left.
    var remedy: String {
        let abort = "gantry operation abort \(operation)"
        let back = "\(abort) takes back what it left"
        return canGoOn ? "gantry operation resume \(operation) goes on with it, \(back)" : back
    }
}
