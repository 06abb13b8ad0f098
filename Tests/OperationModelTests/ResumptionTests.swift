import FleetModel
import OperationModel
import Testing

/// What a daemon does about an operation that nobody carries out, as transcripts: what the journal tells, and the decision.
struct ResumptionTests {
    private static let a = StepID(rawValue: "a")
    private static let b = StepID(rawValue: "b")

    private static func holder(_ pid: Int32) -> Holder {
        Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root")
    }

    /// Events a second apart, the first one at second 1.
    private func progress(_ events: [OperationEvent]) throws -> OperationProgress {
        func step(_ id: StepID, after: [StepID] = []) -> StepRecord {
            StepRecord(
                id: id, kind: "test", subject: id.rawValue, host: nil, title: "do \(id)", dependencies: after,
                payload: "{}")
        }
        let plan = OperationPlan(
            command: "removebroker", arguments: ["3"], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), steps: [step(Self.a), step(Self.b, after: [Self.a])],
            failurePolicy: .stop)
        return .fold(
            plan,
            events.enumerated().map { index, event in
                JournaledEvent(
                    sequence: Int64(index + 1), at: Timestamp(milliseconds: Int64(index + 1) * 1000), event: event)
            })
    }

    private func decide(
        _ events: [OperationEvent], isAtWork: Bool = false, techhostWentDown: Bool = false, heartbeat: Int64? = nil,
        mode: Resumption.Mode = .auto
    ) throws -> Resumption.Decision {
        Resumption.decide(
            try progress(events),
            .init(
                isAtWork: isAtWork, techhostWentDown: techhostWentDown,
                heartbeat: heartbeat.map { Timestamp(milliseconds: $0 * 1000) }, mode: mode))
    }

    private func died(_ pid: Int32 = 1, at second: Int64?) -> Resumption.Loss {
        .init(
            cause: .workerDied, worker: pid, lastHeard: second.map { Timestamp(milliseconds: $0 * 1000) })
    }

    @Test func `a worker that left nothing behind died, and the operation goes on`() throws {
        let events: [OperationEvent] = [.started(Self.holder(1)), .intent(Self.a)]
        #expect(try decide(events, isAtWork: true) == .nothing)
        #expect(try decide(events) == .resume(died(at: 2)))
        #expect(try decide(events, heartbeat: 22) == .resume(died(at: 22)))
        let down = Resumption.Loss(
            cause: .techhostDown, worker: 1, lastHeard: Timestamp(milliseconds: 2000))
        #expect(try decide(events, techhostWentDown: true) == .resume(down))
    }

    @Test func `an operation that was never begun is somebody else's to begin`() throws {
        #expect(try decide([]) == .nothing)
        #expect(try decide([.note(nil, "a hook said so")]) == .nothing)
    }

    @Test(
        arguments: [
            OperationEnding.done, .stopped(reason: "asked for"), .paused(reason: "asked for"),
            .failed(reason: "it broke"),
            .aborted(reason: "asked for"), .stoppedAtOnce(reason: "asked for"),
        ], [false, true])
    func `what was left on purpose is never gone on with`(ending: OperationEnding, techhostWentDown: Bool) throws {
        let events: [OperationEvent] = [
            .started(Self.holder(1)), .intent(Self.a), .requested(.stop), .ended(ending),
        ]
        #expect(try decide(events, techhostWentDown: techhostWentDown) == .nothing)
    }

    @Test func `what ended since the techhost was shut down goes on when that is back, and else does not`() throws {
        let events: [OperationEvent] = [
            .started(Self.holder(1)), .intent(Self.a), .ended(.stoppedAtOnce(reason: "told to end")),
        ]
        let down = Resumption.Loss(
            cause: .techhostDown, worker: 1, lastHeard: Timestamp(milliseconds: 3000))
        #expect(try decide(events, techhostWentDown: true) == .resume(down))
        #expect(try decide(events) == .nothing, "somebody ended the process, and nothing else")
    }

    @Test(arguments: [ControlRequest.stop, .pause, .abort])
    func `a worker that died before it could do as it was asked is told of, and not replaced`(
        request: ControlRequest
    ) throws {
        let events: [OperationEvent] = [.started(Self.holder(1)), .intent(Self.a), .requested(request)]
        #expect(try decide(events) == .leave(died(at: 2), .asked(request)))
        #expect(try decide(events + [.started(Self.holder(2))]) == .resume(died(2, at: 4)), "somebody went on with it")
    }

    @Test func `a setting is no wish for an end`() throws {
        let events: [OperationEvent] = [
            .started(Self.holder(1)), .intent(Self.a), .requested(.set(.throttle(nil))),
        ]
        #expect(try decide(events) == .resume(died(at: 2)))
    }

    @Test(arguments: [Resumption.Mode.ask, .watch])
    func `where it may not go on by itself it is told of`(mode: Resumption.Mode) throws {
        let events: [OperationEvent] = [.started(Self.holder(1)), .intent(Self.a)]
        #expect(try decide(events, mode: mode) == .leave(died(at: 2), .mode(mode)))
    }

    /// A first worker and so many of the daemon, each of which dies; those that never began too.
    private func deaths(_ count: Int, beginning: Bool = true) -> [OperationEvent] {
        (0..<count).reduce(into: [.started(Self.holder(1)), .intent(Self.a)]) { events, number in
            events.append(.resumed(.workerDied))
            if beginning { events += [.started(Self.holder(Int32(number) + 2)), .intent(Self.a)] }
        }
    }

    @Test(arguments: [true, false])
    func `a worker that dies again and again is replaced three times`(beginning: Bool) throws {
        for count in 0..<Resumption.limit {
            guard case .resume = try decide(deaths(count, beginning: beginning)) else {
                Issue.record("not after \(count)")
                continue
            }
        }
        guard case .leave(_, .again(Resumption.limit)) = try decide(deaths(Resumption.limit, beginning: beginning))
        else {
            Issue.record("it would go on for ever")
            return
        }
    }

    @Test func `a step that ends, or somebody who goes on with it, gives it three more`() throws {
        let forward = deaths(Resumption.limit) + [.outcome(Self.a, .done(note: nil)), .intent(Self.b)]
        #expect(try decide(forward) == .resume(died(4, at: 13)))
        let byHand = deaths(Resumption.limit) + [.started(Self.holder(9)), .intent(Self.a)]
        #expect(try decide(byHand) == .resume(died(9, at: 13)))
        let failed =
            deaths(Resumption.limit) + [
                .outcome(
                    Self.a,
                    .failed(StepFailure(code: "x", what: "doing", object: "a", reason: "it broke", remedy: "mend it")))
            ]
        #expect(try decide(failed) == .leave(died(4, at: 12), .again(Resumption.limit)), "that is no way forward")
    }

    @Test func `a techhost that goes down is no fault of the worker's`() throws {
        var events: [OperationEvent] = [.started(Self.holder(1)), .intent(Self.a)]
        for number in 0..<(Resumption.limit * 2) {
            events += [.resumed(.techhostDown), .started(Self.holder(Int32(number) + 2))]
        }
        guard case .resume = try decide(events) else {
            Issue.record("it went down \(Resumption.limit * 2) times")
            return
        }
        guard case .resume = try decide(deaths(Resumption.limit), techhostWentDown: true) else {
            Issue.record("it is back")
            return
        }
    }

    @Test func `told to end at once, a worker says what it had been asked, and how much is left`() throws {
        func cutOff(_ events: OperationEvent...) throws -> OperationEnding {
            Scheduler.cutOff(try progress([.started(Self.holder(1)), .intent(Self.a)] + events))
        }
        #expect(
            try cutOff() == .stoppedAtOnce(reason: "its worker was told to end (SIGTERM); 2 steps remain"))
        #expect(
            try cutOff(.outcome(Self.a, .done(note: nil)), .requested(.stop))
                == .stoppedAtOnce(reason: "asked for; 1 step remains"))
        #expect(
            try cutOff(.requested(.abort))
                == .stoppedAtOnce(reason: "asked for while it was given up; 2 steps remain"))
    }
}
