import KafkaProtocol
import Testing

/// The primitive types, at their edges.
@Suite struct PrimitiveTests {
    @Test(arguments: [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0xfff_ffff, 0x1000_0000, UInt32.max])
    func `an unsigned varint is read as written`(value: UInt32) throws {
        var writer = WireWriter()
        writer.writeUnsignedVarint(value)
        var reader = WireReader(writer.bytes)
        #expect(try reader.readUnsignedVarint() == value)
        try reader.finish()
    }

    @Test(arguments: [0, 1, -1, 63, -64, 64, -65, Int64.max, Int64.min])
    func `zigzag varints are read as written`(value: Int64) throws {
        var writer = WireWriter()
        writer.writeVarlong(value)
        writer.writeVarint(Int32(truncatingIfNeeded: value))
        var reader = WireReader(writer.bytes)
        #expect(try reader.readVarlong() == value)
        #expect(try reader.readVarint() == Int32(truncatingIfNeeded: value))
        try reader.finish()
    }

    @Test func `a varint that does not end or does not fit is malformed`() {
        for bytes: [UInt8] in [[0xff, 0xff, 0xff, 0xff, 0x10], [0x80, 0x80, 0x80, 0x80, 0x80, 1]] {
            var reader = WireReader(bytes)
            #expect(throws: WireError(.malformedVarint, offset: 5)) { try reader.readUnsignedVarint() }
        }
        var long = WireReader([UInt8](repeating: 0xff, count: 9) + [2])
        #expect(throws: WireError(.malformedVarint, offset: 10)) { try long.readVarlong() }
    }

    @Test func `a string that is not UTF-8 is refused`() {
        var reader = WireReader([3, 0xc3, 0x28])
        #expect(throws: WireError(.invalidUTF8, offset: 3)) { try reader.readString(compact: true) }
    }

    @Test func `a negative length other than null is refused`() {
        var text = WireReader([0xff, 0xfe])
        #expect(throws: WireError(.negativeLength(-2), offset: 2)) { try text.readNullableString(compact: false) }
        var data = WireReader([0x80, 0, 0, 0])
        #expect(throws: WireError(.negativeLength(Int(Int32.min)), offset: 4)) {
            try data.readNullableBytes(compact: false)
        }
    }

    @Test func `null is refused where the version allows none`() {
        var reader = WireReader([0])
        #expect(throws: WireError(.unexpectedNull, offset: 1)) { try reader.readString(compact: true) }
    }

    @Test func `a string beyond Kafka's length is not written`() throws {
        var writer = WireWriter()
        try writer.writeString(String(repeating: "x", count: 32_767), compact: false)
        #expect(throws: WireError(.valueTooLong(32_768, limit: 32_767))) {
            try writer.writeString(String(repeating: "x", count: 32_768), compact: true)
        }
    }

    @Test func `an array that claims more than its bytes could hold is refused before room is made`() {
        // 2,000,000,000 brokers in 6 bytes.
        let bytes: [UInt8] = [0, 0, 0, 0, 0x77, 0x35, 0x94, 0x00, 0, 0]
        var reader = WireReader(bytes)
        #expect(throws: WireError(.countExceedsBytes(count: 2_000_000_000, available: 2), offset: 8)) {
            try MetadataResponse.decode(from: &reader, version: 3)
        }
    }

    @Test func `identifiers print and parse as Kafka's tools print them`() throws {
        let id = KafkaUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        #expect(id.description == "ASNFZ4mrze_-3LqYdlQyEA")
        #expect(KafkaUUID("ASNFZ4mrze_-3LqYdlQyEA") == id)
        #expect(KafkaUUID("ASNFZ4mrze_-3LqYdlQyEA==") == id)
        #expect(KafkaUUID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        #expect(KafkaUUID(high: .max, low: .max).description == "_____________________w")
        #expect(KafkaUUID("_____________________w") == KafkaUUID(high: .max, low: .max))
        for text in [
            "", "ASNFZ4mrze_-3LqYdlQyE", "ASNFZ4mrze_-3LqYdlQyEB", "ASNFZ4mrze/-3LqYdlQyEA", "ASNFZ4mrze_-3LqYdlQyEAA",
        ] {
            #expect(KafkaUUID(text) == nil, "\(text)")
        }
    }
}
