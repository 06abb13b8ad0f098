import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// A broker that never leaves its controlled shutdown: it gets its full grace, it is named, and nothing is lost.
struct StubbornShutdownTests {
    private static func with(
        _ stubbornness: SimulatedKafka.Stubbornness, of broker: Int32, _ body: (inout LivingCluster) throws -> Void
    ) async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let id = try cluster.node(broker)
            cluster.fleet.withState { $0.kafka.setStubbornness(stubbornness, of: id) }
            try body(&cluster)
        }
    }

    private func outcome(of step: StepID, _ id: OperationID, _ plan: OperationPlan, _ cluster: LivingCluster) throws
        -> (note: String, took: Duration)
    {
        let events = try cluster.store.events(of: id, after: 0, limit: 100_000)
        let begun = try #require(events.first { $0.event == .intent(step) })
        for event in events {
            if case .outcome(step, .done(let note)) = event.event { return (note ?? "", event.at.since(begun.at)) }
        }
        throw SuiteFailure(words: "\(step) has no outcome")
    }

    private struct SuiteFailure: Error { let words: String }

    @Test func `one that leaves the cluster is killed after its full grace, and named with its log`() async throws {
        try await Self.with(.term, of: 4) { cluster in
            let sizes = try cluster.sizes()
            let plan = try #require(try cluster.removeBrokers(4).plan)
            let id = try cluster.keep(plan, salt: 4)
            #expect(try cluster.work(plan, id) == .done)
            let (note, took) = try outcome(of: StepID("stop-node", "4"), id, plan, cluster)
            #expect(took >= StopNode.grace, "\(took)")
            #expect(note.contains("within 330 s") && note.contains("exit code 137"), "\(note)")
            #expect(note.contains("docker logs") && note.contains("10.0.0.14"), "\(note)")
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `one that restarts is killed after its full grace, and waited for until it is whole again`() async throws
    {
        try await Self.with(.term, of: 2) { cluster in
            let sizes = try cluster.sizes()
            let plan = try #require(try cluster.restart([.node(try cluster.node(2)), .node(try cluster.node(3))]).plan)
            let id = try cluster.keep(plan, salt: 4)
            #expect(try cluster.work(plan, id) == .done)
            let (note, took) = try outcome(of: StepID("stop-safely", "2"), id, plan, cluster)
            #expect(took >= StopNode.grace, "\(took)")
            #expect(note.contains("exit code 137") && note.contains("docker logs"), "\(note)")
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `one that even outlives its kill fails the step, and resume ends it once it is gone`() async throws {
        try await Self.with(.kill, of: 4) { cluster in
            let sizes = try cluster.sizes()
            let plan = try #require(try cluster.removeBrokers(4).plan)
            let id = try cluster.keep(plan, salt: 4)
            guard case .failed(let reason) = try cluster.work(plan, id) else {
                Issue.record("it did not fail")
                return
            }
            #expect(reason.contains("stop broker 4 on 10.0.0.14"), "\(reason)")
            #expect(reason.contains("did not receive an exit event"), "\(reason)")
            let progress = OperationProgress.fold(plan, try cluster.store.events(of: id))
            #expect(!progress.begun.contains(StepID("unregister", "4")), "it goes on though the broker runs")
            #expect(try cluster.lists().values.allSatisfy { !$0.contains(4) })
            let broker = try cluster.node(4)
            cluster.fleet.withState { $0.kafka.setStubbornness(.none, of: broker) }
            #expect(try cluster.resume(id) == .done)
            try cluster.pass(.seconds(20))
            #expect(try cluster.sizes() == sizes)
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }
}
