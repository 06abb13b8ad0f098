import Foundation
import KafkaProtocol
import Testing

/// Record batches and their checksum, against bytes of an independent implementation.
@Suite struct RecordBatchTests {
    private struct Fixture: Decodable {
        struct Row: Decodable {
            let timestamp: Int64
            let key: String?
            let value: String?
            let headers: [[String?]]
        }
        struct Batch: Decodable {
            let records: [Row]
            let hex: String
        }
        struct Checksum: Decodable {
            let hex: String
            let crc32c: UInt32
        }
        let batches: [Batch]
        let checksums: [Checksum]

        static func read() throws -> Fixture {
            try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: fixture("records.json")))
        }
    }

    private func records(_ batch: Fixture.Batch) throws -> [Record] {
        try batch.records.enumerated().map { index, row in
            Record(
                offset: Int64(index), timestamp: row.timestamp, key: try row.key.map(unhex),
                value: try row.value.map(unhex),
                headers: try row.headers.map {
                    try .init(key: $0.first.flatMap { $0 } ?? "", value: $0.last?.map(unhex))
                })
        }
    }

    @Test func `checksums are those of the independent implementation and of the standard`() throws {
        for vector in try Fixture.read().checksums {
            #expect(CRC32C.checksum(try unhex(vector.hex)) == vector.crc32c, "\(vector.hex)")
        }
        // RFC 3720, appendix B.4.
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46dd_794e)
        #expect(CRC32C.checksum((0..<32).reversed().map { UInt8($0) }) == 0x113f_db5c)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test func `a checksum of a slice or of no array is that of its bytes`() {
        let bytes = [UInt8](0..<200)
        #expect(CRC32C.checksum(bytes[3..<150]) == CRC32C.checksum(Array(bytes[3..<150])))
        #expect(CRC32C.checksum("a long enough text".utf8) == CRC32C.checksum(Array("a long enough text".utf8)))
    }

    @Test func `batches are written and read as the independent implementation does`() throws {
        for batch in try Fixture.read().batches {
            let expected = try records(batch)
            let decoded = try RecordBatch.decode(try unhex(batch.hex))
            #expect(decoded.map(\.records) == [expected])
            #expect(hex(try RecordBatch.encode(expected)) == batch.hex)
        }
    }

    @Test func `a canary's batch takes 74 bytes`() throws {
        let bytes = try RecordBatch.encode([Record(timestamp: 1_764_000_000_000, value: Array("canary".utf8))])
        #expect(bytes.count == 74)
    }

    @Test func `no record at all makes no batch`() {
        #expect(throws: WireError.self) { try RecordBatch.encode([]) }
    }

    @Test func `an incomplete last batch is left out, as a broker cuts at its byte limit`() throws {
        let batch = try RecordBatch.encode([Record(timestamp: 1, value: [1, 2, 3])])
        for cut in 0..<batch.count {
            #expect(try RecordBatch.decode(batch + batch.prefix(cut)).count == 1)
        }
        #expect(try RecordBatch.decode(batch + batch).count == 2)
    }

    @Test func `records carry the offsets and the epoch that the broker gave their batch`() throws {
        var bytes = try RecordBatch.encode((0..<3).map { Record(timestamp: 5 + $0, value: []) })
        bytes.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 1, 0])
        bytes.replaceSubrange(12..<16, with: [0, 0, 0, 9])
        let batch = try #require(try RecordBatch.decode(bytes).first)
        #expect(batch.records.map(\.offset) == [256, 257, 258])
        #expect(batch.records.map(\.timestamp) == [5, 6, 7])
        #expect(batch.partitionLeaderEpoch == 9)
    }

    @Test func `every damaged byte under the checksum is noticed`() throws {
        let batch = try RecordBatch.encode([Record(timestamp: 1, key: [9], value: [1, 2, 3])])
        for place in 21..<batch.count {
            var damaged = batch
            damaged[place] ^= 1
            #expect(throws: WireError.self, "byte \(place)") { try RecordBatch.decode(damaged) }
        }
    }

    @Test func `damage with a right checksum is refused or read, and never traps`() throws {
        let batch = try RecordBatch.encode([
            Record(timestamp: 1, key: [9], value: [1, 2, 3], headers: [.init(key: "h", value: [1])]),
            Record(timestamp: .max, value: nil),
        ])
        for place in 21..<batch.count {
            for byte: UInt8 in [0, 1, 0x7f, 0x80, 0xff, batch[place] ^ 0x40] {
                var damaged = batch
                damaged[place] = byte
                _ = try? RecordBatch.decode(resealed(damaged))
            }
        }
        for length in 61..<batch.count {
            var cut = Array(batch.prefix(length))
            withUnsafeBytes(of: UInt32(length - 12).bigEndian) { cut.replaceSubrange(8..<12, with: $0) }
            #expect(throws: WireError.self, "\(length) bytes") { try RecordBatch.decode(resealed(cut)) }
        }
    }

    @Test(arguments: [0, 48, -1, Int32.min]) func `a batch of an impossible length is refused`(length: Int32) throws {
        var bytes = try RecordBatch.encode([Record(timestamp: 1, value: [])])
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(8..<12, with: $0) }
        #expect(throws: WireError.self) { try RecordBatch.decode(bytes) }
    }

    @Test func `compressed batches are refused by their codec, older formats by their number`() throws {
        let batch = try RecordBatch.encode([Record(timestamp: 1, value: [])])
        var compressed = batch
        compressed[22] = 4
        let refusal = #expect(throws: WireError.self) { try RecordBatch.decode(resealed(compressed)) }
        #expect(refusal?.reason == .compressedBatch(codec: 4))
        var old = batch
        old[16] = 1
        #expect(throws: WireError(.unsupportedMagic(1), subject: "RecordBatch", offset: 17)) {
            try RecordBatch.decode(old)
        }
    }

    @Test func `control batches are passed without their records`() throws {
        let batch = try RecordBatch.encode([Record(timestamp: 1, value: [])])
        var control = batch
        control[22] = 0x30
        let decoded = try RecordBatch.decode(resealed(control) + batch)
        #expect(decoded.map(\.isControl) == [true, false])
        #expect(decoded.map(\.records.count) == [0, 1])
    }

    @Test func `records that the broker stamped carry its time`() throws {
        var batch = try RecordBatch.encode((1...3).map { Record(timestamp: $0, value: []) })
        batch[22] = 8
        #expect(try RecordBatch.decode(resealed(batch)).first?.records.map(\.timestamp) == [3, 3, 3])
    }

    /// The batch with a checksum that fits its bytes.
    private func resealed(_ batch: [UInt8]) -> [UInt8] {
        var copy = batch
        withUnsafeBytes(of: CRC32C.checksum(batch[21...]).bigEndian) { copy.replaceSubrange(17..<21, with: $0) }
        return copy
    }
}
