/// Writes Kafka's primitive types.
///
/// The types are those of Kafka's protocol guide; "compact" is the encoding of flexible versions (KIP-482).
public struct WireWriter: Sendable {
    /// What was written so far.
    public internal(set) var bytes: [UInt8]

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }
}

// MARK: Numbers

extension WireWriter {
    @inline(__always)
    private mutating func store<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes one byte, 1 or 0.
    public mutating func writeBool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Writes one byte.
    public mutating func writeInt8(_ value: Int8) { bytes.append(UInt8(bitPattern: value)) }

    /// Writes two bytes.
    public mutating func writeInt16(_ value: Int16) { store(value) }

    /// Writes two bytes.
    public mutating func writeUInt16(_ value: UInt16) { store(value) }

    /// Writes four bytes.
    public mutating func writeInt32(_ value: Int32) { store(value) }

    /// Writes four bytes.
    public mutating func writeUInt32(_ value: UInt32) { store(value) }

    /// Writes eight bytes.
    public mutating func writeInt64(_ value: Int64) { store(value) }

    /// Writes sixteen bytes.
    public mutating func writeUUID(_ value: KafkaUUID) {
        store(value.high)
        store(value.low)
    }

    /// Writes two bytes.
    public mutating func writeErrorCode(_ value: ErrorCode) { store(value.rawValue) }

    /// Writes two bytes.
    public mutating func writeAPIKey(_ value: APIKey) { store(value.rawValue) }

    /// Writes a variable-length unsigned integer.
    public mutating func writeUnsignedVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes a zigzag-coded variable-length integer, as records use it.
    public mutating func writeVarint(_ value: Int32) {
        writeUnsignedVarint(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
    }

    /// Writes a zigzag-coded variable-length integer, as records use it.
    public mutating func writeVarlong(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

// MARK: Strings and bytes

extension WireWriter {
    /// Writes the length of bytes or of an array: four bytes, or compact. Nil is null.
    private mutating func writeLength(_ length: Int?, compact: Bool) throws(WireError) {
        guard let length else {
            if compact { writeUnsignedVarint(0) } else { writeInt32(-1) }
            return
        }
        guard length < Int(Int32.max) else { throw WireError(.valueTooLong(length, limit: Int(Int32.max) - 1)) }
        if compact { writeUnsignedVarint(UInt32(length) + 1) } else { writeInt32(Int32(length)) }
    }

    /// Writes a string or null.
    /// - Throws: `valueTooLong` past 32,767 bytes of UTF-8, Kafka's limit for both encodings.
    public mutating func writeNullableString(_ value: String?, compact: Bool) throws(WireError) {
        guard let value else {
            if compact { writeUnsignedVarint(0) } else { writeInt16(-1) }
            return
        }
        let length = value.utf8.count
        guard length <= Int(Int16.max) else { throw WireError(.valueTooLong(length, limit: Int(Int16.max))) }
        if compact { writeUnsignedVarint(UInt32(length) + 1) } else { writeInt16(Int16(length)) }
        bytes.append(contentsOf: value.utf8)
    }

    /// Writes a string.
    /// - Throws: `valueTooLong` past 32,767 bytes of UTF-8.
    public mutating func writeString(_ value: String, compact: Bool) throws(WireError) {
        try writeNullableString(value, compact: compact)
    }

    /// Writes a byte sequence or null.
    /// - Throws: `valueTooLong` past 2 GiB.
    public mutating func writeNullableBytes(_ value: [UInt8]?, compact: Bool) throws(WireError) {
        try writeLength(value?.count, compact: compact)
        if let value { bytes.append(contentsOf: value) }
    }

    /// Writes a byte sequence.
    /// - Throws: `valueTooLong` past 2 GiB.
    public mutating func writeBytes(_ value: [UInt8], compact: Bool) throws(WireError) {
        try writeNullableBytes(value, compact: compact)
    }

    /// Writes bytes as they are.
    public mutating func writeRaw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }
}

// MARK: Arrays

extension WireWriter {
    /// Writes an array of structures, or null.
    mutating func writeArray<Element: WireStructure>(
        _ elements: [Element]?, version: Int16, compact: Bool
    ) throws(WireError) {
        try writeLength(elements?.count, compact: compact)
        for element in elements ?? [] { try element.encode(into: &self, version: version) }
    }

    /// Writes a structure that may be null: one byte says so. (KIP-893)
    mutating func writeNullableStructure<Value: WireStructure>(_ value: Value?, version: Int16) throws(WireError) {
        writeInt8(value == nil ? -1 : 1)
        try value?.encode(into: &self, version: version)
    }

    /// Writes an array of integers, or null.
    mutating func writeIntegers<Element: FixedWidthInteger>(_ elements: [Element]?, compact: Bool) throws(WireError) {
        try writeLength(elements?.count, compact: compact)
        for element in elements ?? [] { store(element) }
    }

    /// Writes an array of strings, or null.
    mutating func writeStrings(_ elements: [String]?, compact: Bool) throws(WireError) {
        try writeLength(elements?.count, compact: compact)
        for element in elements ?? [] { try writeString(element, compact: compact) }
    }

    /// Writes an array of identifiers.
    mutating func writeUUIDs(_ elements: [KafkaUUID], compact: Bool) throws(WireError) {
        try writeLength(elements.count, compact: compact)
        for element in elements { writeUUID(element) }
    }
}

// MARK: Tagged fields (KIP-482)

/// The tagged fields of one structure, collected in ascending order of their tags.
struct TaggedFieldsWriter {
    private var count: UInt32 = 0
    private var section = WireWriter()

    /// Adds a field with the bytes of its value.
    mutating func add(_ tag: UInt32, _ value: WireWriter) {
        count += 1
        section.writeUnsignedVarint(tag)
        section.writeUnsignedVarint(UInt32(clamping: value.bytes.count))
        section.writeRaw(value.bytes)
    }

    /// Writes the section: the number of fields, then the fields.
    func write(into writer: inout WireWriter) {
        writer.writeUnsignedVarint(count)
        writer.writeRaw(section.bytes)
    }
}
