/// A time of every day, such as 08:00, by the clock of one place.
public struct TimeOfDay: Hashable, Sendable, Codable, CustomStringConvertible {
    private static let day: Int64 = 86_400_000

    /// Minutes after midnight.
    public let minutes: Int

    /// Reads `HH:MM`. Fails for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        minutes = hour * 60 + minute
    }

    /// As it was written.
    public var description: String {
        let minute = minutes % 60
        return "\(minutes / 600)\(minutes / 60 % 10):\(minute / 10)\(minute % 10)"
    }

    /// The next such time after `now`, where the place's clock is `utcOffset` seconds ahead of UTC.
    public func next(after now: Timestamp, utcOffset: Int) -> Timestamp {
        let local = now.milliseconds + Int64(utcOffset) * 1000
        let midnight = local - ((local % Self.day) + Self.day) % Self.day
        let today = midnight + Int64(minutes) * 60_000
        let next = today > local ? today : today + Self.day
        return Timestamp(milliseconds: next - Int64(utcOffset) * 1000)
    }
}
