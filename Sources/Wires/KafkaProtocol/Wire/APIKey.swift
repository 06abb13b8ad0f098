/// The number of one of Kafka's APIs. (Kafka protocol guide, "Api Keys")
///
/// Any number is one: a broker newer than this code offers keys that the table does not name.
public struct APIKey: RawRepresentable, Hashable, Sendable {
    /// Kafka's number.
    public let rawValue: Int16

    /// Makes a key of any number.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Kafka's name, or nil for a number that the table does not hold.
    public var name: String? { Self.names[self] }

    private static let names = Dictionary(uniqueKeysWithValues: table.map { ($0.key, $0.name) })
}

extension APIKey: CustomStringConvertible {
    /// Name and number: `Metadata (3)`.
    public var description: String { "\(name ?? "API") (\(rawValue))" }
}

extension APIKey: ExpressibleByIntegerLiteral {
    /// Makes a key of a literal number.
    public init(integerLiteral value: Int16) { self.init(rawValue: value) }
}
