import FleetModel
import OperationModel
import Testing

/// Events of one step at seconds, and the time that workers were on the operation.
struct WorkTimeTests {
    static let a = StepID(rawValue: "a")
    static let holder = Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root")
    static let failure = StepFailure(code: "x", what: "doing", object: "a", reason: "it broke", remedy: "mend it")

    func progress(_ events: [(second: Int64, event: OperationEvent)]) throws -> OperationProgress {
        let step = StepRecord(
            id: Self.a, kind: "test", subject: "a", host: nil, title: "do a", dependencies: [], payload: "{}")
        let plan = OperationPlan(
            command: "bootstrap", arguments: [], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), steps: [step], failurePolicy: .stop)
        return .fold(
            plan,
            events.enumerated().map { index, event in
                JournaledEvent(
                    sequence: Int64(index + 1), at: Timestamp(milliseconds: event.second * 1000), event: event.event)
            })
    }

    @Test func `the time between two workers is nobody's work`() throws {
        let resumed = try progress([
            (0, .started(Self.holder)), (1, .intent(Self.a)), (4, .outcome(Self.a, .failed(Self.failure))),
            (5, .ended(.failed(reason: "it broke"))), (600, .started(Self.holder)), (601, .intent(Self.a)),
            (603, .outcome(Self.a, .done(note: nil))), (604, .ended(.done)),
        ])
        #expect(resumed.work.total == .seconds(9))
        #expect(resumed.work.latest == nil)
        #expect(resumed.times.first?.took == .seconds(2), "the step's time is the last attempt's")
    }

    @Test func `a worker that died counts to its last event`() throws {
        let killed: [(second: Int64, event: OperationEvent)] = [
            (0, .started(Self.holder)), (1, .intent(Self.a)), (3, .note(Self.a, "half")),
        ]
        #expect(try progress(killed).work.total == .seconds(3))
        #expect(try progress(killed).work.latest == Timestamp(milliseconds: 3000))
        #expect(try progress(killed + [(90, .requested(.stop))]).work.total == .seconds(3))
        let closed = try progress(killed + [(90, .ended(.aborted(reason: "no worker was on it")))])
        #expect(closed.work.total == .seconds(3))
        let resumed = try progress(
            killed + [(90, .started(Self.holder)), (91, .outcome(Self.a, .unchanged(note: nil)))])
        #expect(resumed.work.total == .seconds(4))
        #expect(resumed.times.first == StepTimes(ended: Timestamp(milliseconds: 91_000)))
    }

    @Test func `a worker that aborts as it was asked to counts to its end`() throws {
        let aborted = try progress([
            (0, .started(Self.holder)), (1, .requested(.abort)), (7, .ended(.aborted(reason: "asked for"))),
        ])
        #expect(aborted.work.total == .seconds(7))
    }

    @Test func `a clock that was set back takes nothing away`() throws {
        let back = try progress([
            (100, .started(Self.holder)), (90, .intent(Self.a)), (80, .outcome(Self.a, .done(note: nil))),
        ])
        #expect(back.work.total == .zero)
        #expect(back.times.first?.took == .zero)
    }
}
