import FleetModel

/// Spans and instants as people read them.
enum TimeText {
    /// `0.2s`, `27s`, `3m 12s`, `1h 05m`, `2d 03h`; two units at most.
    static func span(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return "0s" }
        if seconds < 10 {
            let tenths = attoseconds / 100_000_000_000_000_000
            return tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s"
        }
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m \(two(seconds % 60))s"
        case ..<86_400: return "\(seconds / 3600)h \(two(seconds / 60 % 60))m"
        default: return "\(seconds / 86_400)d \(two(seconds / 3600 % 24))h"
        }
    }

    /// `2026-05-01T03:00:00Z`: RFC 3339 to the second.
    static func instant(_ time: Timestamp) -> String { time.description.prefix(19) + "Z" }
}
