/// A JSON value (RFC 8259). Objects keep the order of their members, so that documents read as they were meant
/// and the digest of a document is stable.
public enum JSONValue: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; never infinite and never NaN when it was parsed. The writer writes those as `null`.
    case number(Double)
    /// Text.
    case string(String)
    /// Values in order.
    case array([JSONValue])
    /// Named values in order.
    case object(JSONObject)
}

extension JSONValue {
    /// An integer of any size that Gantry uses; beyond 64 bits it is held at the bound.
    public init(_ value: some BinaryInteger) { self = .integer(Int64(clamping: value)) }
    /// Text.
    public init(_ value: String) { self = .string(value) }
    /// A truth value.
    public init(_ value: Bool) { self = .bool(value) }
    /// A number.
    public init(_ value: Double) { self = .number(value) }
    /// Bytes as a number.
    public init(_ value: ByteCount) { self = .integer(value.bytes) }
    /// Bytes a second as a number.
    public init(_ value: BytesPerSecond) { self = .integer(value.bytesPerSecond) }
    /// RFC 3339, UTC.
    public init(_ value: Timestamp) { self = .string(value.description) }
    /// Decimal number.
    public init(_ value: NodeID) { self = .integer(Int64(value.rawValue)) }
    /// The name as text.
    public init(_ value: some ValidatedName) { self = .string(value.rawValue) }
    /// Whole milliseconds: for names that end in `_ms`.
    public init(milliseconds value: Duration) {
        let (seconds, attoseconds) = value.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        self = .integer(overflow ? (seconds < 0 ? .min : .max) : scaled &+ attoseconds / 1_000_000_000_000_000)
    }

    /// The members, where this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// The elements, where this is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The text, where this is a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The truth value, where this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, where this is one without a fraction that fits 64 bits: `3` and `3.0`, not `3.5`.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        // Not `Int64(exactly:)`: it calls libm, which nothing here links.
        case .number(let value) where value > -0x1p63 && value < 0x1p63 && Double(Int64(value)) == value: Int64(value)
        default: nil
        }
    }
    /// The number, where this is one.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The member `name`, where this is an object that has it.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// The same value with the members of every object in the order of their names (by Unicode scalars): where equal
    /// values have to be equal texts, whatever order a dictionary had.
    public var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    distinct: object.members.map { .init($0.name, $0.value.sorted) }.sorted {
                        $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars)
                    }))
        default: self
        }
    }

    /// What this is, for error messages: "a string", "an object".
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object in order; a name occurs once.
public struct JSONObject: Hashable, Sendable {
    /// One named value.
    public struct Member: Hashable, Sendable {
        /// Its name; Gantry's own are `snake_case`.
        public var name: String
        /// Its value.
        public var value: JSONValue

        /// `name`: `value`.
        public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
    }

    /// In the order of the document.
    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// These members; of two with the same name the last one counts, in the place of the first.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.init()
        for (name, value) in members { self[name] = value }
    }

    /// Members whose names are known to differ.
    init(distinct members: [Member]) { self.members = members }

    /// The value of `name`. Setting keeps the place of a member that is there, and appends a new one; nil removes.
    /// The search is linear: objects with very many members are better read through `members`.
    public subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// Elements.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Members in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
