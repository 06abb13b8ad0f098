import FleetModel
public import OperationModel

/// An operation from its beginning to its ending, as a mail tells it.
public struct OperationStory: Sendable {
    /// The operation.
    public var id: OperationID
    /// What became of it.
    public var progress: OperationProgress
    /// All that happened.
    public var events: [JournaledEvent]
    /// What each broker carried before; nil where no data was to move, or nobody could tell.
    public var before: [BrokerShare]?
    /// The same at the end.
    public var after: [BrokerShare]?

    /// A story of these parts.
    public init(
        id: OperationID, plan: OperationPlan, events: [JournaledEvent], before: [BrokerShare]? = nil,
        after: [BrokerShare]? = nil
    ) {
        self.id = id
        self.events = events
        self.before = before
        self.after = after
        progress = OperationProgress.fold(plan, events)
    }

    var plan: OperationPlan { progress.plan }

    /// Whether no worker will go on with it by itself: an operation that was paused has not ended.
    public var hasEnded: Bool {
        if case .paused = progress.ending { false } else { progress.ending != nil }
    }

    /// `done in 14m`; nil while it has no ending.
    var result: String? {
        let time = progress.work.total.shortSpan
        switch progress.ending {
        case .done:
            let warnings = progress.warnings.isEmpty ? "" : " with \(counted(progress.warnings.count, "warning"))"
            return "done\(warnings) in \(time)"
        case .paused: return "paused after \(time)"
        case .stopped: return "stopped after \(time)"
        case .stoppedAtOnce: return "stopped at once after \(time)"
        case .failed: return "FAILED after \(time)"
        case .aborted, .superseded: return "given up after \(time)"
        case nil: return nil
        }
    }

    /// Why it ended as it did, and what to do; nil where all is well.
    var explanation: String? {
        switch progress.ending {
        case .paused(let reason), .stopped(let reason):
            "\(reason); what is done is safe; next: gantry operation resume \(id)"
        case .stoppedAtOnce(let reason):
            "\(reason); what is done is safe" + (progress.doubt(id).map { "; \($0)" } ?? "")
                + "; next: \(progress.wayOn(id))"
        case .failed(let reason): "\(reason); next: mend the cause, then gantry operation resume \(id)"
        case .aborted(let reason): "\(reason); what is done stays"
        case .superseded(let other): "operation \(other) was begun in its stead; what is done stays"
        case .done, nil: nil
        }
    }

    /// Who carried it out, in order.
    var workers: [(at: Timestamp, holder: Holder)] {
        events.compactMap { event in if case .started(let holder) = event.event { (event.at, holder) } else { nil } }
    }

    var endedAt: Timestamp? { events.last { if case .ended = $0.event { true } else { false } }?.at }

    /// The steps that failed since the last worker began.
    var failures: [(step: StepRecord, failure: StepFailure)] {
        zip(plan.steps, progress.states).compactMap { step, state in state.failure.map { (step, $0) } }
    }
}
