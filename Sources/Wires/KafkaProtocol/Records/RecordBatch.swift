/// A batch of records as a partition's log holds it: format v2, uncompressed. (KIP-98; Kafka documentation, "Record
/// Batch")
public struct RecordBatch: Equatable, Sendable {
    /// The offset of the first record.
    public var baseOffset: Int64
    /// The leader's epoch at the append; -1 in a batch that a producer makes.
    public var partitionLeaderEpoch: Int32
    /// Whether it holds Kafka's own markers (transactions, leader changes) instead of data; its records are not read.
    public var isControl: Bool
    /// Whether it is part of a transaction.
    public var isTransactional: Bool
    /// The producer's id, or -1.
    public var producerID: Int64
    /// The records, in the order of their offsets; none for a control batch.
    public var records: [Record]

    /// The bytes from the base offset to the number of records.
    static let headerSize = 61
    /// The bytes before those that the batch's length counts.
    static let prefixSize = 12
    /// The bytes before those that the checksum covers.
    static let checksummedFrom = 21

    /// The batch that a producer without transactions and idempotence sends.
    ///
    /// - Returns: One batch, the records at offsets 0, 1, …; 74 bytes for a single value of six.
    /// - Throws: `malformedBatch` for no record at all, or timestamps too far apart; `valueTooLong` past 2 GiB.
    public static func encode(_ records: [Record]) throws(WireError) -> [UInt8] {
        guard let first = records.first, let lastDelta = Int32(exactly: records.count - 1) else {
            throw WireError(.malformedBatch("a batch has at least one record"), subject: "RecordBatch")
        }
        var body = WireWriter(capacity: records.count * 32 + headerSize)
        body.writeInt16(0)
        body.writeInt32(lastDelta)
        body.writeInt64(first.timestamp)
        body.writeInt64(records.reduce(first.timestamp) { max($0, $1.timestamp) })
        body.writeInt64(-1)
        body.writeInt16(-1)
        body.writeInt32(-1)
        body.writeInt32(lastDelta + 1)
        for (index, record) in records.enumerated() {
            let delta = record.timestamp.subtractingReportingOverflow(first.timestamp)
            guard !delta.overflow else {
                throw WireError(.malformedBatch("timestamps are too far apart"), subject: "RecordBatch")
            }
            try record.encode(into: &body, offsetDelta: Int32(index), timestampDelta: delta.partialValue)
        }
        let length = body.bytes.count + checksummedFrom - prefixSize
        guard let batchLength = Int32(exactly: length) else {
            throw WireError(.valueTooLong(length, limit: Int(Int32.max)), subject: "RecordBatch")
        }
        var writer = WireWriter(capacity: prefixSize + length)
        writer.writeInt64(0)
        writer.writeInt32(batchLength)
        writer.writeInt32(-1)
        writer.writeInt8(2)
        writer.writeUInt32(CRC32C.checksum(body.bytes))
        writer.writeRaw(body.bytes)
        return writer.bytes
    }

    /// Reads the batches of a `Fetch` response, one partition's `records`.
    ///
    /// A broker cuts at its byte limit: an incomplete last batch is left out. A fetch may return the batch *around*
    /// the offset that was asked for, so the first records can lie before it.
    /// - Throws: `checksum`, `compressedBatch`, `unsupportedMagic` or `malformedBatch`, each with its place.
    public static func decode(_ bytes: [UInt8]) throws(WireError) -> [RecordBatch] {
        do throws(WireError) {
            var reader = WireReader(bytes)
            var batches: [RecordBatch] = []
            while reader.remaining >= prefixSize {
                let baseOffset = try reader.readInt64()
                let length = Int(try reader.readInt32())
                guard length >= headerSize - prefixSize else {
                    throw reader.error(.malformedBatch("a length of \(length)"))
                }
                guard length <= reader.remaining else { break }
                batches.append(try decodeOne(try reader.readPart(length), in: bytes, baseOffset: baseOffset))
            }
            return batches
        } catch {
            throw error.within("RecordBatch")
        }
    }

    /// Reads what follows a batch's length.
    private static func decodeOne(
        _ part: WireReader, in bytes: [UInt8], baseOffset: Int64
    ) throws(WireError) -> RecordBatch {
        var reader = part
        let leaderEpoch = try reader.readInt32()
        let magic = try reader.readInt8()
        guard magic == 2 else { throw reader.error(.unsupportedMagic(magic)) }
        let stored = try reader.readUInt32()
        let computed = CRC32C.checksum(bytes[reader.position..<reader.position + reader.remaining])
        guard stored == computed else { throw reader.error(.checksum(stored: stored, computed: computed)) }

        let attributes = UInt16(bitPattern: try reader.readInt16())
        let codec = UInt8(attributes & 7)
        let lastOffsetDelta = try reader.readInt32()
        let baseTimestamp = try reader.readInt64()
        let maxTimestamp = try reader.readInt64()
        var batch = RecordBatch(
            baseOffset: baseOffset, partitionLeaderEpoch: leaderEpoch, isControl: attributes & 0x20 != 0,
            isTransactional: attributes & 0x10 != 0, producerID: try reader.readInt64(), records: [])
        _ = (try reader.readInt16(), try reader.readInt32())
        let count = Int(try reader.readInt32())
        if batch.isControl { return batch }
        guard codec == 0 else { throw reader.error(.compressedBatch(codec: codec)) }
        guard count >= 0, count <= reader.remaining / Record.minimumSize, lastOffsetDelta >= 0 else {
            throw reader.error(.malformedBatch("it claims \(count) records"))
        }
        batch.records.reserveCapacity(count)
        let stampedByBroker = attributes & 0x08 != 0
        for _ in 0..<count {
            var record = try Record.decode(from: &reader, baseOffset: baseOffset, baseTimestamp: baseTimestamp)
            if stampedByBroker { record.timestamp = maxTimestamp }
            batch.records.append(record)
        }
        try reader.finish()
        return batch
    }
}
