/// Decides when the children of a pipeline are signalled and when they are given up: a value, told of time and events.
///
/// Times are durations since the start. SIGTERM goes first, SIGKILL after the grace; a child that even SIGKILL does not
/// end is given up, so that a caller never waits for ever.
struct Supervision: Equatable {
    /// Why children were ended before they ended by themselves.
    enum Reason: Equatable, Sendable { case deadline, cancelled, outputOverLimit, downstreamEnded }

    enum Event: Equatable { case ended(stage: Int), cancelled, outputOverLimit, time }

    enum Action: Equatable { case terminate(stage: Int), kill(stage: Int) }

    private enum Phase: Equatable {
        case running
        /// The last program has ended; those that feed it have until then to notice.
        case windingDown(until: Duration)
        case terminating(until: Duration)
        case killing(until: Duration)
        case givenUp
    }

    /// 10 s: a killed process ends in milliseconds unless the kernel holds it (dead NFS, dead disk).
    static let patienceAfterKill: Duration = .seconds(10)

    private let deadline: Duration?
    private let grace: Duration
    private var phase = Phase.running
    private var running: [Bool]
    private(set) var reason: Reason?

    init(stages: Int, deadline: Duration?, grace: Duration) {
        running = Array(repeating: true, count: stages)
        self.deadline = deadline
        self.grace = grace
    }

    /// Whether there is nothing more to wait for.
    var isOver: Bool { phase == .givenUp || !running.contains(true) }
    /// Whether children are left that SIGKILL did not end.
    var isGivenUp: Bool { phase == .givenUp && running.contains(true) }

    /// When `time` must be told at the latest.
    var nextTime: Duration? {
        switch phase {
        case .running: deadline
        case .windingDown(let until): deadline.map { min($0, until) } ?? until
        case .terminating(let until), .killing(let until): until
        case .givenUp: nil
        }
    }

    mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch event {
        case .ended(let stage):
            running[stage] = false
            if stage == running.count - 1, running.contains(true), phase == .running {
                phase = .windingDown(until: now + grace)
            }
            return []
        case .cancelled: return end(because: .cancelled, at: now)
        case .outputOverLimit: return end(because: .outputOverLimit, at: now)
        case .time: return advance(to: now)
        }
    }

    private mutating func advance(to now: Duration) -> [Action] {
        switch phase {
        case .running, .windingDown:
            if let deadline, deadline <= now { return end(because: .deadline, at: now) }
            if case .windingDown(let until) = phase, until <= now { return end(because: .downstreamEnded, at: now) }
            return []
        case .terminating(let until):
            guard until <= now else { return [] }
            phase = .killing(until: now + Self.patienceAfterKill)
            return survivors.map(Action.kill)
        case .killing(let until):
            if until <= now { phase = .givenUp }
            return []
        case .givenUp: return []
        }
    }

    private mutating func end(because reason: Reason, at now: Duration) -> [Action] {
        switch phase {
        case .running, .windingDown: break
        case .terminating, .killing, .givenUp: return []
        }
        self.reason = reason
        phase = .terminating(until: now + grace)
        return survivors.map(Action.terminate)
    }

    private var survivors: [Int] { running.indices.filter { running[$0] } }
}
