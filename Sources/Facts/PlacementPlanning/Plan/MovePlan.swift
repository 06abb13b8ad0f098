public import FleetModel

/// A finished plan: which lists change, in which order data moves, who leads, and how good it is.
///
/// Self-contained: it names brokers by id and partitions by name, and can be kept as a file. `verify` judges it against
/// an input.
public struct MovePlan: Sendable {
    /// A partition whose list changes, be it in order alone.
    public struct ListChange: Hashable, Sendable {
        /// The partition.
        public var partition: TopicPartition
        /// Its replicas before, preferred leader first.
        public var from: [NodeID]
        /// Its replicas after, preferred leader first.
        public var to: [NodeID]

        /// A change of these parts.
        public init(partition: TopicPartition, from: [NodeID], to: [NodeID]) {
            (self.partition, self.from, self.to) = (partition, from, to)
        }
    }

    /// One step of data: at most one new replica of one partition.
    public struct Move: Hashable, Sendable {
        /// The partition's index in `changes`.
        public var change: Int
        /// The broker that gets a replica; nil where replicas only go.
        public var adding: NodeID?
        /// The broker that it is to be copied from: the leader at that time; nil where nothing is copied.
        public var source: NodeID?
        /// The list to ask Kafka for, preferred leader first; the last move of a partition asks for `ListChange.to`.
        public var target: [NodeID]
        /// Bytes to copy.
        public var bytes: ByteCount
        /// The n-th move of its partition is in wave n: a partition has at most one new replica at a time. Waves are
        /// no barriers.
        public var wave: Int
        /// When it begins in the fluid simulation.
        public var start: Duration
        /// When it ends in the fluid simulation.
        public var end: Duration

        /// A move of these parts.
        public init(
            change: Int, adding: NodeID?, source: NodeID?, target: [NodeID], bytes: ByteCount, wave: Int,
            start: Duration, end: Duration
        ) {
            self.change = change
            self.adding = adding
            self.source = source
            self.target = target
            self.bytes = bytes
            self.wave = wave
            self.start = start
            self.end = end
        }
    }

    /// Leadership that goes to another of the present replicas before any data moves: off brokers that leave, and off
    /// uplinks that would be the busiest. No data is copied for it.
    public struct LeaderStep: Hashable, Sendable {
        /// The partition's index in `changes`.
        public var change: Int
        /// Who leads while data moves.
        public var leader: NodeID

        /// `leader` leads the partition of `change` meanwhile.
        public init(change: Int, leader: NodeID) { (self.change, self.leader) = (change, leader) }
    }

    /// What was asked for.
    public var event: PlacementEvent
    /// How it was weighed.
    public var options: PlanningOptions
    /// Lists that change, by topic and partition.
    public var changes: [ListChange]
    /// Leadership before the first byte.
    public var leadersFirst: [LeaderStep]
    /// Moves in the order in which they begin.
    public var moves: [Move]
    /// How good it is.
    public var report: PlanReport
    /// Names what was planned on: equal inputs have equal digests.
    public var inputDigest: String

    /// Names the plan: what changes, in which order. Equal inputs and requests give equal digests, on every machine.
    public var digest: String { PlanDigest.of(self) }

    /// Whether nothing changes.
    public var isEmpty: Bool { changes.isEmpty }

    /// A plan of these parts.
    public init(
        event: PlacementEvent, options: PlanningOptions, changes: [ListChange], leadersFirst: [LeaderStep],
        moves: [Move], report: PlanReport, inputDigest: String
    ) {
        self.event = event
        self.options = options
        self.changes = changes
        self.leadersFirst = leadersFirst
        self.moves = moves
        self.report = report
        self.inputDigest = inputDigest
    }
}
