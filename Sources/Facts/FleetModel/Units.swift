/// A number of bytes; never negative.
public struct ByteCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The bytes.
    public let bytes: Int64

    /// Negative numbers, which Kafka uses for "unknown", become 0: callers that can tell ask before.
    public init(_ bytes: Int64) { self.bytes = max(0, bytes) }

    /// Nothing.
    public static let zero = ByteCount(0)
    /// Orders by value.
    public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

    /// The sum, held at the largest number instead of trapping on absurd foreign values.
    public static func + (a: ByteCount, b: ByteCount) -> ByteCount {
        let (sum, overflow) = a.bytes.addingReportingOverflow(b.bytes)
        return ByteCount(overflow ? .max : sum)
    }

    /// The difference, at least zero.
    public static func - (a: ByteCount, b: ByteCount) -> ByteCount { ByteCount(a.bytes - b.bytes) }

    /// Adds in place.
    public static func += (a: inout ByteCount, b: ByteCount) { a = a + b }

    /// "1.5 GiB": binary units, one decimal below ten.
    public var description: String { Binary.text(bytes) + "B" }

    /// Decodes a number of bytes.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Encodes the number of bytes alone.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

/// A rate in bytes a second; never negative.
public struct BytesPerSecond: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Bytes a second.
    public let bytesPerSecond: Int64

    /// Negative rates become 0.
    public init(_ bytesPerSecond: Int64) { self.bytesPerSecond = max(0, bytesPerSecond) }

    /// Orders by value.
    public static func < (a: BytesPerSecond, b: BytesPerSecond) -> Bool { a.bytesPerSecond < b.bytesPerSecond }
    /// As people write it.
    public var description: String { Binary.text(bytesPerSecond) + "B/s" }

    /// Decodes a number of bytes a second.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Encodes the number alone.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytesPerSecond)
    }
}

/// Thousandths of a whole, so that tolerances compare exactly: `10%` is 100.
public struct PerMille: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// 0 to 1000 for a share; larger for a growth.
    public let thousandths: Int64

    /// Negative values become 0.
    public init(_ thousandths: Int64) { self.thousandths = max(0, thousandths) }

    /// Orders by value.
    public static func < (a: PerMille, b: PerMille) -> Bool { a.thousandths < b.thousandths }
    /// As people write it.
    public var description: String {
        thousandths % 10 == 0 ? "\(thousandths / 10)%" : "\(thousandths / 10).\(thousandths % 10)%"
    }
}

enum Binary {
    private static let units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    /// The number with the largest binary unit that leaves at least 1: "512 ", "1.5 Gi", "12 Mi".
    static func text(_ value: Int64) -> String {
        var unit = 0
        var scaled = value
        var rest: Int64 = 0
        while scaled >= 1024, unit < units.count - 1 {
            rest = scaled % 1024
            scaled /= 1024
            unit += 1
        }
        let tenths = rest * 10 / 1024
        return scaled < 10 && unit > 0 && tenths > 0 ? "\(scaled).\(tenths) \(units[unit])" : "\(scaled) \(units[unit])"
    }
}
