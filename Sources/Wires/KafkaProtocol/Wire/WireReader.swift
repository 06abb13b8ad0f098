/// Reads Kafka's primitive types from bytes that a peer sent.
///
/// Every read checks what is left first, so that truncated, oversized and nonsensical input throws and never traps;
/// lengths and counts are bounded by the bytes that are left before anything is allocated for them.
/// The types are those of Kafka's protocol guide; "compact" is the encoding of flexible versions (KIP-482).
public struct WireReader: Sendable {
    private let bytes: [UInt8]
    private let end: Int
    /// How many bytes were read, counted from the start of the array.
    public private(set) var position: Int

    /// Reads `bytes` from `position` on.
    public init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
        self.end = bytes.count
    }

    private init(_ bytes: [UInt8], in range: Range<Int>) {
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
    private mutating func load<Value: FixedWidthInteger & BitwiseCopyable>(
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
    private mutating func readStringLength(compact: Bool) throws(WireError) -> Int? {
        if compact { return try readCompactLength() }
        let length = Int(try readInt16())
        return try checkedLength(length)
    }

    /// Reads the length of bytes or of an array: four bytes, or compact. Nil is null.
    private mutating func readLength(compact: Bool) throws(WireError) -> Int? {
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
    private mutating func take(_ count: Int) throws(WireError) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw error(.truncated(needed: count, available: remaining)) }
        let start = position
        position += count
        return start..<position
    }
}

// MARK: Strings and bytes

extension WireReader {
    /// Reads a string that may be null, if this version allows null.
    /// - Throws: `truncated`, `negativeLength`, `invalidUTF8`, or `unexpectedNull` for null where it is not `allowed`.
    public mutating func readNullableString(compact: Bool, allowed: Bool = true) throws(WireError) -> String? {
        guard let length = try readStringLength(compact: compact) else { return try null(allowed) }
        let range = try take(length)
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw error(.invalidUTF8) }
        return text
    }

    /// Reads a string.
    /// - Throws: `truncated`, `negativeLength`, `invalidUTF8` or `unexpectedNull`.
    public mutating func readString(compact: Bool) throws(WireError) -> String {
        guard let value = try readNullableString(compact: compact) else { throw error(.unexpectedNull) }
        return value
    }

    /// Reads a byte sequence that may be null, if this version allows null.
    /// - Throws: `truncated`, `negativeLength`, or `unexpectedNull` for null where it is not `allowed`.
    public mutating func readNullableBytes(compact: Bool, allowed: Bool = true) throws(WireError) -> [UInt8]? {
        guard let length = try readLength(compact: compact) else { return try null(allowed) }
        return try readRaw(length)
    }

    /// Reads a byte sequence.
    /// - Throws: `truncated`, `negativeLength` or `unexpectedNull`.
    public mutating func readBytes(compact: Bool) throws(WireError) -> [UInt8] {
        guard let value = try readNullableBytes(compact: compact) else { throw error(.unexpectedNull) }
        return value
    }

    /// Reads exactly `count` bytes.
    /// - Throws: `truncated`.
    public mutating func readRaw(_ count: Int) throws(WireError) -> [UInt8] { Array(bytes[try take(count)]) }

    /// A reader of exactly the next `count` bytes, which are passed here.
    /// - Throws: `truncated`.
    mutating func readPart(_ count: Int) throws(WireError) -> WireReader { WireReader(bytes, in: try take(count)) }

    private func null<Value>(_ allowed: Bool) throws(WireError) -> Value? {
        guard allowed else { throw error(.unexpectedNull) }
        return nil
    }
}

// MARK: Arrays

extension WireReader {
    /// Reads an array that may be null, if this version allows null.
    @inline(__always)
    private mutating func readNullableElements<Element>(
        minimumSize: Int, compact: Bool, allowed: Bool, _ read: (inout WireReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element]? {
        guard let count = try readCount(compact: compact, minimumSize: minimumSize) else { return try null(allowed) }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// Reads an array of structures that may be null.
    mutating func readNullableArray<Element: WireStructure>(
        version: Int16, compact: Bool, allowed: Bool = true
    ) throws(WireError) -> [Element]? {
        try readNullableElements(
            minimumSize: Element.minimumSize, compact: compact, allowed: allowed
        ) { reader throws(WireError) in try Element.decode(from: &reader, version: version) }
    }

    /// Reads an array of structures.
    mutating func readArray<Element: WireStructure>(version: Int16, compact: Bool) throws(WireError) -> [Element] {
        let elements: [Element]? = try readNullableArray(version: version, compact: compact)
        guard let elements else { throw error(.unexpectedNull) }
        return elements
    }

    /// Reads a structure that may be null: one byte says so. (KIP-893)
    mutating func readNullableStructure<Value: WireStructure>(version: Int16) throws(WireError) -> Value? {
        try readInt8() < 0 ? nil : try Value.decode(from: &self, version: version)
    }

    /// Reads an array of integers that may be null.
    mutating func readNullableIntegers<Element: FixedWidthInteger & BitwiseCopyable>(
        compact: Bool, allowed: Bool = true
    ) throws(WireError) -> [Element]? {
        try readNullableElements(
            minimumSize: MemoryLayout<Element>.size, compact: compact, allowed: allowed
        ) { reader throws(WireError) in try reader.load(Element.self) }
    }

    /// Reads an array of integers.
    mutating func readIntegers<Element: FixedWidthInteger & BitwiseCopyable>(
        compact: Bool
    ) throws(WireError) -> [Element] {
        let elements: [Element]? = try readNullableIntegers(compact: compact)
        guard let elements else { throw error(.unexpectedNull) }
        return elements
    }

    /// Reads an array of strings that may be null.
    mutating func readNullableStrings(compact: Bool, allowed: Bool = true) throws(WireError) -> [String]? {
        try readNullableElements(
            minimumSize: compact ? 1 : 2, compact: compact, allowed: allowed
        ) { reader throws(WireError) in try reader.readString(compact: compact) }
    }

    /// Reads an array of strings.
    mutating func readStrings(compact: Bool) throws(WireError) -> [String] {
        guard let value = try readNullableStrings(compact: compact) else { throw error(.unexpectedNull) }
        return value
    }

    /// Reads an array of identifiers.
    mutating func readUUIDs(compact: Bool) throws(WireError) -> [KafkaUUID] {
        let elements = try readNullableElements(minimumSize: 16, compact: compact, allowed: false) {
            reader throws(WireError) in try reader.readUUID()
        }
        return elements ?? []
    }
}

// MARK: Tagged fields (KIP-482)

extension WireReader {
    /// Reads the next tagged field's number and gives a reader of just its bytes.
    mutating func readTaggedField() throws(WireError) -> (tag: UInt32, field: WireReader) {
        let tag = try readUnsignedVarint()
        let size = Int(try readUnsignedVarint())
        return (tag, try readPart(size))
    }

    /// Passes a section of tagged fields of which none is known.
    mutating func skipTaggedFields() throws(WireError) {
        var left = try readUnsignedVarint()
        while left > 0 {
            _ = try readTaggedField()
            left -= 1
        }
    }
}
