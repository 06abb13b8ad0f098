public import FleetModel

/// Where sizes can come from besides a snapshot.
public struct SizeFile: Sendable {
    /// Bytes of one replica of each partition.
    public var sizes: [TopicPartition: ByteCount] = [:]
    /// Free bytes of each broker.
    public var free: [NodeID: ByteCount] = [:]

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
        var (sizes, free): ([TopicPartition: ByteCount], [NodeID: ByteCount]) = ([:], [:])
        try reader.object { (reader, name) throws(PlanningRefusal) in
            switch name {
            case "version": try reader.skip()
            case "brokers": try Self.logDirectories(&reader, &sizes)
            default: try Self.metrics(&reader, name, &sizes, &free)
            }
        }
        try reader.end()
        (self.sizes, self.free) = (sizes, free)
    }

    private static func logDirectories(
        _ reader: inout JSONReader, _ sizes: inout [TopicPartition: ByteCount]
    ) throws(PlanningRefusal) {
        try reader.array { (reader) throws(PlanningRefusal) in
            try reader.object { (reader, name) throws(PlanningRefusal) in
                guard name == "logDirs" else { return try reader.skip() }
                try reader.array { (reader) throws(PlanningRefusal) in
                    try reader.object { (reader, name) throws(PlanningRefusal) in
                        guard name == "partitions" else { return try reader.skip() }
                        try reader.array { (reader) throws(PlanningRefusal) in try replica(&reader, &sizes) }
                    }
                }
            }
        }
    }

    private static func replica(
        _ reader: inout JSONReader, _ sizes: inout [TopicPartition: ByteCount]
    ) throws(PlanningRefusal) {
        var name: String?
        var size: Int64 = -1
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
        guard !isFuture, size >= 0 else { return }
        let partition = TopicPartition(topic: String(name[..<dash]), partition: number)
        sizes[partition] = max(sizes[partition] ?? .zero, ByteCount(size))
    }

    private static func metrics(
        _ reader: inout JSONReader, _ name: String, _ sizes: inout [TopicPartition: ByteCount],
        _ free: inout [NodeID: ByteCount]
    ) throws(PlanningRefusal) {
        try reader.object { (reader, member) throws(PlanningRefusal) in
            if member == "StorageFree" {
                let (bytes, _) = try reader.decimal()
                if let id = NodeID(name) { free[id] = ByteCount(bytes) }
            } else if let number = Int32(member) {
                try reader.object { (reader, member) throws(PlanningRefusal) in
                    guard member == "Size" else { return try reader.skip() }
                    let (bytes, _) = try reader.decimal()
                    sizes[TopicPartition(topic: name, partition: number)] = ByteCount(bytes)
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
    /// - Throws: `PlanningRefusal` when the sizes add up to more than can be.
    public func applying(_ file: SizeFile) throws(PlanningRefusal) -> PlacementInput {
        var input = self
        var told: Set<Int32> = []
        for row in input.sizes.indices {
            guard let size = file.sizes[input.partition(row)] else { continue }
            input.sizes[row] = min(size.bytes, Self.maximumSize)
            told.insert(Int32(truncatingIfNeeded: row))
        }
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
