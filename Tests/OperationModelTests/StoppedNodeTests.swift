import FleetModel
import OperationModel
import Testing

/// Nodes that an operation leaves stopped, by what its journal tells.
struct StoppedNodeTests {
    private let holder = Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root")

    /// A restart of broker 1 and a removal of broker 2, as their steps follow each other, after `events`.
    private func progress(_ events: [OperationEvent]) throws -> OperationProgress {
        let host = try #require(HostName(rawValue: "10.0.0.11"))
        func step(_ kind: String, _ node: Int) -> StepRecord {
            StepRecord(
                id: StepID(kind, "\(node)"), kind: kind, subject: "broker \(node)", host: host,
                title: "\(kind) \(node)",
                dependencies: [], payload: "{}")
        }
        let plan = OperationPlan(
            command: "removebroker", arguments: ["3"], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")),
            steps: [
                step("stop-safely", 1), step("place-node", 1), step("start-again", 1), step("stop-node", 2),
                step("unregister", 2), step("remove-node", 2),
            ], failurePolicy: .stop)
        return .fold(
            plan,
            ([.started(holder)] + events).enumerated().map { index, event in
                JournaledEvent(sequence: Int64(index + 1), at: Timestamp(milliseconds: Int64(index)), event: event)
            })
    }

    private func done(_ kind: String, _ node: Int) -> OperationEvent {
        .outcome(StepID(kind, "\(node)"), .done(note: nil))
    }

    private func stopped(_ events: OperationEvent...) throws -> [String] {
        try progress(events).stoppedNodes.map {
            "\($0.subject) on \($0.host)\($0.isCertain ? "" : "?")\($0.isLeaving ? " leaves" : "")"
        }
    }

    @Test func `a node is left stopped from its stop until it runs again`() throws {
        let stop = StepID("stop-safely", "1")
        #expect(try stopped() == [])
        #expect(try stopped(.intent(stop)) == ["broker 1 on 10.0.0.11?"], "it may not be stopped yet")
        #expect(try stopped(.intent(stop), done("stop-safely", 1)) == ["broker 1 on 10.0.0.11"])
        #expect(
            try stopped(done("stop-safely", 1), .intent(StepID("start-again", "1"))) == ["broker 1 on 10.0.0.11?"],
            "it may run again")
        #expect(try stopped(done("stop-safely", 1), done("start-again", 1)) == [])
    }

    @Test func `one that leaves is left stopped until it is gone, and is said to leave`() throws {
        #expect(try stopped(done("stop-node", 2)) == ["broker 2 on 10.0.0.11 leaves"])
        #expect(try stopped(done("stop-node", 2), done("unregister", 2)) == ["broker 2 on 10.0.0.11 leaves"])
        #expect(try stopped(done("stop-node", 2), done("remove-node", 2)) == [])
    }

    @Test func `one that was given up has started what it had stopped, and one that could not be may have`() throws {
        let stop = done("stop-safely", 1)
        #expect(try stopped(stop, .requested(.abort), .ended(.aborted(reason: "asked for"))) == [])
        #expect(
            try stopped(stop, .requested(.abort), .ended(.stopped(reason: "giving up: no"))) == [
                "broker 1 on 10.0.0.11?"
            ])
    }

    @Test func `each is named with its host and what starts it`() throws {
        let id = try #require(OperationID(rawValue: "20260501-030000-3f9a"))
        let progress = try progress([done("stop-safely", 1), done("stop-node", 2)])
        #expect(
            progress.stoppedWords(id) == [
                "broker 1 on 10.0.0.11 is stopped: gantry operation resume 20260501-030000-3f9a or gantry operation abort "
                    + "20260501-030000-3f9a starts it again",
                "broker 2 on 10.0.0.11 is stopped: gantry operation resume 20260501-030000-3f9a takes it out, gantry "
                    + "operation abort 20260501-030000-3f9a starts it again",
            ])
        let node = try #require(progress.stoppedNodes.first?.node)
        #expect(node.id.rawValue == 1 && node.role == "broker")
    }
}
