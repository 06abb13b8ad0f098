import FleetModel

/// A placement as a file: `{"brokers": […], "partitions": […]}`, the input of `plan … --snapshot`.
///
/// Brokers: `id`, and where known `host`, `rack`, `weight` (1 is ordinary), `capacity_bytes`, `state` (`live`,
/// `cordoned`, `dead`, or a word of `clusterstatus`), `uplink_bytes_per_second`, `downlink_bytes_per_second`.
/// Partitions: `topic`, `partition`, `replicas`, and where known `leader`, `size_bytes`, `ingress_bytes_per_second`.
/// Topics, where known: `topic`, `min_insync_replicas`. Other members are ignored.
public enum SnapshotFile {
    /// Names by which a snapshot is known that stands in another file's place: no other file here has them.
    static let ownNames: Set = ["brokers", "cluster", "findings", "hosts", "severity"]

    /// Reads a snapshot.
    /// - Throws: `PlanningRefusal` with the place of what is malformed, or with every mistake in what it says.
    public static func read(_ bytes: [UInt8]) throws(PlanningRefusal) -> PlacementInput {
        var builder = PlacementInput.Builder()
        // A row has some 90 bytes; too much room is given back when the input is built.
        builder.reserve(partitions: bytes.count / 120, replicas: bytes.count / 40)
        var reader = try JSONReader(bytes)
        var hasBrokers = false
        var replicas: [Int32] = []
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "brokers":
                hasBrokers = true
                try reader.array { (reader) throws(PlanningRefusal) in builder.add(try broker(&reader)) }
            case "partitions":
                try reader.array { (reader) throws(PlanningRefusal) in try partition(&reader, &builder, &replicas) }
            case "topics": try reader.array { (reader) throws(PlanningRefusal) in try topic(&reader, &builder) }
            case _ where PlanFile.ownNames.contains(name):
                throw PlanningRefusal(
                    code: "format", "this is a plan, not a snapshot: it lists only the partitions that move",
                    remedy: "name what gantry clusterstatus --save-snapshot FILE has written")
            default: try reader.skip()
            }
        }
        try reader.end()
        guard hasBrokers else {
            throw PlanningRefusal(code: "format", "the snapshot names no brokers", remedy: "add \"brokers\"")
        }
        return try builder.build()
    }

    private static func broker(_ reader: inout JSONReader) throws(PlanningRefusal) -> PlanningBroker {
        var id: NodeID?
        var (host, rack): (String?, String?)
        var weight = PlanningBroker.unitWeight
        var capacity: ByteCount?
        var state = PlanningBroker.State.live
        var (uplink, downlink) = (PlanningBroker.defaultPort, PlanningBroker.defaultPort)
        try reader.object { (reader, name) throws(PlanningRefusal) in
            if name != "id", try reader.null() { return }
            switch name {
            case "id":
                let value = try reader.integer()
                guard let number = Int32(exactly: value), let known = NodeID(rawValue: number) else {
                    throw reader.failure("\(value) is no broker id: 0 to 2147483647")
                }
                id = known
            case "host": host = try reader.string()
            case "rack": rack = try reader.string()
            case "weight":
                let (whole, thousandths) = try reader.decimal()
                let (scaled, overflow) = whole.multipliedReportingOverflow(by: PlanningBroker.unitWeight)
                weight = overflow ? -1 : scaled + thousandths
            case "capacity_bytes":
                let value = try reader.integer()
                guard value >= 0 else { throw reader.failure("a capacity is not negative") }
                capacity = ByteCount(value)
            case "state":
                let word = try reader.string()
                guard let known = Self.state(word) else { throw reader.failure("'\(word)' is no state of a broker") }
                state = known
            case "uplink_bytes_per_second": uplink = try rate(&reader)
            case "downlink_bytes_per_second": downlink = try rate(&reader)
            default: try reader.skip()
            }
        }
        guard let id else { throw reader.failure("a broker has no id") }
        return PlanningBroker(
            id: id, host: host, rack: rack, weight: weight, capacity: capacity, state: state, uplink: uplink,
            downlink: downlink)
    }

    private static func rate(_ reader: inout JSONReader) throws(PlanningRefusal) -> BytesPerSecond {
        let value = try reader.integer()
        guard value > 0 else { throw reader.failure("a rate is above 0") }
        return BytesPerSecond(value)
    }

    /// The planner's words, and those of `clusterstatus`.
    private static func state(_ word: String) -> PlanningBroker.State? {
        switch word {
        case "live", "running": .live
        case "cordoned": .cordoned
        case "dead", "fenced", "stopped", "missing", "ghost", "unknown": .dead
        default: nil
        }
    }

    private static func partition(
        _ reader: inout JSONReader, _ builder: inout PlacementInput.Builder, _ replicas: inout [Int32]
    ) throws(PlanningRefusal) {
        var topic: String?
        var number: Int32?
        var leader: Int32?
        var size: Int64?
        var ingress: Int64 = 0
        var hasReplicas = false
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "topic": topic = try reader.string()
            case "partition": number = try narrow(&reader)
            case "replicas":
                hasReplicas = true
                try reader.ids(into: &replicas)
            case "leader": leader = try reader.null() ? nil : try narrow(&reader)
            case "size_bytes": size = try reader.null() ? nil : try reader.integer()
            case "ingress_bytes_per_second":
                ingress = try reader.null() ? 0 : try reader.integer()
                guard ingress >= 0 else { throw reader.failure("a rate is not negative") }
            default: try reader.skip()
            }
        }
        guard let topic, let number, hasReplicas else {
            throw reader.failure("a partition needs 'topic', 'partition' and 'replicas'")
        }
        builder.add(topic: topic, partition: number, replicas: replicas, leader: leader, size: size, ingress: ingress)
    }

    private static func topic(
        _ reader: inout JSONReader, _ builder: inout PlacementInput.Builder
    ) throws(PlanningRefusal) {
        var name: String?
        var minimum: Int32?
        try reader.object { (reader, member) throws(PlanningRefusal) in
            switch member {
            case "topic": name = try reader.string()
            case "min_insync_replicas": minimum = try reader.null() ? nil : try narrow(&reader)
            default: try reader.skip()
            }
        }
        guard let name else { throw reader.failure("a topic needs 'topic'") }
        builder.setMinInSync(minimum, of: name)
    }

    private static func narrow(_ reader: inout JSONReader) throws(PlanningRefusal) -> Int32 {
        let value = try reader.integer()
        guard let narrow = Int32(exactly: value) else { throw reader.failure("\(value) is out of range") }
        return narrow
    }

    /// The snapshot of `input`, one line a broker, a partition and a topic; what nobody told is left out, not guessed.
    public static func write(_ input: PlacementInput) -> [UInt8] {
        var text = "{\"brokers\": [\n"
        for (index, broker) in input.brokers.enumerated() {
            var row = JSONObject()
            row["id"] = JSONValue(broker.id)
            row["host"] = broker.host.map { JSONValue($0) }
            row["rack"] = broker.rack.map { JSONValue($0) }
            row["capacity_bytes"] = broker.capacity.map { JSONValue($0) }
            row["weight"] =
                broker.weight % 1000 == 0 ? .integer(broker.weight / 1000) : .number(Double(broker.weight) / 1000)
            row["state"] = .string(broker.state.rawValue)
            row["uplink_bytes_per_second"] = JSONValue(broker.uplink)
            row["downlink_bytes_per_second"] = JSONValue(broker.downlink)
            text += JSONValue.object(row).text() + (index + 1 < input.brokers.count ? ",\n" : "\n")
        }
        text += "], \"partitions\": [\n"
        var bytes = Array(text.utf8)
        bytes.reserveCapacity(bytes.count + input.partitionCount * 110)
        var topicText: [UInt8] = []
        var last: Int32 = -1
        var unsized = input.unsized[...]
        for row in input.sizes.indices {
            if input.topicOf[row] != last {
                last = input.topicOf[row]
                topicText = JSONValue.string(input.topics[Int(last)]).bytes()
            }
            bytes += "{\"topic\":".utf8
            bytes += topicText
            bytes += ",\"partition\":\(input.numberOf[row]),\"replicas\":[".utf8
            for slot in input.range(row) {
                if slot > Int(input.offsets[row]) { bytes.append(UInt8(ascii: ",")) }
                bytes += String(input.brokers[Int(input.slots[slot])].id.rawValue).utf8
            }
            bytes += "]".utf8
            if let leader = input.leader(of: row) { bytes += ",\"leader\":\(leader.rawValue)".utf8 }
            if let next = unsized.first, Int(next) == row {
                unsized.removeFirst()
            } else {
                bytes += ",\"size_bytes\":\(input.sizes[row])".utf8
            }
            if input.ingress[row] > 0 { bytes += ",\"ingress_bytes_per_second\":\(input.ingress[row])".utf8 }
            bytes += (row + 1 < input.partitionCount ? "},\n" : "}\n").utf8
        }
        bytes += "]".utf8
        let known = input.topics.compactMap { topic in input.minInSync[topic].map { (topic, $0) } }
        for (index, (topic, minimum)) in known.enumerated() {
            let row: JSONValue = ["topic": .string(topic), "min_insync_replicas": JSONValue(minimum)]
            bytes += (index == 0 ? ", \"topics\": [\n" : ",\n").utf8
            bytes += row.bytes()
        }
        bytes += (known.isEmpty ? "}\n" : "\n]}\n").utf8
        return bytes
    }
}
