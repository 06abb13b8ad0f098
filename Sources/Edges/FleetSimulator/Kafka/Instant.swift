/// A point of virtual time in whole microseconds: fine enough for what Kafka does in milliseconds, and whole numbers
/// add and compare alike on every machine.
struct Instant: Comparable, Hashable, Sendable, Codable {
    /// Since the simulation began.
    var microseconds: Int64

    init(microseconds: Int64) { self.microseconds = microseconds }

    /// The instant `duration` after the beginning, held at the ends of the range.
    init(_ duration: Duration) { microseconds = duration.wholeMicroseconds }

    static let start = Instant(microseconds: 0)
    static let never = Instant(microseconds: .max)

    static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }
    static func + (instant: Instant, duration: Duration) -> Instant {
        instant.later(microseconds: duration.wholeMicroseconds)
    }

    /// `never` stays never.
    func later(microseconds more: Int64) -> Instant {
        let (sum, overflow) = microseconds.addingReportingOverflow(more)
        return overflow ? .never : Instant(microseconds: sum)
    }

    /// Microseconds from `earlier` to this.
    func since(_ earlier: Instant) -> Int64 { microseconds - earlier.microseconds }

    var duration: Duration { .microseconds(microseconds) }

    init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

extension Duration {
    /// Rounded down, and held at the ends of the range.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, over) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return over ? (seconds < 0 ? .min : .max) : sum
    }
}

/// What rates, bytes and times have to do with each other, in whole numbers.
enum Traffic {
    /// No rate, of a network, a throttle or a producer, is above this: the products below stay within 64 bits.
    static let greatestRate: Int64 = 1_000_000_000_000
    /// No log is longer than this.
    static let greatestSize: Int64 = 1 << 60

    /// The bytes that `rate` bytes a second make in so many microseconds.
    static func bytes(_ rate: Int64, in microseconds: Int64) -> Int64 {
        guard rate > 0, microseconds > 0 else { return 0 }
        let rate = min(rate, greatestRate)
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let (whole, overflow) = rate.multipliedReportingOverflow(by: seconds)
        return overflow ? greatestSize : min(greatestSize, whole + rate * rest / 1_000_000)
    }

    /// The microseconds that `bytes` take at `rate` bytes a second, rounded up; nil for ever.
    static func time(_ bytes: Int64, at rate: Int64) -> Int64? {
        guard bytes > 0 else { return 0 }
        guard rate > 0 else { return nil }
        let rate = min(rate, greatestRate)
        let (seconds, rest) = bytes.quotientAndRemainder(dividingBy: rate)
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : whole + (rest * 1_000_000 + rate - 1) / rate
    }
}
