import FleetModel

/// Makes lines of progress: bytes, rate, time left.
struct MoveTelling {
    private var last: Duration?
    private var samples: [(at: Duration, bytes: Int64)] = []
    /// The rate is that of the last two minutes: long enough for a throttle's window, short enough to notice a change.
    private static let window: Duration = .seconds(120)

    /// A line where the time for one has come.
    mutating func line(_ progress: MoveProgress, at now: Duration, every interval: Duration) -> String? {
        samples.append((now, progress.copied.bytes))
        samples.removeAll { now - $0.at > Self.window }
        guard progress.moving > 0, let last else {
            last = last ?? now
            return nil
        }
        guard now - last >= interval else { return nil }
        self.last = now
        var words = ["\(progress.copied) of \(progress.bytes)"]
        if let rate, rate > 0 {
            words.append("\(BytesPerSecond(rate))")
            words.append("about \(Self.time((progress.bytes - progress.copied).bytes / rate)) left")
        }
        words.append("\(progress.settled) of \(progress.partitions) partitions, \(progress.moving) under way")
        if let slow = progress.slowest.first, slow.size > .zero {
            words.append("slowest \(slow.partition) (\(slow.copied.bytes / max(1, slow.size.bytes / 100)) %)")
        }
        return words.joined(separator: ", ")
    }

    private var rate: Int64? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        let milliseconds = (last.at - first.at) / .milliseconds(1)
        guard milliseconds >= 1000 else { return nil }
        return max(0, last.bytes - first.bytes) * 1000 / Int64(milliseconds)
    }

    /// A few words for the journal at the end.
    func summary(_ progress: MoveProgress) -> String {
        "\(progress.settled) partitions, \(progress.bytes)"
    }

    private static func time(_ seconds: Int64) -> String {
        seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }
}
