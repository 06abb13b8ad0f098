/// A number with which a broker says what went wrong. (Kafka protocol guide, "Error Codes")
///
/// Any number is one: a broker newer than this code may send numbers that the table does not name, and they survive.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    /// Kafka's number.
    public let rawValue: Int16

    /// Makes a code of any number.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// What is known of a code.
    public struct Entry: Hashable, Sendable {
        /// Kafka's number.
        public let code: ErrorCode
        /// Kafka's name, as its documentation and tools print it: `NOT_CONTROLLER`.
        public let name: String
        /// Whether Kafka's own clients try again.
        public let isRetriable: Bool
        /// One sentence.
        public let meaning: String
    }

    /// What the table knows of this code; nil for a number that it does not hold.
    public var entry: Entry? { Self.byNumber[rawValue] }

    /// Kafka's name, or `ERROR_n` for a number that the table does not hold.
    public var name: String { entry?.name ?? "ERROR_\(rawValue)" }

    /// Whether Kafka's own clients try again after this code; false for unknown numbers.
    public var isRetriable: Bool { entry?.isRetriable ?? false }

    /// One sentence.
    public var meaning: String { entry?.meaning ?? "An error code that this version does not know." }

    /// Whether the code says that all is well.
    public var isSuccess: Bool { rawValue == 0 }

    private static let byNumber = Dictionary(uniqueKeysWithValues: table.map { ($0.code.rawValue, $0) })
}

extension ErrorCode: CustomStringConvertible {
    /// Name and number: `NOT_CONTROLLER (41)`.
    public var description: String { "\(name) (\(rawValue))" }
}

extension ErrorCode: ExpressibleByIntegerLiteral {
    /// Makes a code of a literal number.
    public init(integerLiteral value: Int16) { self.init(rawValue: value) }
}
