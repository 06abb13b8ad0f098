/// What Kafka said of itself.
public struct ClusterObservation: Sendable {
    /// The cluster's id.
    public var clusterID: ClusterID
    /// The active controller as the quorum names it; nil when there is none.
    public var controller: NodeID?
    /// Registered brokers, fenced ones too, by id; unknown when only controllers answered.
    public var brokers: Known<[RegisteredBroker]>
    /// The controllers' quorum (KIP-595).
    public var quorum: Known<QuorumObservation>
    /// Controllers that are registered, voters or not: each blocks a feature upgrade until it can do it.
    public var registeredControllers: Known<[NodeID]>
    /// All topics' partitions; unknown when only controllers answered.
    public var partitions: Known<PartitionTable>
    /// Moves under way (KIP-455).
    public var reassignments: Known<[ReassignmentObservation]>
    /// Log directories of each broker that was asked, by id.
    public var logDirectories: [BrokerLogDirectories]
    /// Throttle settings found on brokers and topics (KIP-73).
    public var throttles: Known<[ThrottleObservation]>

    /// An observation of these parts.
    public init(
        clusterID: ClusterID, controller: NodeID?, brokers: Known<[RegisteredBroker]>, quorum: Known<QuorumObservation>,
        registeredControllers: Known<[NodeID]>, partitions: Known<PartitionTable>,
        reassignments: Known<[ReassignmentObservation]>, logDirectories: [BrokerLogDirectories] = [],
        throttles: Known<[ThrottleObservation]> = .known([])
    ) {
        self.clusterID = clusterID
        self.controller = controller
        self.brokers = brokers
        self.quorum = quorum
        self.registeredControllers = registeredControllers
        self.partitions = partitions
        self.reassignments = reassignments
        self.logDirectories = logDirectories
        self.throttles = throttles
    }

    /// The registration of broker `id`; nil when there is none, or nobody could tell.
    public func broker(_ id: NodeID) -> RegisteredBroker? { brokers.value?.first { $0.id == id } }

    /// Tells the partition table which replicas the moves under way are only adding: metadata do not say it.
    public mutating func markAdding() {
        guard let moves = reassignments.value else { return }
        partitions = partitions.map { table in
            var table = table
            table.setAdding(moves)
            return table
        }
    }
}

/// A broker as the controllers have it.
public struct RegisteredBroker: Hashable, Sendable {
    /// Its id.
    public var id: NodeID
    /// The address that it advertises to clients.
    public var endpoint: Endpoint
    /// `broker.rack`.
    public var rack: String?
    /// Whether it is kept from serving: stopped, starting, or out of touch with the controllers.
    public var fenced: Bool

    /// A registration of these parts.
    public init(id: NodeID, endpoint: Endpoint, rack: String?, fenced: Bool) {
        self.id = id
        self.endpoint = endpoint
        self.rack = rack
        self.fenced = fenced
    }
}

/// The controllers' quorum as its leader describes it (DescribeQuorum, KIP-836).
public struct QuorumObservation: Hashable, Sendable {
    /// The leader; nil while there is none.
    public var leader: NodeID?
    /// Grows with each election.
    public var leaderEpoch: Int32
    /// Those that vote.
    public var voters: [QuorumMember]
    /// Those that only follow: brokers, and controllers that are not voters.
    public var observers: [QuorumMember]

    /// A quorum of these parts.
    public init(leader: NodeID?, leaderEpoch: Int32, voters: [QuorumMember], observers: [QuorumMember]) {
        self.leader = leader
        self.leaderEpoch = leaderEpoch
        self.voters = voters
        self.observers = observers
    }
}

/// One member of the quorum.
public struct QuorumMember: Hashable, Sendable {
    /// Its node id.
    public var id: NodeID
    /// The directory that makes the voter's identity together with the id (KIP-853); nil in a static quorum.
    public var directoryID: DirectoryID?
    /// Records it is behind the leader.
    public var lag: Int64
    /// When it was last caught up, by the leader's clock; nil when that is not known.
    public var lastCaughtUp: Timestamp?
    /// When it last fetched, by the leader's clock.
    public var lastFetch: Timestamp?

    /// A member of these parts.
    public init(
        id: NodeID, directoryID: DirectoryID?, lag: Int64, lastCaughtUp: Timestamp?, lastFetch: Timestamp? = nil
    ) {
        self.id = id
        self.directoryID = directoryID
        self.lag = lag
        self.lastCaughtUp = lastCaughtUp
        self.lastFetch = lastFetch
    }
}

/// A partition on the move.
public struct ReassignmentObservation: Hashable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// Its replicas now: old and new together.
    public var replicas: [NodeID]
    /// Those that are being added.
    public var adding: [NodeID]
    /// Those that will go.
    public var removing: [NodeID]

    /// A move of these parts.
    public init(partition: TopicPartition, replicas: [NodeID], adding: [NodeID], removing: [NodeID]) {
        self.partition = partition
        self.replicas = replicas
        self.adding = adding
        self.removing = removing
    }
}

/// The log directories of one broker, or why it did not tell.
public struct BrokerLogDirectories: Sendable {
    /// The broker.
    public var broker: NodeID
    /// Its directories.
    public var directories: Known<[LogDirectoryObservation]>

    /// What `broker` told.
    public init(broker: NodeID, directories: Known<[LogDirectoryObservation]>) {
        (self.broker, self.directories) = (broker, directories)
    }

    /// Whether Kafka puts nothing new on the broker: all of its directories are cordoned.
    public var isCordoned: Bool {
        guard let found = directories.value, !found.isEmpty else { return false }
        return found.allSatisfy(\.isCordoned)
    }
}

/// One log directory (DescribeLogDirs).
public struct LogDirectoryObservation: Hashable, Sendable {
    /// Its path inside the container.
    public var path: String
    /// Kafka's error for it (`KAFKA_STORAGE_ERROR`), when it is offline.
    public var error: String?
    /// Size of its volume; nil when the broker does not tell (before 3.3).
    public var total: ByteCount?
    /// Usable space of its volume.
    public var usable: ByteCount?
    /// Bytes of all logs in it.
    public var logBytes: ByteCount
    /// Replicas in it.
    public var replicas: Int
    /// Whether Kafka puts nothing new into it (KIP-1066); false before 4.3.
    public var isCordoned: Bool

    /// A directory of these facts.
    public init(
        path: String, error: String?, total: ByteCount?, usable: ByteCount?, logBytes: ByteCount, replicas: Int,
        isCordoned: Bool = false
    ) {
        self.path = path
        self.error = error
        self.total = total
        self.usable = usable
        self.logBytes = logBytes
        self.replicas = replicas
        self.isCordoned = isCordoned
    }
}

/// A throttle setting that was found set.
public struct ThrottleObservation: Hashable, Sendable {
    /// `broker 3` or `topic orders`.
    public var subject: String
    /// Kafka's name of the setting.
    public var name: String
    /// Its value.
    public var value: String

    /// `name` = `value` on `subject`.
    public init(subject: String, name: String, value: String) {
        self.subject = subject
        self.name = name
        self.value = value
    }
}
