/// Reads Kafka's primitive types from bytes that a peer sent.
///
/// Every read checks what is left first, so that truncated, oversized and nonsensical input throws and never traps;
/// lengths and counts are bounded by the bytes that are left before anything is allocated for them.
/// The types are those of Kafka's protocol guide; "compact" is the encoding of flexible versions (KIP-482).
public struct WireReader: Sendable {
    let bytes: [UInt8]
    private let end: Int
    /// How many bytes were read, counted from the start of the array.
    public private(set) var position: Int

    /// Reads `bytes` from `position` on.
    public init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
        self.end = bytes.count
    }

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    /// How many bytes are left.
    public var remaining: Int { end - position }

    /// Checks that everything was read.
    /// - Throws: `trailingBytes` otherwise.
    public func finish() throws(WireError) {
        guard remaining == 0 else { throw error(.trailingBytes(remaining)) }
    }

    /// An error at the current position.
    @inline(never)
    func error(_ reason: WireError.Reason) -> WireError { WireError(reason, offset: position) }
}

// MARK: Numbers

extension WireReader {
    @inline(__always)
    mutating func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type
    ) throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw error(.truncated(needed: size, available: remaining)) }
        let value = bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Value.self)
        position += size
        return Value(bigEndian: value)
    }

    /// Reads one byte as a truth value: 0 is false.
    /// - Throws: `truncated`.
    public mutating func readBool() throws(WireError) -> Bool { try load(UInt8.self) != 0 }

    /// Reads one signed byte.
    /// - Throws: `truncated`.
    public mutating func readInt8() throws(WireError) -> Int8 { try load(Int8.self) }

    /// Reads two bytes, signed.
    /// - Throws: `truncated`.
    public mutating func readInt16() throws(WireError) -> Int16 { try load(Int16.self) }

    /// Reads two bytes, unsigned.
    /// - Throws: `truncated`.
    public mutating func readUInt16() throws(WireError) -> UInt16 { try load(UInt16.self) }

    /// Reads four bytes, signed.
    /// - Throws: `truncated`.
    public mutating func readInt32() throws(WireError) -> Int32 { try load(Int32.self) }

    /// Reads four bytes, unsigned.
    /// - Throws: `truncated`.
    public mutating func readUInt32() throws(WireError) -> UInt32 { try load(UInt32.self) }

    /// Reads eight bytes, signed.
    /// - Throws: `truncated`.
    public mutating func readInt64() throws(WireError) -> Int64 { try load(Int64.self) }

    /// Reads sixteen bytes.
    /// - Throws: `truncated`.
    public mutating func readUUID() throws(WireError) -> KafkaUUID {
        let high = try load(UInt64.self)
        return KafkaUUID(high: high, low: try load(UInt64.self))
    }

    /// Reads two bytes as an error code; any number is one.
    /// - Throws: `truncated`.
    public mutating func readErrorCode() throws(WireError) -> ErrorCode { ErrorCode(rawValue: try load(Int16.self)) }

    /// Reads two bytes as an API key; any number is one.
    /// - Throws: `truncated`.
    public mutating func readAPIKey() throws(WireError) -> APIKey { APIKey(rawValue: try load(Int16.self)) }

    /// Reads a variable-length unsigned integer of at most 32 bits.
    /// - Throws: `truncated`, or `malformedVarint` past five bytes or 32 bits.
    public mutating func readUnsignedVarint() throws(WireError) -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while true {
            let byte = UInt32(try load(UInt8.self))
            if shift == 28, byte > 0x0f { throw error(.malformedVarint) }
            value |= (byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// Reads a zigzag-coded variable-length integer of at most 32 bits, as records use it.
    /// - Throws: `truncated` or `malformedVarint`.
    public mutating func readVarint() throws(WireError) -> Int32 {
        let value = try readUnsignedVarint()
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    /// Reads a zigzag-coded variable-length integer of at most 64 bits, as records use it.
    /// - Throws: `truncated` or `malformedVarint`.
    public mutating func readVarlong() throws(WireError) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = UInt64(try load(UInt8.self))
            if shift == 63, byte > 1 { throw error(.malformedVarint) }
            value |= (byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

// MARK: Lengths

extension WireReader {
    /// Reads the length of a string: two bytes, or compact. Nil is null.
    mutating func readStringLength(compact: Bool) throws(WireError) -> Int? {
        if compact { return try readCompactLength() }
        let length = Int(try readInt16())
        return try checkedLength(length)
    }

    /// Reads the length of bytes or of an array: four bytes, or compact. Nil is null.
    mutating func readLength(compact: Bool) throws(WireError) -> Int? {
        if compact { return try readCompactLength() }
        let length = Int(try readInt32())
        return try checkedLength(length)
    }

    private mutating func readCompactLength() throws(WireError) -> Int? {
        let value = try readUnsignedVarint()
        return value == 0 ? nil : Int(value) - 1
    }

    private func checkedLength(_ length: Int) throws(WireError) -> Int? {
        if length >= 0 { return length }
        guard length == -1 else { throw error(.negativeLength(length)) }
        return nil
    }

    /// Reads an array's count and checks that so many elements of at least `minimumSize` bytes can follow.
    mutating func readCount(compact: Bool, minimumSize: Int) throws(WireError) -> Int? {
        guard let count = try readLength(compact: compact) else { return nil }
        guard count <= remaining / max(minimumSize, 1) else {
            throw error(.countExceedsBytes(count: count, available: remaining))
        }
        return count
    }

    /// The next `count` bytes' place, which is then passed.
    mutating func take(_ count: Int) throws(WireError) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw error(.truncated(needed: count, available: remaining)) }
        let start = position
        position += count
        return start..<position
    }
}
