public import FleetModel

/// How long workers were on an operation: the sum of spans from each start to the last that its worker was heard of.
///
/// The time between a worker's end, or death, and the next one's start is nobody's work.
public struct WorkTime: Hashable, Sendable {
    /// The spans that are over.
    private var ended: Duration = .zero
    /// The span that a worker is in, or died in.
    private var span: Span?

    private struct Span: Hashable {
        var start: Timestamp
        var latest: Timestamp
    }

    /// No work.
    public init() {}

    /// All spans together; that of a worker which still runs up to its last event.
    public var total: Duration { ended + length }

    /// When the worker that has not ended was last heard of; nil where none is on it.
    public var latest: Timestamp? { span?.latest }

    /// A clock that was set back takes nothing away.
    private var length: Duration { span.map { max(.zero, $0.latest.since($0.start)) } ?? .zero }

    /// Takes one more event in; `request` is what the worker had been asked for before it.
    mutating func take(_ journaled: JournaledEvent, request: ControlRequest?) {
        switch journaled.event {
        case .started:
            ended += length
            span = Span(start: journaled.at, latest: journaled.at)
        case .intent, .outcome, .note, .warning: span?.latest = journaled.at
        // Asked from outside: whether a worker hears it is another matter.
        case .requested, .resumed: break
        case .ended(let ending):
            // A worker aborts only what it was asked to; otherwise somebody closed what a dead one had left.
            switch ending {
            case .superseded: break
            case .aborted where request != .abort: break
            case .aborted, .done, .stopped, .stoppedAtOnce, .paused, .failed: span?.latest = journaled.at
            }
            ended += length
            span = nil
        }
    }
}

/// When a step was last begun and ended.
public struct StepTimes: Hashable, Sendable {
    /// When its effect was begun; nil for one that was already true, or was not reached.
    public var begun: Timestamp?
    /// When its outcome came.
    public var ended: Timestamp?

    /// From begin to outcome; nil where either is missing.
    public var took: Duration? {
        begun.flatMap { begun in ended.map { max(.zero, $0.since(begun)) } }
    }

    /// These times.
    public init(begun: Timestamp? = nil, ended: Timestamp? = nil) { (self.begun, self.ended) = (begun, ended) }
}
