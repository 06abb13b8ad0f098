/// One record of a partition.
public struct Record: Equatable, Sendable {
    /// A header of a record.
    public struct Header: Equatable, Sendable {
        /// Its name.
        public var key: String
        /// Its value, or null.
        public var value: [UInt8]?

        /// Makes a header.
        public init(key: String, value: [UInt8]?) {
            self.key = key
            self.value = value
        }
    }

    /// Its place in the partition; meaningless before it was appended.
    public var offset: Int64
    /// Milliseconds since 1970: when it was made or, if the topic says so, appended.
    public var timestamp: Int64
    /// Its key, or null.
    public var key: [UInt8]?
    /// Its value, or null: a tombstone.
    public var value: [UInt8]?
    /// Its headers in their order.
    public var headers: [Header]

    /// Makes a record.
    public init(
        offset: Int64 = 0, timestamp: Int64, key: [UInt8]? = nil, value: [UInt8]?, headers: [Header] = []
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }
}

extension Record {
    /// The fewest bytes that a record takes: length, attributes, two deltas, key, value, header count.
    static let minimumSize = 7

    /// Writes the record relative to its batch.
    func encode(into writer: inout WireWriter, offsetDelta: Int32, timestampDelta: Int64) throws(WireError) {
        var body = WireWriter()
        body.writeInt8(0)
        body.writeVarlong(timestampDelta)
        body.writeVarint(offsetDelta)
        try body.writeRecordBytes(key)
        try body.writeRecordBytes(value)
        body.writeVarint(try recordLength(headers.count))
        for header in headers {
            try body.writeRecordBytes(Array(header.key.utf8))
            try body.writeRecordBytes(header.value)
        }
        writer.writeVarint(try recordLength(body.bytes.count))
        writer.writeRaw(body.bytes)
    }

    /// Reads a record; its offset and timestamp are those of the batch plus its deltas.
    static func decode(
        from reader: inout WireReader, baseOffset: Int64, baseTimestamp: Int64
    ) throws(WireError) -> Record {
        let length = Int(try reader.readVarint())
        var body = try reader.readPart(length)
        _ = try body.readInt8()
        let timestamp = baseTimestamp.addingReportingOverflow(try body.readVarlong())
        let offset = baseOffset.addingReportingOverflow(Int64(try body.readVarint()))
        guard !timestamp.overflow, !offset.overflow else {
            throw reader.error(.malformedBatch("a record's offset or timestamp overflows"))
        }
        let key = try body.readRecordBytes()
        let value = try body.readRecordBytes()
        let count = Int(try body.readVarint())
        // A header takes at least two bytes.
        guard count >= 0, count <= body.remaining / 2 else {
            throw reader.error(.malformedBatch("a record claims \(count) headers"))
        }
        var headers: [Header] = []
        headers.reserveCapacity(count)
        for _ in 0..<count {
            guard let name = try body.readRecordBytes() else { throw body.error(.unexpectedNull) }
            guard let text = String(validating: name, as: UTF8.self) else { throw body.error(.invalidUTF8) }
            headers.append(Header(key: text, value: try body.readRecordBytes()))
        }
        try body.finish()
        return Record(
            offset: offset.partialValue, timestamp: timestamp.partialValue, key: key, value: value, headers: headers)
    }
}

private func recordLength(_ length: Int) throws(WireError) -> Int32 {
    guard let length = Int32(exactly: length) else { throw WireError(.valueTooLong(length, limit: Int(Int32.max))) }
    return length
}

extension WireWriter {
    /// Bytes with the zigzag length of records; -1 is null.
    fileprivate mutating func writeRecordBytes(_ value: [UInt8]?) throws(WireError) {
        writeVarint(try recordLength(value?.count ?? -1))
        if let value { writeRaw(value) }
    }
}

extension WireReader {
    fileprivate mutating func readRecordBytes() throws(WireError) -> [UInt8]? {
        let length = Int(try readVarint())
        if length == -1 { return nil }
        guard length >= 0 else { throw error(.negativeLength(length)) }
        return try readRaw(length)
    }
}
