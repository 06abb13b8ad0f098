public import FleetModel

/// What is looked at between two decisions about moves.
public struct MoveObservation: Sendable {
    /// The time since an arbitrary start.
    public var at: Duration
    /// Moves under way, by whomever. Asked for before `listing`.
    public var reassignments: [ReassignmentObservation]
    /// Brokers that are registered and not fenced.
    public var live: Set<NodeID>
    /// All partitions, where `MoveExecution.wantsListing` asked for them.
    public var listing: PartitionTable?
    /// How long the listing took.
    public var listingTook: Duration
    /// Bytes that the new replicas of partitions under way have.
    public var copied: [TopicPartition: ByteCount]
    /// Directories of brokers that receive.
    public var directories: [NodeID: Known<[LogDirectoryContents]>]

    /// An observation of these parts.
    public init(
        at: Duration, reassignments: [ReassignmentObservation], live: Set<NodeID>, listing: PartitionTable? = nil,
        listingTook: Duration = .zero, copied: [TopicPartition: ByteCount] = [:],
        directories: [NodeID: Known<[LogDirectoryContents]>] = [:]
    ) {
        self.at = at
        self.reassignments = reassignments
        self.live = live
        self.listing = listing
        self.listingTook = listingTook
        self.copied = copied
        self.directories = directories
    }
}

/// What is to be done next about moves, in order.
public enum MoveAction: Hashable, Sendable {
    /// Put these lists into this order, which moves no data, and make their first replicas leaders.
    case lead([ReplicaTarget])
    /// Bring the throttle to this, and see that it holds, before anything that follows.
    case throttle(ThrottleWish)
    /// Start these moves.
    case submit([ReplicaTarget])
    /// Take these moves back.
    case cancel([TopicPartition])
    /// Plan these partitions anew.
    case replan([TopicPartition])
    /// Start this broker again: it leaves, and died before its data had.
    case revive(NodeID)
    /// Tell people.
    case say(String)
    /// Look again after this time.
    case wait(Duration)
    /// All is as it should be.
    case done
    /// It can't go on.
    case stop(MoveProblem)
}

/// Why moving can't go on.
public struct MoveProblem: Hashable, Sendable {
    /// A stable code: `foreign-reassignment`, `stalled`.
    public var code: String
    /// What it is about: `partition orders-3`.
    public var object: String
    /// Why, in a sentence.
    public var reason: String
    /// The next command or act.
    public var remedy: String

    /// A problem of these parts.
    public init(code: String, object: String, reason: String, remedy: String) {
        (self.code, self.object, self.reason, self.remedy) = (code, object, reason, remedy)
    }
}

/// How far the moves are.
public struct MoveProgress: Hashable, Sendable {
    /// Bytes copied, those of moves under way too.
    public var copied = ByteCount.zero
    /// Bytes to copy in all.
    public var bytes = ByteCount.zero
    /// Partitions that are where they belong.
    public var settled = 0
    /// All partitions with a route.
    public var partitions = 0
    /// Partitions under way.
    public var moving = 0
    /// Of those, the ones with the most bytes left, with what they have and what they need.
    public var slowest: [Slow] = []

    /// A partition under way.
    public struct Slow: Hashable, Sendable {
        /// Which.
        public var partition: TopicPartition
        /// Where it goes.
        public var target: NodeID?
        /// Bytes copied.
        public var copied: ByteCount
        /// Bytes to copy.
        public var size: ByteCount
    }
}
