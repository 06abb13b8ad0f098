public import FleetModel

/// A partition and the replicas it is to have: a row of Kafka's reassignment file.
public struct Reassignment: Hashable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// Its replicas, preferred leader first.
    public var replicas: [NodeID]

    /// `partition` on `replicas`.
    public init(partition: TopicPartition, replicas: [NodeID]) {
        (self.partition, self.replicas) = (partition, replicas)
    }
}

/// Kafka's own files: what `kafka-reassign-partitions.sh`, `kafka-leader-election.sh` and topicmappr read and write.
public enum KafkaFiles {
    /// The reassignment that `plan` asks for, one line a partition, by topic and number.
    public static func reassignment(_ plan: MovePlan) -> [UInt8] {
        write(plan.changes.map { Reassignment(partition: $0.partition, replicas: $0.to) })
    }

    /// The reassignment that takes `plan` back.
    public static func rollback(_ plan: MovePlan) -> [UInt8] {
        write(plan.changes.map { Reassignment(partition: $0.partition, replicas: $0.from) })
    }

    /// `{"version":1,"partitions":[{"topic","partition","replicas"}]}`.
    public static func write(_ rows: [Reassignment]) -> [UInt8] {
        var bytes = Array("{\"version\":1,\"partitions\":[\n".utf8)
        for (index, row) in rows.enumerated() {
            let object: JSONValue = .object(
                JSONObject([
                    ("topic", .string(row.partition.topic)), ("partition", JSONValue(row.partition.partition)),
                    ("replicas", .array(row.replicas.map { JSONValue($0) })),
                ]))
            bytes += object.bytes()
            bytes += (index + 1 < rows.count ? ",\n" : "\n").utf8
        }
        return bytes + "]}\n".utf8
    }

    /// The reassignment that restores what `rows` would change of `input`: its lists as they are now.
    public static func rollback(_ rows: [Reassignment], _ input: PlacementInput) -> [UInt8] {
        write(
            rows.sorted { $0.partition < $1.partition }.compactMap { asked in
                guard let row = input.row(of: asked.partition), input.replicas(of: row) != asked.replicas else {
                    return nil
                }
                return Reassignment(partition: asked.partition, replicas: input.replicas(of: row))
            })
    }

    /// Reads a reassignment, or what `kafka-reassign-partitions.sh --generate` prints, of which the proposal counts;
    /// `log_dirs` are accepted and left out.
    /// - Throws: `PlanningRefusal` for what Kafka would refuse: another version, a partition or a broker twice; for names
    ///   that neither has, which Kafka's tool passes over; and for files of another kind, with what they are.
    public static func reassignment(_ bytes: [UInt8]) throws(PlanningRefusal) -> [Reassignment] {
        var rows: [Reassignment] = []
        var seen: Set<TopicPartition> = []
        try partitions(bytes, from: try GeneratedText.proposal(in: bytes)) { (reader, row) throws(PlanningRefusal) in
            guard !row.replicas.isEmpty, Set(row.replicas).count == row.replicas.count else {
                throw reader.failure("the replicas of \(row.partition) are missing or named twice")
            }
            guard seen.insert(row.partition).inserted else { throw reader.failure("\(row.partition) occurs twice") }
            rows.append(row)
        }
        return rows
    }

    /// `{"version":1,"topics":[{"topic"}]}`: the input of `--topics-to-move-json-file`.
    public static func topicsToMove(_ topics: [String]) -> [UInt8] {
        let rows = topics.map { JSONValue.object(JSONObject([("topic", .string($0))])) }
        return JSONValue.object(JSONObject([("version", 1), ("topics", .array(rows))])).bytes() + [0x0a]
    }

    /// Reads topics to move.
    /// - Throws: `PlanningRefusal` for anything else.
    public static func topicsToMove(_ bytes: [UInt8]) throws(PlanningRefusal) -> [String] {
        var topics: [String] = []
        var isNamed = false
        var reader = try JSONReader(bytes)
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "version": try version(&reader)
            case "topics":
                isNamed = true
                try reader.array { (reader) throws(PlanningRefusal) in
                    let count = topics.count
                    try reader.object { (reader, name) throws(PlanningRefusal) in
                        guard name == "topic" else { throw unknown(reader, name, of: "a topic here has 'topic' alone") }
                        topics.append(try reader.string())
                    }
                    guard topics.count > count else { throw reader.failure("'topic' is missing") }
                }
            default: throw unknown(reader, name, of: "this file has 'version' and 'topics'")
            }
        }
        try reader.end()
        guard isNamed else { throw reader.failure("the document has no 'topics'") }
        return topics
    }

    /// `{"partitions":[{"topic","partition"}]}`: the input of `kafka-leader-election.sh`.
    public static func preferredElection(_ partitions: [TopicPartition]) -> [UInt8] {
        let rows = partitions.map {
            JSONValue.object(JSONObject([("topic", .string($0.topic)), ("partition", JSONValue($0.partition))]))
        }
        return JSONValue.object(JSONObject([("partitions", .array(rows))])).bytes() + [0x0a]
    }

    /// The election that gives `plan`'s new preferred leaders their partitions, once its lists are in place.
    public static func preferredElection(_ plan: MovePlan) -> [UInt8] {
        preferredElection(plan.changes.filter { $0.from.first != $0.to.first }.map(\.partition))
    }

    /// Reads the partitions of a preferred election.
    /// - Throws: `PlanningRefusal` for anything else.
    public static func preferredElection(_ bytes: [UInt8]) throws(PlanningRefusal) -> [TopicPartition] {
        var rows: [TopicPartition] = []
        try partitions(bytes) { (_, row) throws(PlanningRefusal) in rows.append(row.partition) }
        return rows
    }

    private static func version(_ reader: inout JSONReader) throws(PlanningRefusal) {
        let version = try reader.integer()
        guard version == 1 else { throw reader.failure("version \(version) is not known, only 1") }
    }

    /// A name that Kafka's tool would pass over, and whose value would go unheard.
    private static func unknown(_ reader: JSONReader, _ name: String, of known: String) -> PlanningRefusal {
        reader.failure("'\(name)' is not known: \(known)", remedy: "correct the name, or take it out of the file")
    }

    /// What a file is that has `name` beside or instead of 'partitions'.
    private static func stranger(_ reader: JSONReader, _ name: String) -> PlanningRefusal {
        if PlanFile.ownNames.contains(name) {
            return PlanningRefusal(
                code: "format", "this is a plan of gantry, not a file of Kafka's format",
                remedy: "gantry plan COMMAND… --reassignment-json FILE writes one; gantry apply FILE executes the plan")
        }
        if SnapshotFile.ownNames.contains(name) {
            return PlanningRefusal(
                code: "format", "this is a snapshot, not a file of Kafka's format",
                remedy: "name it with --snapshot, and here what kafka-reassign-partitions.sh takes")
        }
        return unknown(reader, name, of: "this file has 'version' and 'partitions'")
    }

    private static func partitions(
        _ bytes: [UInt8], from start: Int = 0,
        _ row: (inout JSONReader, Reassignment) throws(PlanningRefusal) -> Void
    ) throws(PlanningRefusal) {
        var isNamed = false
        var reader = try JSONReader(bytes, from: start)
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "version": try version(&reader)
            case "partitions":
                isNamed = true
                try reader.array { (reader) throws(PlanningRefusal) in
                    let found = try reassigned(&reader)
                    try row(&reader, found)
                }
            default: throw stranger(reader, name)
            }
        }
        try reader.end()
        guard isNamed else { throw reader.failure("the document has no 'partitions'") }
    }

    private static func reassigned(_ reader: inout JSONReader) throws(PlanningRefusal) -> Reassignment {
        var topic: String?
        var partition: Int32?
        var ids: [Int32] = []
        var directories: Int?
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "topic": topic = try reader.string()
            case "partition": partition = Int32(exactly: try reader.integer())
            case "replicas": try reader.ids(into: &ids)
            case "log_dirs":
                var count = 0
                try reader.array { (reader) throws(PlanningRefusal) in
                    count += 1
                    try reader.skip()
                }
                directories = count
            default:
                throw unknown(reader, name, of: "a partition here has 'topic', 'partition', 'replicas' and 'log_dirs'")
            }
        }
        guard let topic, let partition, partition >= 0 else {
            throw reader.failure("'topic' or 'partition' is missing")
        }
        let replicas = ids.compactMap(NodeID.init(rawValue:))
        guard replicas.count == ids.count else { throw reader.failure("a broker id is negative") }
        // Kafka refuses it too.
        if let directories, directories != replicas.count {
            throw reader.failure("'log_dirs' has \(directories) of \(counted(replicas.count, "replica"))")
        }
        return Reassignment(partition: TopicPartition(topic: topic, partition: partition), replicas: replicas)
    }
}
