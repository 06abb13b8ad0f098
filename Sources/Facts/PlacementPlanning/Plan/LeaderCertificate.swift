public import FleetModel

/// Why leaders can't be spread more evenly without moving data.
///
/// No partition led inside `crowded` has a replica that may lead outside it, so some broker there must lead at least
/// the mean; and no partition with such a replica inside `sparse` is led outside it, so some broker there can lead at
/// most the mean. `verify` checks both from the lists alone.
public struct LeaderCertificate: Hashable, Sendable {
    /// The most partitions that one broker leads.
    public var most: Int
    /// The fewest, of brokers that may lead.
    public var fewest: Int
    /// Brokers that prove that `most` can't be lower; empty where max − min ≤ 1 proves it.
    public var crowded: [NodeID]
    /// Brokers that prove that `fewest` can't be higher; empty where max − min ≤ 1 proves it.
    public var sparse: [NodeID]
    /// Partitions whose leader changes.
    public var changes: Int

    /// A certificate of these parts.
    public init(most: Int, fewest: Int, crowded: [NodeID] = [], sparse: [NodeID] = [], changes: Int) {
        self.most = most
        self.fewest = fewest
        self.crowded = crowded
        self.sparse = sparse
        self.changes = changes
    }
}
