public import FleetModel

/// Where a step stands.
public enum StepState: Hashable, Sendable {
    /// Not begun.
    case pending
    /// Its effect was begun and its outcome is not known.
    case intended
    /// Ended well: the effect was had, or was already there.
    case ended(StepOutcome)

    /// Whether steps that wait for this one may begin.
    public var isSatisfied: Bool {
        switch self {
        case .ended(.done), .ended(.unchanged): true
        default: false
        }
    }

    /// The failure it ended with, if it did.
    public var failure: StepFailure? {
        if case .ended(.failed(let failure)) = self { failure } else { nil }
    }
}

/// The state of an operation: what `fold` makes of its events.
public struct OperationProgress: Sendable {
    /// The plan the events belong to.
    public let plan: OperationPlan
    /// Each step's state, by its index in the plan.
    public private(set) var states: [StepState]
    /// The worker that took it up last.
    public private(set) var holder: Holder?
    /// A stop, pause or abort that was asked for since the last worker began.
    public private(set) var request: ControlRequest?
    /// What was set on it, by whichever worker's time.
    public private(set) var settings = OperationSettings()
    /// How the last worker left it; nil while one is on it, or died on it.
    public private(set) var ending: OperationEnding?
    /// When it was left so.
    public private(set) var endedAt: Timestamp?
    /// How often the daemon has gone on with it after its worker died, since a step last ended well or somebody went on with it.
    public private(set) var resumptions = 0
    /// The number of the last event taken in.
    public private(set) var sequence: Int64 = 0
    /// When the first worker began.
    public private(set) var startedAt: Timestamp?
    /// How long workers were on it.
    public private(set) var work = WorkTime()
    /// When each step was last begun and ended, by its index in the plan.
    public private(set) var times: [StepTimes]

    /// What went wrong without the operation depending on it.
    public private(set) var warnings: [String] = []

    /// Steps that a worker has begun to apply, whatever became of them; those that were already true are not among them.
    public private(set) var begun: Set<StepID> = []

    private let index: [StepID: Int]
    /// Whether the next worker is the daemon's.
    private var isResumed = false

    /// The state before any event.
    public init(plan: OperationPlan) {
        self.plan = plan
        self.states = Array(repeating: .pending, count: plan.steps.count)
        self.times = Array(repeating: StepTimes(), count: plan.steps.count)
        self.index = Dictionary(
            plan.steps.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// The state of what was never begun, since everything was as it should be.
    public init(unchanged plan: OperationPlan) {
        self.init(plan: plan)
        states = Array(repeating: .ended(.unchanged(note: nil)), count: plan.steps.count)
    }

    /// The state after `events`: the fold that resume, attach, list and show share.
    public static func fold(_ plan: OperationPlan, _ events: some Sequence<JournaledEvent>) -> OperationProgress {
        var progress = OperationProgress(plan: plan)
        for event in events { progress.apply(event) }
        return progress
    }

    /// Takes one more event in. Events of steps that the plan lacks are passed over.
    public mutating func apply(_ journaled: JournaledEvent) {
        sequence = max(sequence, journaled.sequence)
        work.take(journaled, request: request)
        switch journaled.event {
        case .started(let holder):
            self.holder = holder
            startedAt = startedAt ?? journaled.at
            (ending, endedAt) = (nil, nil)
            if !isResumed { resumptions = 0 }
            isResumed = false
            request = nil
            // A step that failed is tried again by whoever takes the operation up.
            for step in states.indices {
                guard let failure = states[step].failure else { continue }
                states[step] = .pending
                if failure.code == StepFailure.notEmpty { drainAgain(before: step) }
            }
            // Nor does the time between two workers count for a step.
            for step in states.indices where !states[step].isSatisfied { times[step] = StepTimes() }
        case .intent(let step):
            if let place = index[step] {
                states[place] = .intended
                times[place] = StepTimes(begun: journaled.at)
                begun.insert(step)
            }
        case .outcome(let step, let outcome):
            if let place = index[step] {
                times[place].ended = journaled.at
                states[place] = .ended(outcome)
                if states[place].isSatisfied { resumptions = 0 }
            }
        case .resumed(let cause):
            isResumed = true
            if cause == .workerDied { resumptions += 1 }
        case .note: break
        case .requested(.set(let setting)): settings.take(setting)
        case .requested(let request): if request.outweighs(self.request) { self.request = request }
        case .warning(let text): if !warnings.contains(text) { warnings.append(text) }
        case .ended(let ending): (self.ending, endedAt) = (ending, journaled.at)
        }
    }

    /// A broker that has data again is drained again before it is proved empty once more. Only while no other step stands
    /// between: once one of several brokers is gone, the move that emptied them all can't be made a second time.
    private mutating func drainAgain(before step: Int) {
        var again: [Int] = []
        var place = step
        while let before = plan.steps[place].dependencies.last.flatMap({ index[$0] }), before < place {
            again.append(before)
            if OperationPlan.movingKinds.contains(plan.steps[before].kind) {
                for step in again { states[step] = .pending }
                return
            }
            guard plan.steps[before].kind == OperationPlan.provingKind else { return }
            place = before
        }
    }

    /// The same, with a stop asked for where nothing that ends it is.
    public func stopping() -> OperationProgress {
        var progress = self
        progress.request = progress.request ?? .stop
        return progress
    }

    /// Whether another operation was begun in its stead: what it left can still be taken back.
    public var isSuperseded: Bool { if case .superseded = ending { true } else { false } }

    /// Whether it was ended on purpose in the midst of its steps.
    public var isStoppedAtOnce: Bool { if case .stoppedAtOnce = ending { true } else { false } }

    /// The command that goes on with operation `id` where it was left: to its end, or with giving it up where that was begun.
    public func wayOn(_ id: OperationID) -> String {
        "gantry operation \(request == .abort ? "abort" : "resume") \(id)"
    }

    /// What is in doubt of operation `id` after a worker was cut off in the midst of its steps, dead or on purpose, and what
    /// takes it back; nil where nothing is.
    public func doubt(_ id: OperationID) -> String? {
        let steps = zip(plan.steps, states).filter { $0.1 == .intended }.map(\.0)
        guard let first = steps.first else { return nil }
        let others = steps.count > 1 ? " and \(counted(steps.count - 1, "other step"))" : ""
        let moves =
            steps.contains { OperationPlan.movingKinds.contains($0.kind) }
            ? "; its moves and throttle may be in force: gantry operation abort \(id) takes them back" : ""
        return "cut off: \(first.title)\(others)\(moves)"
    }

    /// The state of `step`; nil when the plan has no such step.
    public func state(of step: StepID) -> StepState? { index[step].map { states[$0] } }

    /// The operation's state as `operation list` names it; `holderIsAlive` is the caller's proof about `holder`.
    public func status(holderIsAlive: Bool) -> OperationStatus {
        switch ending {
        case .done: .done
        case .stopped, .stoppedAtOnce: .stopped
        case .paused: .paused
        case .failed: .failed
        case .aborted, .superseded: .aborted
        case nil: holder == nil ? .stopped : holderIsAlive ? .running : .interrupted
        }
    }
}

/// The states that `gantry operation list` knows.
public enum OperationStatus: String, Hashable, Sendable, Codable {
    case running, interrupted, paused, stopped, done, failed, aborted
}
