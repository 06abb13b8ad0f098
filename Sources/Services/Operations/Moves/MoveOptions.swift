public import FleetModel

/// How data is moved.
public struct MoveOptions: Hashable, Sendable, Codable {
    /// What to do with partitions that somebody else is moving. They are never overridden: a cancellation afterwards
    /// would not bring the originals back (KAFKA.md section 5).
    public enum Foreign: String, Hashable, Sendable, Codable {
        /// Leave them until the other one is done, then go on with them.
        case wait
        /// Stop.
        case refuse
    }

    /// The replication throttle of each broker and direction; nil: none.
    public var throttle: BytesPerSecond?
    /// What to do with partitions that somebody else is moving.
    public var foreign: Foreign
    /// Hours in which data may move; nil: all.
    public var hours: DailyHours?

    /// These options.
    public init(throttle: BytesPerSecond?, foreign: Foreign = .wait, hours: DailyHours? = nil) {
        (self.throttle, self.foreign, self.hours) = (throttle, foreign, hours)
    }

    /// Kafka takes at most 10,000 records for one request and fails the rest one by one: half of it is safe.
    static let requestSize = 5000
    /// Elections are asked for in smaller portions: each makes clients look for the new leader.
    static let electionSize = 1000
    /// Copies that a port has under way at least, so that small partitions do not wait for the next poll.
    static let windowCount = 5
    /// A port has so much time's worth of bytes under way at least: the longest poll interval.
    static let windowTime: Duration = .seconds(10)
    /// The rate that the window is reckoned with where there is no throttle: one gigabit link.
    static let assumedRate = BytesPerSecond(100 << 20)
    /// Between two polls.
    static let shortestPoll: Duration = .seconds(1)
    /// Between two polls: beyond it an operator waits too long for `pause`.
    static let longestPoll: Duration = .seconds(10)
    /// A whole listing at least so often: what somebody else changed is seen.
    static let listingInterval: Duration = .seconds(60)
    /// Listings take at most a twentieth of the time.
    static let listingShare = 20
    /// Without a byte and a partition forward for this long the moves count as stalled (PRODUCT.md section 4).
    static let stallTime: Duration = .seconds(120)
    /// A stall is said again so often.
    static let stallRepeat: Duration = .seconds(60)
    /// A stall that lasts so long ends the step: by then somebody should look, and nothing is lost by waiting for them.
    static let stallLimit: Duration = .seconds(1800)
    /// A fenced broker counts as dead after this time: a restart takes 10 to 15 seconds (KAFKA.md section 3).
    static let deathTime: Duration = .seconds(30)
    /// A broker that dies while it leaves is started again at most so often: one that dies again and again needs somebody.
    static let mostRevivals = 3
    /// And not before this time after the last try: it may have logs to recover.
    static let revivalInterval: Duration = .seconds(90)
    /// Of a directory's volume, this share stays free (the planner's headroom).
    static let headroom = PerMille(50)
    /// What a partition may grow while it is copied, as a share of its size.
    static let growth = PerMille(100)
    /// Listings that may show the lists of a move that has just ended as they were while it was under way: a broker's
    /// metadata lag behind the controller's by some ten milliseconds.
    static let lagListings = 3
    /// The remainder is planned anew at most so often.
    static let replanInterval: Duration = .seconds(15)

    var windowRate: BytesPerSecond { throttle ?? Self.assumedRate }

    /// Bytes that a port has under way at least.
    var windowBytes: Int64 {
        let (bytes, overflow) = windowRate.bytesPerSecond.multipliedReportingOverflow(
            by: Self.windowTime.components.seconds)
        return overflow ? .max : bytes
    }
}
