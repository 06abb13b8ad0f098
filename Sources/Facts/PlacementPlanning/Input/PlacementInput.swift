public import FleetModel

/// A cluster's placement in flat columns: what a plan is a pure function of.
///
/// Made by `PlacementInput.Builder`, which checks it and puts it into one canonical order: brokers by id, partitions by
/// topic (bytes of its name) and number. Two inputs of the same facts are therefore equal, whatever order they were
/// read in. 200,000 partitions of three replicas take about 10 MB.
public struct PlacementInput: Sendable {
    /// The largest size of one partition: 1 PiB, beyond any broker's disks.
    public static let maximumSize: Int64 = 1 << 50
    /// The largest sum over all replicas; sums of loads can then never overflow 64 bits.
    public static let maximumTotal: Int64 = 1 << 60
    /// The largest replication factor that is read: Kafka's own field is a 16-bit number, and no cluster has more.
    public static let maximumReplicas = 1000

    /// Brokers by ascending id.
    public internal(set) var brokers: [PlanningBroker]
    /// Names of topics, ascending by bytes.
    public internal(set) var topics: [String]
    /// What was odd in what was read and how it was taken, sizes apart.
    var readerNotes: [String]
    /// What was odd in what was read and how it was taken: a line each, for people.
    public var notes: [String] { readerNotes + sizeNotes }

    /// Notes that `rows` have something that is taken otherwise than it is written, with the first few.
    mutating func noteOddity(_ what: String, _ rows: [Int]) {
        guard !rows.isEmpty else { return }
        let names = rows.prefix(3).map(name).joined(separator: ", ") + (rows.count > 3 ? ", …" : "")
        readerNotes.append("\(counted(rows.count, "partition", "has", "have")) \(what): \(names)")
    }

    /// `min.insync.replicas` of topics, where it was read.
    var minInSync: [String: Int32] = [:]
    /// Topic of each partition: an index into `topics`.
    var topicOf: [Int32]
    /// Number of each partition.
    var numberOf: [Int32]
    /// Local log bytes of one replica.
    var sizes: [Int64]
    /// Rows by descending size, as `SizeOrder` has them: the order of everything that is packed or proved.
    var bySize: [Int32] = []
    /// Rows whose size nobody told, ascending: `sizes` has what they are taken at.
    var unsized: [Int32] = []
    /// Bytes a second that producers write to it.
    var ingress: [Int64]
    /// Index of the leading broker, −1 when there is none.
    var leaders: [Int32]
    /// `offsets[p]..<offsets[p + 1]` are the slots of partition `p` in `slots`.
    var offsets: [Int32]
    /// Broker indices, in the order of the assignment: the first is the preferred leader.
    var slots: [Int32]
    /// Rack of each broker as a small number; brokers of one rack share it. Without any racks all share one.
    var rackOf: [Int32]
    /// Host of each broker as a small number.
    var hostOf: [Int32]
    /// Racks there are.
    var rackCount: Int
    /// Hosts there are.
    var hostCount: Int

    /// How many partitions there are.
    public var partitionCount: Int { numberOf.count }
    /// How many replicas there are.
    public var replicaCount: Int { slots.count }

    /// The partition in row `index`.
    public func partition(_ index: Int) -> TopicPartition {
        TopicPartition(topic: topics[Int(topicOf[index])], partition: numberOf[index])
    }

    /// The topic of the partition in row `index`.
    public func topic(of index: Int) -> String { topics[Int(topicOf[index])] }

    /// Its replicas, preferred leader first.
    public func replicas(of index: Int) -> [NodeID] { slots[range(index)].map { brokers[Int($0)].id } }

    /// Bytes of one replica.
    public func size(of index: Int) -> ByteCount { ByteCount(sizes[index]) }

    /// Its leader; nil when it has none.
    public func leader(of index: Int) -> NodeID? {
        leaders[index] < 0 ? nil : brokers[Int(leaders[index])].id
    }

    /// Each topic with its partitions: one more than the highest number.
    public var partitionsOfTopics: [String: Int] {
        var counts: [String: Int] = [:]
        for row in numberOf.indices {
            let topic = topics[Int(topicOf[row])]
            counts[topic] = max(counts[topic] ?? 0, Int(numberOf[row]) + 1)
        }
        return counts
    }

    /// The row of `partition`; nil when it is not here.
    public func row(of partition: TopicPartition) -> Int? {
        guard let topic = topicIndex(partition.topic) else { return nil }
        let wanted = (Int32(topic), partition.partition)
        var (low, high) = (0, partitionCount)
        while low < high {
            let middle = (low + high) / 2
            if (topicOf[middle], numberOf[middle]) < wanted { low = middle + 1 } else { high = middle }
        }
        guard low < partitionCount, (topicOf[low], numberOf[low]) == wanted else { return nil }
        return low
    }

    /// Whether each row is one of `selection`.
    func isSelected(_ selection: PartitionSelection) -> [Bool] {
        guard case .only(let partitions) = selection else {
            return [Bool](repeating: true, count: partitionCount)
        }
        var selected = [Bool](repeating: false, count: partitionCount)
        for row in partitions.lazy.compactMap(row(of:)) { selected[row] = true }
        return selected
    }

    func topicIndex(_ name: String) -> Int? {
        var (low, high) = (0, topics.count)
        while low < high {
            let middle = (low + high) / 2
            if topics[middle].utf8.lexicographicallyPrecedes(name.utf8) { low = middle + 1 } else { high = middle }
        }
        return low < topics.count && topics[low] == name ? low : nil
    }

    func brokerIndex(_ id: NodeID) -> Int? {
        var (low, high) = (0, brokers.count)
        while low < high {
            let middle = (low + high) / 2
            if brokers[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < brokers.count && brokers[low].id == id ? low : nil
    }

    func range(_ index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    func name(_ index: Int) -> String { "\(topics[Int(topicOf[index])])-\(numberOf[index])" }

    /// Whether there are partitions and nobody told the size of any: bytes and times of a plan then mean nothing.
    public var hasNoSizes: Bool { partitionCount > 0 && unsized.count == partitionCount }

    /// The leader that counts as present: the one told, else the first replica; −1 for a partition without replicas.
    func presentLeader(_ index: Int) -> Int32 {
        if leaders[index] >= 0 { return leaders[index] }
        let range = range(index)
        return range.isEmpty ? -1 : slots[range.lowerBound]
    }
}
