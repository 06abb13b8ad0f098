/// All partitions of a cluster in flat columns: 200,000 partitions of three replicas take about 12 MB.
public struct PartitionTable: Sendable {
    /// Topics, in the order in which their partitions stand.
    public private(set) var topics: [TopicObservation] = []

    private var topicOf: [Int32] = []
    private var numbers: [Int32] = []
    private var leaders: [Int32] = []
    private var replicaEnds: [Int32] = []
    private var replicaIDs: [Int32] = []
    private var inSyncEnds: [Int32] = []
    private var inSyncIDs: [Int32] = []
    /// Bytes of the largest replica, −1 where none was seen; empty while no sizes were read.
    private var sizes: [Int64] = []
    /// Replicas that a move adds, by row: few rows have any.
    private var adding: [Int: [Int32]] = [:]

    /// An empty table.
    public init() {}

    /// Begins a topic; the partitions appended next are its.
    public mutating func beginTopic(_ topic: TopicObservation) { topics.append(topic) }

    /// Sets every topic's effective `min.insync.replicas`, when it was read after the table was made.
    public mutating func setMinInSyncReplicas(_ value: (TopicObservation) -> Int32?) {
        for index in topics.indices { topics[index].minInSyncReplicas = value(topics[index]) }
    }

    /// Keeps the size of each partition: that of its largest replica, for one that is being copied is smaller.
    ///
    /// What is not in the table is passed over: a topic may have been deleted between two answers.
    public mutating func setSizes(_ logs: some Sequence<(partition: TopicPartition, size: ByteCount)>) {
        sizes = Array(repeating: -1, count: count)
        let starts = starts()
        for log in logs {
            guard let start = starts[log.partition.topic],
                let row = row(of: log.partition.partition, from: start)
            else { continue }
            sizes[row] = max(sizes[row], log.size.bytes)
        }
    }

    /// Keeps which replicas are only being added by moves under way: nobody counts on them before they are in sync.
    ///
    /// What is not in the table is passed over.
    public mutating func setAdding(_ moves: [ReassignmentObservation]) {
        adding = [:]
        guard !moves.isEmpty else { return }
        let starts = starts()
        for move in moves where !move.adding.isEmpty {
            guard let start = starts[move.partition.topic], let row = row(of: move.partition.partition, from: start)
            else { continue }
            adding[row] = move.adding.map(\.rawValue)
        }
    }

    /// The first row of each topic that has any.
    private func starts() -> [String: Int] {
        var starts: [String: Int] = [:]
        starts.reserveCapacity(topics.count)
        for row in numbers.indices.reversed() { starts[topics[Int(topicOf[row])].name] = row }
        return starts
    }

    /// Kafka lists a topic's partitions in order nearly always: the first guess is right then.
    private func row(of partition: Int32, from start: Int) -> Int? {
        let guess = start.addingReportingOverflow(Int(partition))
        if !guess.overflow, numbers.indices.contains(guess.partialValue), numbers[guess.partialValue] == partition,
            topicOf[guess.partialValue] == topicOf[start]
        {
            return guess.partialValue
        }
        return numbers[start...].indices.lazy.prefix { topicOf[$0] == topicOf[start] }.first {
            numbers[$0] == partition
        }
    }

    /// Makes room for what is known to come.
    public mutating func reserve(partitions: Int, replicas: Int) {
        topicOf.reserveCapacity(partitions)
        numbers.reserveCapacity(partitions)
        leaders.reserveCapacity(partitions)
        replicaEnds.reserveCapacity(partitions)
        inSyncEnds.reserveCapacity(partitions)
        replicaIDs.reserveCapacity(replicas)
        inSyncIDs.reserveCapacity(replicas)
    }

    /// Appends a partition of the topic begun last; nothing happens before the first.
    ///
    /// Ids are Kafka's own numbers; a `leader` of −1 means none.
    public mutating func append(
        partition: Int32, leader: Int32, replicas: some Sequence<Int32>, inSync: some Sequence<Int32>
    ) {
        guard !topics.isEmpty else { return }
        topicOf.append(Int32(truncatingIfNeeded: topics.count - 1))
        numbers.append(partition)
        leaders.append(leader)
        replicaIDs.append(contentsOf: replicas)
        replicaEnds.append(Int32(truncatingIfNeeded: replicaIDs.count))
        inSyncIDs.append(contentsOf: inSync)
        inSyncEnds.append(Int32(truncatingIfNeeded: inSyncIDs.count))
    }

    /// The number of partitions.
    public var count: Int { numbers.count }

    /// Partition number `index` of the table, 0 ..< `count`.
    public subscript(index: Int) -> PartitionObservation {
        let replicaStart = index == 0 ? 0 : Int(replicaEnds[index - 1])
        let inSyncStart = index == 0 ? 0 : Int(inSyncEnds[index - 1])
        return PartitionObservation(
            topic: topics[Int(topicOf[index])], partition: numbers[index], leader: NodeID(rawValue: leaders[index]),
            replicas: replicaIDs[replicaStart..<Int(replicaEnds[index])],
            inSync: inSyncIDs[inSyncStart..<Int(inSyncEnds[index])], adding: adding[index] ?? [],
            size: sizes.indices.contains(index) && sizes[index] >= 0 ? ByteCount(sizes[index]) : nil)
    }

    /// All partitions, in the table's order.
    public var rows: some Sequence<PartitionObservation> { (0..<count).lazy.map { self[$0] } }

    /// Counts over all topics that are not canaries.
    public func counts() -> PartitionCounts {
        var counts = PartitionCounts()
        for row in rows where !row.topic.isCanary {
            counts.total += 1
            if row.leader == nil { counts.offline += 1 }
            if row.isUnderReplicated { counts.underReplicated += 1 }
            if row.isUnderMinInSync { counts.underMinInSync += 1 }
        }
        return counts
    }

    /// Replicas and leaders of each broker, canaries left out.
    public func load() -> [NodeID: BrokerLoad] {
        var load: [NodeID: BrokerLoad] = [:]
        for row in rows where !row.topic.isCanary {
            for id in row.replicas {
                if let node = NodeID(rawValue: id) { load[node, default: BrokerLoad()].replicas += 1 }
            }
            if let leader = row.leader { load[leader, default: BrokerLoad()].leaders += 1 }
        }
        return load
    }
}

/// A topic.
public struct TopicObservation: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Whether Kafka itself made it (`__consumer_offsets`).
    public var isInternal: Bool
    /// Its effective `min.insync.replicas`; nil when it was not read.
    public var minInSyncReplicas: Int32?

    /// A topic of these facts.
    public init(name: String, isInternal: Bool = false, minInSyncReplicas: Int32? = nil) {
        self.name = name
        self.isInternal = isInternal
        self.minInSyncReplicas = minInSyncReplicas
    }

    /// Gantry's own topics, which count nowhere.
    public var isCanary: Bool { name.hasPrefix(CanaryTopic.prefix) }
}

/// One row of the table.
public struct PartitionObservation: Sendable {
    /// Its topic.
    public let topic: TopicObservation
    /// Its number.
    public let partition: Int32
    /// Its leader; nil when it has none and is offline.
    public let leader: NodeID?
    /// Kafka's numbers of its replicas, the preferred leader first; while it moves, old and new ones.
    public let replicas: ArraySlice<Int32>
    /// Kafka's numbers of its in-sync replicas.
    public let inSync: ArraySlice<Int32>
    /// Kafka's numbers of the replicas that a move adds to it; empty when it does not move, or nobody told.
    public let adding: [Int32]
    /// Bytes of its largest replica; nil when no log directory told.
    public let size: ByteCount?

    /// Topic and number.
    public var name: TopicPartition { TopicPartition(topic: topic.name, partition: partition) }

    /// Kafka's numbers of the replicas that should be in sync and are not: one that a move is only adding is not missed.
    public var lagging: [Int32] {
        inSync.count == replicas.count ? [] : replicas.filter { !inSync.contains($0) && !adding.contains($0) }
    }

    /// Whether a replica that should be in sync is not. Kafka leaves those that are being added out as well (KIP-455).
    public var isUnderReplicated: Bool { !lagging.isEmpty }

    /// Whether producers with acks=all are refused: ISR below min(`min.insync.replicas`, RF). False when unknown.
    public var isUnderMinInSync: Bool {
        guard let minimum = topic.minInSyncReplicas else { return false }
        return inSync.count < min(Int(minimum), replicas.count)
    }
}

/// Counts over partitions.
public struct PartitionCounts: Hashable, Sendable {
    /// All partitions.
    public var total = 0
    /// Those with a replica that is not in sync, those that moves are only adding left out.
    public var underReplicated = 0
    /// Those whose ISR is below the effective min ISR.
    public var underMinInSync = 0
    /// Those without a leader.
    public var offline = 0

    /// All zero.
    public init() {}
}

/// What a broker carries.
public struct BrokerLoad: Hashable, Sendable {
    /// Replicas.
    public var replicas = 0
    /// Leaders.
    public var leaders = 0

    /// Nothing.
    public init() {}
}
