import FleetModel
import OperationModel

/// Makes lines of progress, and its values for those who watch: bytes really copied, rate, time left with a range.
struct MoveTelling {
    private struct Sample {
        var at: Duration
        var bytes: Int64
    }

    /// The rate is that of the last two minutes: long enough for a throttle's window, short enough to notice a change.
    private static let window: Duration = .seconds(120)
    /// The time left is reckoned with the rate of this time too: what has just changed shows.
    private static let shortWindow: Duration = .seconds(30)
    /// Milliseconds from which on a rate is one: of less, the end of one copy makes a giant.
    private static let leastTime = 10_000.0
    /// Between two values for those who watch: each is a write to the disk.
    private static let showing: Duration = .seconds(5)

    private var last: Duration?
    private var shown: Duration?
    private var samples: [Sample] = []
    private var first: Sample?

    /// Takes in how far it is.
    mutating func take(_ progress: MoveProgress, at now: Duration) {
        let sample = Sample(at: now, bytes: progress.copied.bytes)
        // What was taken back has to be copied again: rates from before say nothing.
        if let last = samples.last, last.bytes > sample.bytes { (samples, first) = ([], nil) }
        first = first ?? sample
        samples.append(sample)
        samples.removeAll { now - $0.at > Self.window }
    }

    /// Whether those who watch are to be shown something again.
    mutating func isTimeToShow(at now: Duration) -> Bool {
        if let shown, now - shown < Self.showing { return false }
        shown = now
        return true
    }

    /// A line where the time for one has come.
    mutating func line(_ progress: MoveProgress, at now: Duration, every interval: Duration) -> String? {
        guard progress.moving > 0, let last else {
            last = last ?? now
            return nil
        }
        guard now - last >= interval else { return nil }
        self.last = now
        var words = ["\(progress.copied) of \(progress.bytes)"]
        if let rate { words.append("\(rate)") }
        if let left = Self.words(left(progress)) { words.append(left) }
        words.append(
            "\(progress.settled) of \(counted(progress.partitions, "partition")), \(progress.moving) under way")
        if let slow = progress.slowest.first, slow.size > .zero { words.append("slowest \(slow.words)") }
        return words.joined(separator: ", ")
    }

    /// Bytes a second of the last minutes.
    var rate: BytesPerSecond? {
        guard let bytes = rate(since: samples.first), bytes > 0 else { return nil }
        return BytesPerSecond(bytes)
    }

    /// The least and the most time that may be left, by the rates of half a minute, two minutes and all the time.
    func left(_ progress: MoveProgress) -> (least: Duration, most: Duration?)? {
        guard let now = samples.last?.at else { return nil }
        let rates = [
            rate(since: samples.first { now - $0.at <= Self.shortWindow }), rate(since: samples.first),
            rate(since: first),
        ].compactMap { $0 }
        guard let fastest = rates.max(), let slowest = rates.min(), fastest > 0 else { return nil }
        let bytes = max(0, (progress.bytes - progress.copied).bytes)
        return (.seconds(bytes / fastest), slowest > 0 ? .seconds(bytes / slowest) : nil)
    }

    private func rate(since start: Sample?) -> Int64? {
        guard let start, let last = samples.last, last.at > start.at else { return nil }
        let milliseconds = (last.at - start.at) / .milliseconds(1)
        guard milliseconds >= Self.leastTime else { return nil }
        return Int64(Double(max(0, last.bytes - start.bytes)) * 1000 / milliseconds)
    }

    /// A few words for the journal at the end.
    func summary(_ progress: MoveProgress) -> String {
        "\(counted(progress.settled, "partition")), \(progress.bytes)"
    }

    /// `5 to 7 min left`; nil where it is not known.
    static func words(_ left: (least: Duration, most: Duration?)?) -> String? {
        guard let left else { return nil }
        return StepProgress.words(least: left.least, most: left.most)
    }
}

extension MoveProgress.Slow {
    /// `orders-3 (40 %)`.
    var words: String { "\(partition) (\(copied.bytes / max(1, size.bytes / 100)) %)" }
}
