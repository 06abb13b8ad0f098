/// Kafka's 128-bit identifier of a topic, a log directory or a cluster member.
///
/// Its text is base64url without padding (22 characters), as Kafka's tools print it. (KIP-516)
public struct KafkaUUID: Hashable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// All bits zero: "no id".
    public static let zero = KafkaUUID(high: 0, low: 0)

    /// Makes an identifier of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension KafkaUUID: LosslessStringConvertible {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 22 characters of base64url.
    public var description: String {
        // 22 digits of 6 bits hold 132 bits: the 128 of the id, then four zeroes.
        let value = UInt128(high) << 64 | UInt128(low)
        let digits = (0..<22).map { digit in
            Self.alphabet[Int(truncatingIfNeeded: digit < 21 ? value >> UInt128(122 - 6 * digit) : value << 4) & 63]
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads 22 characters of base64url, with or without the two padding characters; nil for anything else.
    public init?(_ text: String) {
        var digits = Array(text.utf8)
        if digits.count == 24, digits.suffix(2) == [61, 61] { digits.removeLast(2) }
        guard digits.count == 22 else { return nil }
        var value: UInt128 = 0
        for digit in digits.dropLast() {
            guard let bits = Self.alphabet.firstIndex(of: digit) else { return nil }
            value = value << 6 | UInt128(bits)
        }
        // The last digit carries two bits of the id and four that must be zero.
        guard let last = digits.last.flatMap(Self.alphabet.firstIndex), last & 15 == 0 else { return nil }
        value = value << 2 | UInt128(last >> 4)
        self.init(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }
}
