/// The id of a Kafka node, `node.id` in its properties: brokers and controllers share one space (KIP-500).
///
/// Gantry numbers brokers from 1 and controllers from 9001, and never uses an id twice. 0 is a valid id.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Kafka's number, not negative.
    public let rawValue: Int32

    /// Fails for negative numbers, which Kafka uses for "none".
    public init?(rawValue: Int32) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    /// An id written in decimal, as an operator types it; nil when it is none.
    public init?(_ text: some StringProtocol) {
        guard let number = Int32(text), text.first?.isNumber == true else { return nil }
        self.init(rawValue: number)
    }

    /// The id that is `offset` above this one; nil beyond Kafka's range of 2³¹−1.
    public func advanced(by offset: Int32) -> NodeID? {
        let (sum, overflow) = rawValue.addingReportingOverflow(offset)
        return overflow ? nil : NodeID(rawValue: sum)
    }

    /// Orders by value.
    public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }
    /// As people write it.
    public var description: String { String(rawValue) }

    /// Decodes a number, refusing negative ones.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = NodeID(rawValue: try container.decode(Int32.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a node id is not negative")
        }
        self = id
    }

    /// Encodes the number alone.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// A string with rules of its own: the shape that every named identifier of a fleet shares.
public protocol ValidatedName: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible
where RawValue == String {
    /// What a valid one looks like, for error messages: "lower-case letters, digits and '-'".
    static var rule: String { get }
}

extension ValidatedName {
    /// Orders by value.
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    /// As people write it.
    public var description: String { rawValue }

    /// Decodes a string, refusing what the rule refuses.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(rawValue: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not \(Self.rule)")
        }
        self = value
    }

    /// Encodes the string alone.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// The name of a cluster: names containers, directories and the subject of mails.
public struct ClusterName: ValidatedName {
    /// At most 40 characters, so that container names and paths stay readable.
    public let rawValue: String
    /// What a valid one looks like.
    public static let rule = "1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter or digit"

    /// Fails where `rule` is not met.
    public init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard (1...40).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.allSatisfy({ $0.isLowerCaseLetter || $0.isDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.rawValue = rawValue
    }
}

/// A virtual host's address as the operator writes it in `virthosts`: an IP address, a name, or an alias of ssh.
///
/// It can never be read as an option or split by a shell: see `rule`.
public struct HostName: ValidatedName {
    /// The name itself.
    public let rawValue: String
    /// What a valid one looks like.
    public static let rule = "an address or name of letters, digits and '.', ':', '-', '_', not beginning with '-'"

    /// Fails where `rule` is not met; at most 253 bytes, DNS's limit (RFC 1035).
    public init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard (1...253).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.allSatisfy({ $0.isLetter || $0.isDigit || ".:-_".utf8.contains($0) })
        else { return nil }
        self.rawValue = rawValue
    }
}

/// A Kafka cluster id: 16 bytes as base64url without padding, 22 characters.
///
/// Kafka accepts any string here; clusters made by others may carry one, so only emptiness and spaces are refused.
public struct ClusterID: ValidatedName {
    /// The name itself.
    public let rawValue: String
    /// What a valid one looks like.
    public static let rule = "a cluster id (22 characters of base64url)"

    /// Fails for an empty string, one above 128 bytes, or one with spaces or control characters.
    public init?(rawValue: String) {
        guard (1...128).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return nil
        }
        self.rawValue = rawValue
    }

    /// The id of these 16 random bytes; nil where Kafka itself would refuse it (a leading '-', KAFKA-14480).
    public init?(bytes: [UInt8]) {
        guard let text = Base64URL.uuid(bytes) else { return nil }
        self.rawValue = text
    }
}

/// The id of a log directory (KIP-858), in `meta.properties`; with the node id it names a voter (KIP-853).
public struct DirectoryID: ValidatedName {
    /// The name itself.
    public let rawValue: String
    /// What a valid one looks like.
    public static let rule = "a directory id (22 characters of base64url)"

    /// Fails where Kafka could not read it.
    public init?(rawValue: String) {
        guard rawValue.utf8.count == 22, rawValue.utf8.first != UInt8(ascii: "-"),
            rawValue.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            )
        else { return nil }
        self.rawValue = rawValue
    }

    /// The id of these 16 random bytes; nil where Kafka itself would refuse it.
    public init?(bytes: [UInt8]) {
        guard let text = Base64URL.uuid(bytes) else { return nil }
        self.rawValue = text
    }
}

/// RFC 4648 section 5 without padding, for Kafka's 16-byte ids.
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Any bytes as base64url.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let rest = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < rest ? UInt32(bytes[index + offset]) : 0) }
            for sextet in 0...rest { text.append(alphabet[Int(group >> (18 - 6 * UInt32(sextet)) & 63)]) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`; nil where it is not base64url without padding.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for character in text.utf8 {
            guard let sextet = alphabet.firstIndex(of: character) else { return nil }
            group = group << 6 | UInt32(sextet)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bits < 6 ? bytes : nil
    }

    static func uuid(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 16 else { return nil }
        let text = encode(bytes)
        return text.hasPrefix("-") ? nil : text
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLowerCaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    var isLetter: Bool { isLowerCaseLetter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}
