/// How long a transfer may take. `nil` means that nothing of the kind is bounded.
public struct TransferDeadlines: Sendable, Hashable {
    /// What ran out.
    public enum Kind: String, Sendable, Hashable {
        /// The connection was not made in time.
        case connect
        /// The answer's head (status line and headers) did not arrive in time after the start.
        case answer
        /// No byte went in either direction for too long.
        case silence
        /// The transfer as a whole took too long.
        case whole
    }

    /// A local socket answers at once or not at all; one forwarded over SSH needs a round trip or two.
    public static let defaultConnect = Duration.seconds(5)
    /// Enough for any call that answers with a small document; calls that wait for the world say so themselves.
    public static let defaultWhole = Duration.seconds(30)

    /// From the start to the connection. Always bounded.
    public var connect: Duration
    /// From the start to the end of the answer's head.
    public var answer: Duration?
    /// Between two signs of life. While the reader of a stream is behind, this clock stands still.
    public var silence: Duration?
    /// From the start to the end.
    public var whole: Duration?

    /// Deadlines of a call: by default 5 s to connect and 30 s for the whole.
    public init(
        connect: Duration = Self.defaultConnect, answer: Duration? = nil, silence: Duration? = nil,
        whole: Duration? = Self.defaultWhole
    ) {
        self.connect = connect
        self.answer = answer
        self.silence = silence
        self.whole = whole
    }

    func duration(of kind: Kind) -> Duration? {
        switch kind {
        case .connect: connect
        case .answer: answer
        case .silence: silence
        case .whole: whole
        }
    }
}

/// The running clocks of one transfer, as a value: it is told what happened and when, and says what ran out.
///
/// The connect deadline is curl's own: only curl knows when the connection stands.
struct TransferClocks: Equatable {
    private let deadlines: TransferDeadlines
    private let start: ContinuousClock.Instant
    private var lastSign: ContinuousClock.Instant
    private var hasAnswer = false
    private var isHeldByReader = false

    init(_ deadlines: TransferDeadlines, start: ContinuousClock.Instant) {
        self.deadlines = deadlines
        self.start = start
        lastSign = start
    }

    mutating func bytesMoved(at now: ContinuousClock.Instant) { lastSign = now }

    mutating func answerBegan(at now: ContinuousClock.Instant) {
        hasAnswer = true
        lastSign = now
    }

    mutating func readerFellBehind() { isHeldByReader = true }

    mutating func readerCaughtUp(at now: ContinuousClock.Instant) {
        isHeldByReader = false
        lastSign = now
    }

    /// The next moment at which something can run out.
    var next: ContinuousClock.Instant? { running.map(\.end).min() }

    /// What has run out at `now`, the earliest first.
    func expired(at now: ContinuousClock.Instant) -> TransferDeadlines.Kind? {
        running.filter { $0.end <= now }.min { $0.end < $1.end }?.kind
    }

    private var running: [(kind: TransferDeadlines.Kind, end: ContinuousClock.Instant)] {
        var result: [(TransferDeadlines.Kind, ContinuousClock.Instant)] = []
        if let whole = deadlines.whole { result.append((.whole, start.advanced(by: whole))) }
        if let answer = deadlines.answer, !hasAnswer { result.append((.answer, start.advanced(by: answer))) }
        if let silence = deadlines.silence, !isHeldByReader {
            result.append((.silence, lastSign.advanced(by: silence)))
        }
        return result
    }
}
