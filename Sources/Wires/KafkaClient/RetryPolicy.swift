internal import KafkaProtocol

/// What is tried again, and how soon: exponential, with jitter, within the request's deadline.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first included.
    public var attempts: Int
    /// The pause before the second attempt, on average.
    public var firstPause: Duration
    /// No pause is longer, on average.
    public var longestPause: Duration

    /// A policy of at least one attempt.
    public init(attempts: Int, firstPause: Duration, longestPause: Duration) {
        self.attempts = max(1, attempts)
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// Eight attempts over about six seconds: a quorum's new leader takes two, a broker's restart more.
    public static let standard = RetryPolicy(
        attempts: 8, firstPause: .milliseconds(50), longestPause: .seconds(2))

    /// One attempt: for looking at what may be dead.
    public static let once = RetryPolicy(attempts: 1, firstPause: .zero, longestPause: .zero)

    /// The pause after `failures` failed attempts (1 or more); `random` in 0..<1 spreads it by a half either way, so
    /// that clients which failed together do not return together.
    func pause(after failures: Int, random: Double) -> Duration {
        var pause = firstPause
        for _ in 1..<max(1, min(failures, 32)) where pause < longestPause { pause *= 2 }
        return min(pause, longestPause) * (0.5 + min(max(random, 0), 1))
    }

    /// Whether a request that failed like this may be sent again: never when it may have been carried out, unless it
    /// changes nothing.
    static func mayRepeat(_ error: KafkaClientError, isReadOnly: Bool) -> Bool {
        error.isTransient && (isReadOnly || !error.wasSent)
    }

    /// Whether an answer with this code as a whole is worth another attempt.
    ///
    /// `NOT_CONTROLLER` says that nothing was done; the other retriable codes leave that open.
    static func mayRepeat(_ code: ErrorCode, isReadOnly: Bool) -> Bool {
        code == .notController || (code.isRetriable && isReadOnly)
    }
}
