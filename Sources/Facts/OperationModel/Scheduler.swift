import FleetModel

/// What an engine does next with an operation: a pure decision over its progress.
public enum Scheduler {
    /// What to do.
    public enum Decision: Hashable, Sendable {
        /// Begin these steps (probe first, apply if it is needed); wait for any running one otherwise.
        case run([StepID])
        /// Nothing more will start and nothing runs: write this ending.
        case end(OperationEnding)
    }

    /// Steps that may begin now, at most `width` at once with those `running`; or the ending, when nothing is left.
    ///
    /// Steps begin in the plan's order. After a failure the plan's policy says whether independent steps still begin;
    /// a request to stop lets running steps end and begins none. In both cases what is owed still begins: steps that follow
    /// through what was begun before, so that a node that was stopped for a moment comes back. Giving up begins nothing: it
    /// takes back.
    /// - Parameters:
    ///   - progress: what was done.
    ///   - running: steps under way.
    ///   - width: how many may be.
    ///   - left: steps that this worker has begun and left on request: not even what is owed is begun by it again.
    /// - Returns: the steps to begin, or the ending.
    public static func decide(
        _ progress: OperationProgress, running: Set<StepID>, width: Int, left: Set<StepID> = []
    ) -> Decision {
        let failures = zip(progress.plan.steps, progress.states).compactMap { step, state in
            state.failure.map { (step, $0) }
        }
        let halted =
            progress.request != nil || (!failures.isEmpty && progress.plan.failurePolicy == .stop)
        if !halted || progress.request != .abort {
            var satisfied: Set<StepID> = []
            for (step, state) in zip(progress.plan.steps, progress.states) where state.isSatisfied {
                satisfied.insert(step.id)
            }
            let owed = halted ? owed(progress).subtracting(left) : []
            let room = max(0, width - running.count)
            let ready = zip(progress.plan.steps, progress.states).lazy.filter { step, state in
                !state.isSatisfied && state.failure == nil && !running.contains(step.id)
                    && step.dependencies.allSatisfy(satisfied.contains) && (!halted || owed.contains(step.id))
            }
            let begin = ready.prefix(room).map { $0.0.id }
            if !begin.isEmpty { return .run(Array(begin)) }
        }
        guard running.isEmpty else { return .run([]) }
        if let (step, failure) = failures.first {
            let others = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
            return .end(.failed(reason: "\(step.title): \(failure.reason)\(others)"))
        }
        let open = zip(progress.plan.steps, progress.states).filter { !$0.1.isSatisfied }
        let remain = counted(open.count, "step", "remains", "remain")
        switch progress.request {
        case .some where open.isEmpty: return .end(.done)
        case .abort: return .end(.aborted(reason: "asked for; \(counted(open.count, "step", "was", "were")) not begun"))
        case .stop: return .end(.stopped(reason: "asked for; \(remain)"))
        case .pause: return .end(.paused(reason: "asked for; \(remain)"))
        case .set, nil: return .end(.done)
        }
    }

    /// The ending of an operation whose worker is told to end at once: the steps under way stay begun.
    public static func cutOff(_ progress: OperationProgress) -> OperationEnding {
        let open = counted(progress.states.count { !$0.isSatisfied }, "step", "remains", "remain")
        return switch progress.request {
        case .abort: .stoppedAtOnce(reason: "asked for while it was given up; \(open)")
        case .stop, .pause: .stoppedAtOnce(reason: "asked for; \(open)")
        case .set, nil: .stoppedAtOnce(reason: "its worker was told to end (SIGTERM); \(open)")
        }
    }

    /// Steps that follow through a step that was begun; what was already true in between breaks no chain.
    private static func owed(_ progress: OperationProgress) -> Set<StepID> {
        var owed: Set<StepID> = []
        for step in progress.plan.steps where step.followsThrough {
            if step.dependencies.contains(where: { progress.begun.contains($0) || owed.contains($0) }) {
                owed.insert(step.id)
            }
        }
        return owed
    }
}
