/// A released version of Apache Kafka: `4.3.1`.
public struct KafkaVersion: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Breaking line.
    public let major: Int
    /// Feature release.
    public let minor: Int
    /// Fixes.
    public let patch: Int

    /// The version with these three numbers.
    public init(major: Int, minor: Int, patch: Int) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    /// `MAJOR.MINOR.PATCH` in decimal; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
        guard parts.count == 3, numbers.count == 3 else { return nil }
        self.init(major: numbers[0], minor: numbers[1], patch: numbers[2])
    }

    /// Orders by value.
    public static func < (a: KafkaVersion, b: KafkaVersion) -> Bool {
        (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
    }
    /// As people write it.
    public var description: String { "\(major).\(minor).\(patch)" }

    /// Decodes `MAJOR.MINOR.PATCH`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let version = KafkaVersion(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not MAJOR.MINOR.PATCH")
        }
        self = version
    }

    /// Encodes `MAJOR.MINOR.PATCH`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
