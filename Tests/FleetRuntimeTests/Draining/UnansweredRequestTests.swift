import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// Requests that time out on our side, applied or not: each request of a removal in turn.
struct UnansweredRequestTests {
    private static let throttles = [
        "leader.replication.throttled.rate", "follower.replication.throttled.rate",
        "leader.replication.throttled.replicas", "follower.replication.throttled.replicas",
    ]

    /// What must be the same at the end as without the fault.
    private struct End: Equatable {
        var lists: [TopicPartition: [Int32]]
        var leaders: [TopicPartition: NodeID]
        var sizes: [TopicPartition: ByteCount]
        var moves: [TopicPartition: Int]
        var settings: [String]
        var worries: [String]
    }

    /// Four hosts of one broker each; somebody else throttles broker 1 and a replica of one topic.
    private static func with(_ body: (inout LivingCluster) throws -> Void) async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("sole", [[4], [4]], size: 200 << 20)
            try cluster.topic("safe", [[4, 1, 2], [1, 4, 3], [2, 3, 4], [3, 1, 2]], size: 200 << 20)
            let broker = try cluster.node(1)
            let answers = cluster.fleet.withState {
                $0.kafka.changeSettings(
                    [
                        .broker(broker): [SettingChange(throttles[0], .set("70000000"))],
                        .topic("safe"): [SettingChange(throttles[3], .set("3:1"))],
                    ], at: .controller)
            }
            try #require(answers.allSatisfy { $0.code == .none }, "\(answers)")
            try body(&cluster)
        }
    }

    private func settings(_ cluster: LivingCluster) throws -> [String] {
        let owners: [ConfigurationOwner] =
            try [1, 2, 3].map { .broker(try cluster.node($0)) } + [.topic("sole"), .topic("safe")]
        return cluster.fleet.withState { state in
            owners.flatMap { owner in
                (state.kafka.dynamicSettings(Self.throttles, of: owner).value ?? []).filter {
                    $0.source == .broker || $0.source == .topic
                }.map { "\(owner) \($0.name)=\($0.value ?? "")" }
            }
        }.sorted()
    }

    private func end(of cluster: LivingCluster) throws -> End {
        try cluster.pass(.seconds(20))
        let moves = cluster.fleet.withState { $0.kafka.movesBegun }
        return End(
            lists: try cluster.lists(), leaders: try cluster.leaders(), sizes: try cluster.sizes(), moves: moves,
            settings: try settings(cluster),
            worries: try cluster.worries().filter { !$0.hasPrefix("throttle-leftover") })
    }

    /// The operation as it is, and then once for each call of this kind, without an answer.
    private func strikes(
        _ effect: KafkaInjection.Effect, _ call: KafkaCall, count: Int = 1, in cluster: inout LivingCluster,
        _ plan: OperationPlan, _ expectWhole: (End) -> Void
    ) throws {
        let before = cluster.fleet.withState { $0 }
        cluster.store = MemoryStore()
        #expect(try cluster.work(plan) == .done)
        let whole = try end(of: cluster)
        expectWhole(whole)
        var struck = 0
        while struck < 200 {
            cluster.fleet.withState { state in
                state = before
                state.kafka.inject(KafkaInjection(effect, call: call, count: count, after: struck))
            }
            cluster.store = MemoryStore()
            let ending = try cluster.work(plan)
            guard !cluster.fleet.withState({ $0.kafka.hasInjections }) else { break }
            #expect(ending == .done, "\(call) \(struck)")
            let found = try end(of: cluster)
            #expect(found == whole, "\(call) \(struck)")
            guard ending == .done, found == whole else { return }
            struck += 1
        }
        #expect(struck > 0 && struck < 200, "no \(call) was ever asked for")
    }

    @Test(
        arguments: [KafkaInjection.Effect.appliedWithoutAnswer, .lost],
        [KafkaCall.reassign, .settings, .elect, .unregister, .deleteTopics])
    func `each request of a removal is read back, not had twice, and throttles are as they were before`(
        effect: KafkaInjection.Effect, call: KafkaCall
    ) async throws {
        try await Self.with { cluster in
            let given = try settings(cluster)
            let plan = try #require(try cluster.removeBrokers(4).plan)
            try strikes(effect, call, in: &cluster, plan) { whole in
                #expect(whole.settings == given && given.count == 2, "\(whole.settings)")
                #expect(whole.moves.values.allSatisfy { $0 == 1 } && whole.moves.count == 5, "\(whole.moves)")
            }
        }
    }

    @Test(arguments: [KafkaInjection.Effect.appliedWithoutAnswer, .lost], [KafkaCall.reassign, .elect])
    func `leaders alone are evened out, however often nobody answers`(
        effect: KafkaInjection.Effect, call: KafkaCall
    ) async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", Array(repeating: [1, 2, 3], count: 9))
            let plan = try #require(try cluster.rebalance(leadersOnly: true).plan)
            for count in [1, 3] {
                let before = cluster.fleet.withState { $0 }
                try strikes(effect, call, count: count, in: &cluster, plan) { whole in
                    #expect(Set(whole.leaders.values).count == 3, "\(whole.leaders)")
                    #expect(whole.moves.isEmpty)
                }
                cluster.fleet.withState { $0 = before }
            }
        }
    }
}
