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
    var next: ContinuousClock.Instant? { first?.end }

    /// What has run out at `now`, the earliest first.
    func expired(at now: ContinuousClock.Instant) -> TransferDeadlines.Kind? {
        first.flatMap { $0.end <= now ? $0.kind : nil }
    }

    private var first: (kind: TransferDeadlines.Kind, end: ContinuousClock.Instant)? {
        var first: (kind: TransferDeadlines.Kind, end: ContinuousClock.Instant)?
        func consider(_ kind: TransferDeadlines.Kind, _ duration: Duration?, from begin: ContinuousClock.Instant) {
            guard let end = duration.map({ begin.advanced(by: $0) }) else { return }
            if first.map({ end < $0.end }) ?? true { first = (kind, end) }
        }
        consider(.whole, deadlines.whole, from: start)
        if !hasAnswer { consider(.answer, deadlines.answer, from: start) }
        if !isHeldByReader { consider(.silence, deadlines.silence, from: lastSign) }
        return first
    }
}
