import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import PlacementPlanning
import Testing

@testable import FleetRuntime

/// What goes wrong while brokers leave: nothing is lost, nothing is left, and what can't go on can be gone on with.
struct DrainFaultTests {
    /// Four hosts of one broker each; a topic that only broker 4 has, and one with three replicas.
    private static func with(_ body: (inout LivingCluster) throws -> Void) async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("sole", [[4], [4], [4]], size: 400 << 20)
            try cluster.topic("safe", [[4, 1, 2], [1, 4, 3], [2, 3, 4], [3, 1, 2]], size: 400 << 20)
            try body(&cluster)
        }
    }

    private static func node(_ number: Int32) -> NodeID {
        guard let id = NodeID(rawValue: number) else { preconditionFailure("\(number) is no id") }
        return id
    }

    private let moving = StepID("move-data", "4")

    @Test func `a broker that dies in its own drain is started again, and every byte of it arrives`() async throws {
        try await Self.with { cluster in
            let sizes = try cluster.sizes()
            let plan = try #require(try cluster.removeBrokers(4).plan)
            let (id, ending) = try cluster.work(plan, once: moving, after: .seconds(3)) { $0.kill(Self.node(4)) }
            #expect(ending == .done)
            let notes = try cluster.notes(id)
            #expect(notes.contains { $0.contains("broker 4 died") && $0.contains("started again") }, "\(notes)")
            #expect(try cluster.sizes() == sizes, "bytes were lost")
            #expect(try cluster.lists().values.allSatisfy { !$0.contains(4) })
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `when a target dies only its partitions are planned anew, and it is said`() async throws {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", (0..<9).map { [[4, 1], [4, 2], [4, 3]][$0 % 3] }, size: 400 << 20)
            let preparation = try cluster.removeBrokers(4)
            let plan = try #require(preparation.plan)
            let planned = try #require(preparation.moves.first).changes
            let target = Self.node(5)
            try #require(planned.contains { $0.to.contains(target) })
            let (id, ending) = try cluster.work(plan, once: moving, after: .seconds(3)) { $0.kill(target) }
            let notes = try cluster.notes(id)
            #expect(notes.contains { $0.contains("broker \(target) receives data and is dead") }, "\(notes)")
            // The check at the end misses the dead one; once it is back the operation ends.
            guard case .failed(let reason) = ending, reason.hasPrefix("check the cluster") else {
                Issue.record("it ended with \(String(describing: ending))")
                return
            }
            let lists = try cluster.lists()
            for change in planned where !change.to.contains(target) {
                #expect(lists[change.partition].map(Set.init) == Set(change.to.map(\.rawValue)), "\(change.partition)")
            }
            #expect(lists.values.allSatisfy { !$0.contains(4) })
        }
    }

    @Test func `a target that is off for a while is waited for by what has no other place, and only by that`()
        async throws
    {
        try await Self.with { cluster in
            let sizes = try cluster.sizes()
            let preparation = try cluster.removeBrokers(4)
            let plan = try #require(preparation.plan)
            let host = try cluster.host(3)
            let (id, ending) = try cluster.work(plan, once: moving, after: .seconds(2)) {
                $0.afflict(host, with: .poweredOff, for: .seconds(100))
            }
            let notes = try cluster.notes(id)
            #expect(ending == .done, "\(String(describing: ending)) \(notes)")
            #expect(
                notes.contains { $0.contains("has no other place") && $0.contains("it waits for broker 3") }, "\(notes)"
            )
            let planned = try #require(preparation.moves.first).changes.filter { change in
                change.partition.topic == "sole" && change.to.contains(Self.node(3))
            }
            let lists = try cluster.lists()
            #expect(planned.allSatisfy { lists[$0.partition].map { !$0.contains(3) } ?? false }, "\(notes)")
            #expect(lists.values.allSatisfy { !$0.contains(4) })
            #expect(try cluster.sizes() == sizes, "bytes were lost")
            #expect(try cluster.leftovers() == [])
            #expect(try cluster.worries() == [])
        }
    }

    @Test func `somebody else's move is waited for and never overridden`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", Array(repeating: [4, 1], count: 40), size: 200 << 20)
            let plan = try #require(try cluster.removeBrokers(4).plan)
            let foreign = TopicPartition(topic: "t", partition: 39)
            let (_, ending) = try cluster.work(plan, once: moving, after: .seconds(1)) { state in
                _ = state.kafka.reassign(
                    [(foreign, [Self.node(4), Self.node(1), Self.node(3)])], changingReplicationFactor: true)
            }
            #expect(ending == .done)
            let lists = try cluster.lists()
            #expect(lists.values.allSatisfy { !$0.contains(4) })
            #expect(lists[foreign]?.count == 3, "what the other one asked for is kept")
        }
    }

    @Test func `a request that a controller refuses because it is none any more is made again`() async throws {
        let effect = KafkaInjection.Effect.notController
        for call in [KafkaCall.reassign, .elect, .settings, .unregister] {
            try await Self.with { cluster in
                let sizes = try cluster.sizes()
                let plan = try #require(try cluster.removeBrokers(4).plan)
                cluster.fleet.withState { $0.kafka.inject(KafkaInjection(effect, call: call, count: 2)) }
                var ending = try cluster.work(plan)
                // One that could not be done at once is gone on with.
                if case .failed = ending {
                    let id = try #require(try cluster.store.operations(limit: 1).first?.id)
                    ending = try cluster.resume(id)
                }
                #expect(ending == .done, "\(effect) \(call)")
                #expect(try cluster.sizes() == sizes)
                #expect(try cluster.leftovers() == [], "\(effect) \(call)")
            }
        }
    }
}
