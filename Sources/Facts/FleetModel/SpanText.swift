extension Duration {
    /// As people read it, two units at most: `0.2s`, `27s`, `3m 12s`, `1h 05m`, `2d 03h`.
    public var span: String {
        let (seconds, attoseconds) = components
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

    /// The same where a glance must do: `27s`, `14m`, `1h 05m`, `2d 03h`.
    public var shortSpan: String {
        let seconds = max(0, components.seconds)
        return (60..<3600).contains(seconds) ? "\(seconds / 60)m" : Duration.seconds(seconds).span
    }
}
