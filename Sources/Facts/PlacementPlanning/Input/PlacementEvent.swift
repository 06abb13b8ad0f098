public import FleetModel

/// Which brokers may receive data.
public enum BrokerSelection: Hashable, Sendable {
    /// All that are live and do not leave.
    case all
    /// These alone.
    case only([NodeID])
}

/// Which topics are meant.
public enum TopicSelection: Hashable, Sendable {
    /// All.
    case all
    /// These alone, by name.
    case only([String])
}

/// Which partitions are meant.
public enum PartitionSelection: Hashable, Sendable {
    /// All.
    case all
    /// These alone.
    case only([TopicPartition])
}

/// What is to happen to the placement.
public enum PlacementEvent: Hashable, Sendable {
    /// Everything leaves `brokers`; new replicas go onto `onto`.
    case drain(brokers: [NodeID], onto: BrokerSelection)
    /// Bytes, replicas and leaders are evened out among `among`, moving the fewest bytes. Brokers that were just added
    /// are among them: this is also how a cluster grows.
    case rebalance(among: BrokerSelection)
    /// `new` takes over what `old` holds.
    case replace(old: NodeID, new: NodeID)
    /// `topics` get `factor` replicas each.
    case replicationFactor(topics: TopicSelection, factor: Int)
    /// Partitions whose replicas share hosts or racks without need are spread; nothing else moves.
    case repairSpread
    /// Leaders are evened out; no data moves.
    case leaders

    /// Whether its targets are those that somebody named.
    var hasRange: Bool {
        switch self {
        case .drain(_, .only), .rebalance(.only): true
        default: false
        }
    }

    /// As an operator would say it.
    public var description: String {
        func list(_ ids: [NodeID]) -> String { ids.map(\.description).joined(separator: ",") }
        func named(_ ids: [NodeID]) -> String { "broker\(ids.count == 1 ? "" : "s") \(list(ids))" }
        switch self {
        case .drain(let brokers, .all): return "drain \(named(brokers))"
        case .drain(let brokers, .only(let targets)): return "drain \(named(brokers)) onto \(list(targets))"
        case .rebalance(.all): return "rebalance"
        case .rebalance(.only(let brokers)): return "rebalance among \(list(brokers))"
        case .replace(let old, let new): return "replace broker \(old) with \(new)"
        case .replicationFactor(.all, let factor): return "replication factor \(factor) for all topics"
        case .replicationFactor(.only(let topics), let factor):
            return "replication factor \(factor) for \(topics.joined(separator: ", "))"
        case .repairSpread: return "repair the spread over hosts and racks"
        case .leaders: return "balance leaders"
        }
    }
}

/// What replicas of a partition are kept apart by. Each is accepted by itself where it becomes too few.
public enum SpreadDomain: String, Hashable, Sendable, CaseIterable {
    /// Machines.
    case hosts
    /// Groups of machines that fail together.
    case racks
}

/// How a plan weighs what it wants.
public struct PlanningOptions: Hashable, Sendable {
    /// Which wishes win where bytes are equal.
    public enum Profile: String, Hashable, Sendable, CaseIterable {
        /// Replica counts and leaders are evened out too.
        case balanced
        /// The largest partitions move first, so that the fewest partitions move.
        case fewestMoves = "fewest-moves"
    }

    /// What wins where bytes are equal.
    public var profile: Profile
    /// How far a broker's bytes may lie from its fair share.
    public var tolerance: PerMille
    /// The share of a broker's capacity that no plan fills, not even for a moment.
    public var headroom: PerMille
    /// Topics whose replicas stay where they are; their leaders may change.
    public var pinnedTopics: [String]
    /// Topics that a plan leaves alone wholly; their bytes count.
    public var excludedTopics: [String]
    /// Partitions that a plan may touch; it leaves the others alone wholly, and their bytes count.
    public var partitions: PartitionSelection
    /// Brokers that lead nothing, where that is possible.
    public var withoutLeaders: [NodeID]
    /// Of what fewer than replicas are accepted where the request makes them fewer: replicas are then spread as well as can
    /// be. Otherwise such a request is refused.
    public var narrower: Set<SpreadDomain>

    /// These options; the defaults are Gantry's.
    public init(
        profile: Profile = .balanced, tolerance: PerMille = PerMille(100), headroom: PerMille = PerMille(50),
        pinnedTopics: [String] = [], excludedTopics: [String] = [], partitions: PartitionSelection = .all,
        withoutLeaders: [NodeID] = [], narrower: Set<SpreadDomain> = []
    ) {
        self.profile = profile
        self.tolerance = tolerance
        self.headroom = headroom
        self.pinnedTopics = pinnedTopics
        self.excludedTopics = excludedTopics
        self.partitions = partitions
        self.withoutLeaders = withoutLeaders
        self.narrower = narrower
    }
}
