public import FleetModel

/// How far a step that moves data is, for whoever watches: the latest one alone is kept, beside the operation's events.
public struct StepProgress: Hashable, Sendable, Codable {
    /// The step.
    public var step: StepID
    /// When it was seen.
    public var at: Timestamp
    /// Bytes that were really copied.
    public var copied: ByteCount
    /// Bytes to copy in all.
    public var bytes: ByteCount
    /// Bytes a second, of the last minutes; nil where there is nothing to tell it from yet.
    public var rate: BytesPerSecond?
    /// The shortest time that may be left; nil where that can't be told.
    public var leastLeft: Duration?
    /// The longest time that may be left.
    public var mostLeft: Duration?
    /// Partitions that are where they belong.
    public var settled: Int
    /// All partitions that the step moves.
    public var partitions: Int
    /// Partitions under way.
    public var moving: Int
    /// The partitions with the most bytes left, in words, with how much of each is there.
    public var slowest: [String]
    /// Since when nothing went forward, once that counts as a stall; nil otherwise.
    public var stalledSince: Timestamp?
    /// The oldest stuck partitions of a stall, each with its cause.
    public var stuck: [Stuck]
    /// When a step that waits for its hours goes on; nil otherwise.
    public var goesOnAt: Timestamp?

    /// A partition that does not go forward.
    public struct Stuck: Hashable, Sendable, Codable {
        /// Which.
        public var partition: TopicPartition
        /// Why: `target down`, `disk full`, `throttle below ingress`, `source lagging`, `foreign reassignment`, `unknown`.
        public var cause: String
        /// The object and more words on it.
        public var detail: String
        /// The next command.
        public var next: String

        /// A stuck partition.
        public init(partition: TopicPartition, cause: String, detail: String, next: String) {
            (self.partition, self.cause, self.detail, self.next) = (partition, cause, detail, next)
        }
    }

    /// Nothing known yet of `step`.
    public init(step: StepID, at: Timestamp) {
        (self.step, self.at) = (step, at)
        (copied, bytes, settled, partitions, moving) = (.zero, .zero, 0, 0, 0)
        (slowest, stuck) = ([], [])
    }

    /// `5 to 7 min left`, `more than 5 min left`; nil where it is not known.
    public static func words(least: Duration?, most: Duration?) -> String? {
        guard let least else { return nil }
        func time(_ duration: Duration) -> String {
            let seconds = duration.components.seconds
            return seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
        }
        guard let most else { return "more than \(time(least)) left" }
        let (low, high) = (time(least), time(most))
        return low == high ? "about \(low) left" : "\(low) to \(high) left"
    }

    /// One line for people: bytes, rate, time left; a stall or a wait instead of them.
    public var words: String {
        var words = ["\(copied) of \(bytes)"]
        if let rate { words.append("\(rate)") }
        if let left = Self.words(least: leastLeft, most: mostLeft) { words.append(left) }
        words.append("\(settled) of \(counted(partitions, "partition"))")
        return words.joined(separator: ", ")
    }

    /// Its name in the journal.
    public static func key(of operation: OperationID) -> String { "progress/\(operation)" }
}
