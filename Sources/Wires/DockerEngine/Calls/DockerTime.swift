public import FleetModel

/// An instant by the clock of Docker's host, in nanoseconds since 1970-01-01T00:00:00Z, as Docker writes them.
///
/// Docker's own precision is kept, because an event's time is what a reader subscribes from.
public struct DockerTime: Hashable, Comparable, Sendable {
    /// Since the epoch.
    public let nanoseconds: Int64

    /// The instant so many nanoseconds after the epoch.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The instant of a timestamp.
    public init(_ timestamp: Timestamp) {
        let (product, overflow) = timestamp.milliseconds.multipliedReportingOverflow(by: 1_000_000)
        nanoseconds = overflow ? (timestamp.milliseconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since the epoch.
    init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Reads RFC 3339 with up to nine digits of a second and any offset (`2026-05-01T03:00:00.123456789+02:00`).
    ///
    /// Nil for anything else, and for the year 1, with which Go writes "never".
    public init?(_ text: String) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let fraction = reader.fraction(), let offset = reader.offset(),
            reader.isAtEnd,
            // Outside of these years 64 bits of nanoseconds end.
            (1678...2261).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        nanoseconds = seconds * 1_000_000_000 + fraction
    }

    /// To the millisecond, rounded down.
    public var timestamp: Timestamp {
        let (quotient, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Timestamp(milliseconds: rest < 0 ? quotient - 1 : quotient)
    }

    /// Orders by time.
    public static func < (a: DockerTime, b: DockerTime) -> Bool { a.nanoseconds < b.nanoseconds }

    /// `seconds.nanoseconds`, as the Engine API takes instants.
    var query: String {
        let (seconds, rest) = max(0, nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        return "\(seconds).\(String(rest + 1_000_000_000).dropFirst())"
    }

    /// Days since the epoch: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// Reads the parts of a timestamp from the front.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = Substring(String(text)).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(_ count: Int) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// Nanoseconds; nil for a point without one to nine digits after it.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        guard (1...9).contains(count), let digits = number(count) else { return nil }
        return (count..<9).reduce(digits) { value, _ in value * 10 }
    }

    /// Minutes east of Greenwich.
    mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
