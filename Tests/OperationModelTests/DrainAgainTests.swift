import FleetModel
import OperationModel
import Testing

/// What `fold` makes of a drain whose broker has data again, once another worker takes it up.
struct DrainAgainTests {
    private static let kinds = [
        "cordon-broker", "move-data", "verify-empty", "stop-node", "retire-identity", "stop-node",
    ]

    /// The states after the step at `place` failed with `code`, all before it having had their effect, and a resume.
    private func resumed(failing place: Int, code: String = StepFailure.notEmpty) throws -> [StepState] {
        let ids = Self.kinds.enumerated().map { StepID($0.element, "\($0.offset)") }
        let steps = zip(ids, Self.kinds).enumerated().map { number, step in
            StepRecord(
                id: step.0, kind: step.1, subject: "broker", host: nil, title: step.1,
                dependencies: number == 0 ? [] : [ids[number - 1]], payload: "{}")
        }
        let plan = OperationPlan(
            command: "removebroker", arguments: ["4"], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), steps: steps, failurePolicy: .stop)
        let holder = Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root")
        let failure = StepFailure(code: code, what: "w", object: "broker 4", reason: "r", remedy: "m")
        var events: [OperationEvent] = [.started(holder)]
        for id in ids.prefix(place) { events += [.intent(id), .outcome(id, .done(note: nil))] }
        events += [.intent(ids[place]), .outcome(ids[place], .failed(failure)), .ended(.failed(reason: "r"))]
        events.append(.started(holder))
        return OperationProgress.fold(
            plan,
            events.enumerated().map {
                JournaledEvent(
                    sequence: Int64($0.offset + 1), at: Timestamp(milliseconds: Int64($0.offset)), event: $0.element)
            }
        ).states
    }

    private let done = StepState.ended(.done(note: nil))

    @Test func `a broker that is not empty at its proof is drained again`() throws {
        #expect(try resumed(failing: 2) == [done, .pending, .pending, .pending, .pending, .pending])
    }

    @Test func `one that is not empty before its stop is drained and proved again`() throws {
        #expect(try resumed(failing: 3) == [done, .pending, .pending, .pending, .pending, .pending])
    }

    @Test func `once another one is gone the move that emptied both stays done`() throws {
        #expect(try resumed(failing: 5) == [done, done, done, done, done, .pending])
    }

    @Test func `another failure is tried again by itself`() throws {
        #expect(try resumed(failing: 2, code: "kafka-silent") == [done, done, .pending, .pending, .pending, .pending])
    }
}
