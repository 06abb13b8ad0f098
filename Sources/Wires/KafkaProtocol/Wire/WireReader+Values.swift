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
