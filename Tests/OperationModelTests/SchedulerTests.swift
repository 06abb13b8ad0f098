import FleetModel
import OperationModel
import Testing

/// A plan a → b, c independent, as transcripts of decisions.
struct SchedulerTests {
    let a = StepID(rawValue: "a")
    let b = StepID(rawValue: "b")
    let c = StepID(rawValue: "c")

    private func step(_ id: StepID, after: [StepID] = [], followsThrough: Bool = false) -> StepRecord {
        StepRecord(
            id: id, kind: "test", subject: id.rawValue, host: nil, title: "do \(id)", dependencies: after,
            payload: "{}", followsThrough: followsThrough)
    }

    func plan(_ policy: FailurePolicy = .finishIndependent) throws -> OperationPlan {
        return OperationPlan(
            command: "bootstrap", arguments: [], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), steps: [step(a), step(b, after: [a]), step(c)],
            failurePolicy: policy)
    }

    func progress(_ plan: OperationPlan, _ events: OperationEvent...) -> OperationProgress {
        .fold(
            plan,
            events.enumerated().map {
                JournaledEvent(
                    sequence: Int64($0.offset + 1), at: Timestamp(milliseconds: Int64($0.offset)), event: $0.element)
            })
    }

    let failure = StepFailure(code: "x", what: "doing", object: "a", reason: "it broke", remedy: "mend it")
    let holder = Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root")

    @Test func `steps that wait for nothing begin side by side`() throws {
        #expect(Scheduler.decide(progress(try plan()), running: [], width: 8) == .run([a, c]))
    }

    @Test func `the width bounds what runs at once`() throws {
        #expect(Scheduler.decide(progress(try plan()), running: [], width: 1) == .run([a]))
        #expect(Scheduler.decide(progress(try plan()), running: [a], width: 1) == .run([]))
    }

    @Test func `a step begins when what it waits for has ended well, unchanged included`() throws {
        let after = progress(try plan(), .outcome(a, .unchanged(note: nil)), .outcome(c, .done(note: nil)))
        #expect(Scheduler.decide(after, running: [], width: 8) == .run([b]))
    }

    @Test func `an intent without an outcome is begun again, which probes first`() throws {
        let crashed = progress(try plan(), .started(holder), .intent(a), .outcome(c, .done(note: nil)))
        #expect(crashed.state(of: a) == .intended)
        #expect(Scheduler.decide(crashed, running: [], width: 8) == .run([a]))
    }

    @Test func `after a failure independent steps finish where the policy says so`() throws {
        let failed = progress(try plan(), .outcome(a, .failed(failure)))
        #expect(Scheduler.decide(failed, running: [], width: 8) == .run([c]))
        let rest = progress(try plan(), .outcome(a, .failed(failure)), .outcome(c, .done(note: nil)))
        #expect(Scheduler.decide(rest, running: [], width: 8) == .end(.failed(reason: "do a: it broke")))
    }

    @Test func `after a failure nothing begins where the policy is to stop`() throws {
        let failed = progress(try plan(.stop), .outcome(a, .failed(failure)))
        #expect(Scheduler.decide(failed, running: [c], width: 8) == .run([]))
        #expect(Scheduler.decide(failed, running: [], width: 8) == .end(.failed(reason: "do a: it broke")))
    }

    @Test func `a request to stop waits for running steps and leaves the rest`() throws {
        let asked = progress(try plan(), .started(holder), .intent(a), .requested(.stop))
        #expect(Scheduler.decide(asked, running: [a], width: 8) == .run([]))
        #expect(
            Scheduler.decide(asked, running: [], width: 8) == .end(.stopped(reason: "asked for; 3 steps remain")))
    }

    @Test func `a request that comes when all is done changes nothing`() throws {
        let asked = progress(
            try plan(), .outcome(a, .done(note: nil)), .outcome(b, .done(note: nil)),
            .outcome(c, .done(note: nil)), .requested(.stop))
        #expect(Scheduler.decide(asked, running: [], width: 8) == .end(.done))
    }

    @Test func `taking an operation up again forgets requests and failures, not what was done`() throws {
        let again = progress(
            try plan(), .started(holder), .outcome(a, .failed(failure)), .outcome(c, .done(note: nil)),
            .requested(.stop), .ended(.stopped(reason: "")), .started(holder))
        #expect(again.state(of: a) == .pending)
        #expect(again.state(of: c) == .ended(.done(note: nil)))
        #expect(again.request == nil && again.ending == nil)
        #expect(Scheduler.decide(again, running: [], width: 8) == .run([a]))
    }

    @Test func `an operation without ending is running or interrupted by its holder's life`() throws {
        let begun = progress(try plan(), .started(holder))
        #expect(begun.status(holderIsAlive: true) == .running)
        #expect(begun.status(holderIsAlive: false) == .interrupted)
        #expect(progress(try plan()).status(holderIsAlive: false) == .stopped)
    }

    // MARK: What is owed

    /// a is followed through by b and b by c; d waits for c.
    private func chain() throws -> OperationPlan {
        var plan = try plan(.stop)
        plan.steps = [
            step(a), step(b, after: [a], followsThrough: true), step(c, after: [b], followsThrough: true),
            step(d, after: [c]),
        ]
        return plan
    }

    private let d = StepID(rawValue: "d")

    @Test(arguments: [ControlRequest.stop, .pause])
    func `what follows through a step that was begun begins in spite of a request, and nothing behind it`(
        request: ControlRequest
    ) throws {
        var events: [OperationEvent] = [
            .started(holder), .intent(a), .outcome(a, .done(note: nil)), .requested(request),
        ]
        func next(_ left: Set<StepID> = []) throws -> Scheduler.Decision {
            let progress = OperationProgress.fold(
                try chain(),
                events.enumerated().map {
                    JournaledEvent(
                        sequence: Int64($0.offset + 1), at: Timestamp(milliseconds: Int64($0.offset)),
                        event: $0.element)
                })
            return Scheduler.decide(progress, running: [], width: 8, left: left)
        }
        #expect(try next() == .run([b]))
        // What was already true breaks no chain.
        events.append(.outcome(b, .unchanged(note: nil)))
        #expect(try next() == .run([c]))
        guard case .end = try next([c]) else {
            Issue.record("a step that left on request was begun again")
            return
        }
        events.append(.outcome(c, .done(note: nil)))
        guard case .end = try next() else {
            Issue.record("more than what was owed began")
            return
        }
    }

    @Test func `what was not begun is not followed through, and giving up takes back instead`() throws {
        let untouched = progress(
            try chain(), .started(holder), .outcome(a, .unchanged(note: nil)), .requested(.stop))
        guard case .end(.stopped) = Scheduler.decide(untouched, running: [], width: 8) else {
            Issue.record("it began something")
            return
        }
        let given = progress(
            try chain(), .started(holder), .intent(a), .outcome(a, .done(note: nil)), .requested(.abort))
        guard case .end(.aborted) = Scheduler.decide(given, running: [], width: 8) else {
            Issue.record("it began something")
            return
        }
    }

    @Test func `a failure elsewhere leaves nothing half done that follows through`() throws {
        var plan = try chain()
        plan.steps.append(step(StepID(rawValue: "e")))
        let failed = progress(
            plan, .started(holder), .intent(a), .outcome(a, .done(note: nil)),
            .outcome(StepID(rawValue: "e"), .failed(failure)))
        #expect(Scheduler.decide(failed, running: [], width: 8) == .run([b]))
    }

    @Test func `an operation in whose stead another was begun is over`() throws {
        let other = OperationID(createdAt: Timestamp(milliseconds: 9), salt: 2)
        let over = progress(try plan(), .started(holder), .intent(a), .ended(.superseded(by: other)))
        #expect(over.status(holderIsAlive: false) == .aborted && over.isSuperseded)
        #expect(!progress(try plan(), .started(holder), .ended(.aborted(reason: ""))).isSuperseded)
    }

    @Test func `a plan whose step waits for a later one is called defective`() throws {
        var wrong = try plan()
        #expect(wrong.defect == nil)
        wrong.steps.swapAt(0, 1)
        #expect(wrong.defect == "step b waits for a, which does not come before it")
    }
}
