public import FleetModel

/// Where sizes can come from besides a snapshot.
public struct SizeFile: Sendable {
    /// Bytes of one replica of each partition.
    public var sizes: [TopicPartition: ByteCount] = [:]
    /// Free bytes of each broker.
    public var free: [NodeID: ByteCount] = [:]
    /// Partitions that are listed with a negative size, by which topicmappr says that it is not known; none of `sizes`.
    public var unknown: Set<TopicPartition> = []

    /// Reads the output of `kafka-log-dirs.sh --describe` (its lines before the document too), topicmappr's partition
    /// metrics `{"topic": {"0": {"Size": n}}}` or its broker metrics `{"1001": {"StorageFree": n}}`.
    ///
    /// Of several replicas the largest counts: a fresh copy is still short. Future replicas, those on their way between
    /// directories of one broker, do not count.
    /// - Throws: `PlanningRefusal` for anything else.
    public init(_ bytes: [UInt8]) throws(PlanningRefusal) {
        // The tool prints two sentences first; none begins with a brace.
        var start = 0
        while start < bytes.count, bytes[start] != UInt8(ascii: "{") {
            start = bytes[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
        }
        var reader = try JSONReader(bytes, from: start)
        var found = SizeFile()
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "version": try reader.skip()
            case "brokers": try found.logDirectories(&reader)
            default: try found.metrics(&reader, name)
            }
        }
        try reader.end()
        found.unknown.subtract(found.sizes.keys)
        self = found
    }

    private init() {}

    private mutating func logDirectories(_ reader: inout JSONReader) throws(PlanningRefusal) {
        try reader.array { (reader) throws(PlanningRefusal) in
            try reader.object { (reader, name) throws(PlanningRefusal) in
                guard name == "logDirs" else { return try reader.skip() }
                try reader.array { (reader) throws(PlanningRefusal) in
                    try reader.object { (reader, name) throws(PlanningRefusal) in
                        guard name == "partitions" else { return try reader.skip() }
                        try reader.array { (reader) throws(PlanningRefusal) in try replica(&reader) }
                    }
                }
            }
        }
    }

    private mutating func replica(_ reader: inout JSONReader) throws(PlanningRefusal) {
        var name: String?
        var size: Int64?
        var isFuture = false
        try reader.object { (reader, member) throws(PlanningRefusal) in
            switch member {
            case "partition": name = try reader.string()
            case "size": size = try reader.integer()
            case "isFuture": isFuture = try reader.bool()
            default: try reader.skip()
            }
        }
        // `topic-0`: a topic's name may itself hold dashes.
        guard let name, let dash = name.lastIndex(of: "-"), let number = Int32(name[name.index(after: dash)...]) else {
            throw reader.failure("a replica has no name like 'topic-0'")
        }
        guard !isFuture, let size else { return }
        add(size, of: TopicPartition(topic: String(name[..<dash]), partition: number))
    }

    private mutating func add(_ size: Int64, of partition: TopicPartition) {
        if size < 0 {
            unknown.insert(partition)
        } else {
            sizes[partition] = max(sizes[partition] ?? .zero, ByteCount(size))
        }
    }

    private mutating func metrics(_ reader: inout JSONReader, _ name: String) throws(PlanningRefusal) {
        try reader.object { (reader, member) throws(PlanningRefusal) in
            if member == "StorageFree" {
                let (bytes, _) = try reader.decimal()
                if bytes >= 0, let id = NodeID(name) { free[id] = ByteCount(bytes) }
            } else if let number = Int32(member) {
                try reader.object { (reader, member) throws(PlanningRefusal) in
                    guard member == "Size" else { return try reader.skip() }
                    let (bytes, _) = try reader.decimal()
                    add(bytes, of: TopicPartition(topic: name, partition: number))
                }
            } else {
                try reader.skip()
            }
        }
    }
}

extension PlacementInput {
    /// The same placement with the sizes of `file` where it knows them; free space there gives the capacity: what lies on
    /// the broker and what is free.
    /// - Throws: `PlanningRefusal` when the sizes add up to more than can be, or nothing of the file is of this placement.
    public func applying(_ file: SizeFile) throws(PlanningRefusal) -> PlacementInput {
        var input = self
        var told: Set<Int32> = []
        var unknown: [Int] = []
        for row in input.sizes.indices {
            let partition = input.partition(row)
            if file.unknown.contains(partition) { unknown.append(row) }
            guard let size = file.sizes[partition] else { continue }
            input.sizes[row] = min(size.bytes, Self.maximumSize)
            told.insert(Int32(truncatingIfNeeded: row))
        }
        guard !told.isEmpty || input.brokers.contains(where: { file.free[$0.id] != nil }) else {
            throw file.nothing(of: self, listed: unknown.count)
        }
        input.noteOddity("a negative size in the file of sizes, which is taken as unknown", unknown)
        input.unsized.removeAll { told.contains($0) }
        input.settleSizes()
        try input.checkTotal()
        let loads = input.loads()
        for index in input.brokers.indices {
            guard let free = file.free[input.brokers[index].id] else { continue }
            input.brokers[index].capacity = ByteCount(loads[index]) + ByteCount(min(free.bytes, Self.maximumTotal / 2))
        }
        return input
    }
}

extension SizeFile {
    /// What is wrong with a file that tells nothing of `input`; `listed` of its partitions are there, without a size.
    fileprivate func nothing(of input: PlacementInput, listed: Int) -> PlanningRefusal {
        let names =
            (sizes.keys.map { "\($0)" } + unknown.map { "\($0)" }).sorted() + free.keys.sorted().map { "broker \($0)" }
        let remedy = "name the file of this cluster, made when its placement was, or leave it out"
        if listed > 0 {
            return PlanningRefusal(
                code: "sizes", "the file of sizes knows no size: each that it lists is negative", remedy: remedy)
        }
        guard let first = names.first else {
            return PlanningRefusal(code: "sizes", "the file of sizes lists no partition and no broker", remedy: remedy)
        }
        let present = input.topics.first.map { ", which has \($0)" } ?? ""
        return PlanningRefusal(
            code: "sizes", "nothing that the file of sizes lists, \(first) say, is of this placement\(present)",
            remedy: remedy)
    }
}
