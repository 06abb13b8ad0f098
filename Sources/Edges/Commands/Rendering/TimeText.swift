import FleetModel

/// Spans and instants as people read them.
enum TimeText {
    /// `0.2s`, `27s`, `3m 12s`, `1h 05m`, `2d 03h`; two units at most.
    static func span(_ duration: Duration) -> String { duration.span }

    /// `2026-05-01T03:00:00Z`: RFC 3339 to the second.
    static func instant(_ time: Timestamp) -> String { time.description.prefix(19) + "Z" }
}
