/// Hours of every day, such as 22:00-06:00, by the clock of one place.
public struct DailyHours: Hashable, Sendable, Codable, CustomStringConvertible {
    /// One span of a day; it may run over midnight.
    struct Span: Hashable, Codable {
        /// Minutes after midnight.
        var from: Int
        /// Minutes after midnight; the first one that no longer belongs to it.
        var to: Int

        /// Its length in minutes.
        var length: Int { (to - from + DailyHours.day) % DailyHours.day }
    }

    private static let day = 24 * 60
    /// More spans of one day than anybody wants.
    private static let mostSpans = 12

    let spans: [Span]
    /// Seconds that the place's clock is ahead of UTC.
    public let utcOffset: Int

    /// Reads `22:00-06:00`, or several with commas between.
    /// - Parameters:
    ///   - text: the hours.
    ///   - utcOffset: seconds that the place's clock is ahead of UTC.
    ///
    /// Fails for anything else; a span of no length is none.
    public init?(_ text: String, utcOffset: Int) {
        var spans: [Span] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let from = Self.minutes(ends[0]), let to = Self.minutes(ends[1]) else { return nil }
            let span = Span(from: from % Self.day, to: to % Self.day)
            guard span.length > 0 else { return nil }
            spans.append(span)
        }
        guard (1...Self.mostSpans).contains(spans.count), abs(utcOffset) < 86_400 else { return nil }
        (self.spans, self.utcOffset) = (spans, utcOffset)
    }

    /// `HH:MM`; 24:00 is the end of the day.
    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
            parts[1].utf8.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60,
            hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 60 + minute
    }

    /// How long it goes on from `time` on; nil outside.
    public func left(at time: Timestamp) -> Duration? {
        let now = milliseconds(at: time)
        return spans.compactMap { span in
            let into = (now - Int64(span.from) * 60_000 + Self.dayMilliseconds) % Self.dayMilliseconds
            let left = Int64(span.length) * 60_000 - into
            return left > 0 ? .milliseconds(left) : nil
        }.max()
    }

    /// When the next span begins after `time`.
    public func opens(after time: Timestamp) -> Timestamp {
        let now = milliseconds(at: time)
        let waits = spans.map { span in
            let wait = (Int64(span.from) * 60_000 - now + Self.dayMilliseconds) % Self.dayMilliseconds
            return wait == 0 ? Self.dayMilliseconds : wait
        }
        return time.advanced(by: .milliseconds(waits.min() ?? 0))
    }

    /// The longest span.
    public var longest: Duration { .seconds((spans.map(\.length).max() ?? 0) * 60) }

    private static let dayMilliseconds = Int64(day) * 60_000

    /// Milliseconds after midnight at the place.
    private func milliseconds(at time: Timestamp) -> Int64 {
        let local = time.milliseconds + Int64(utcOffset) * 1000
        return (local % Self.dayMilliseconds + Self.dayMilliseconds) % Self.dayMilliseconds
    }

    /// As it is typed: `22:00-06:00`.
    public var description: String {
        func text(_ minutes: Int) -> String {
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return "\(two(minutes / 60)):\(two(minutes % 60))"
        }
        return spans.map { "\(text($0.from))-\(text($0.to))" }.joined(separator: ",")
    }
}
