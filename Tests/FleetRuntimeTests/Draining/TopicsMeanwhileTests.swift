import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// Topics are made, grown and deleted while a broker leaves: the drain takes them along, and no broker is stopped or taken
/// out while anything is on it.
struct TopicsMeanwhileTests {
    private static let leaving: Int32 = 4

    /// Four hosts of one broker each; a topic that only broker 4 has, one with three replicas, and one that is written to.
    private static func with(_ body: (inout LivingCluster) throws -> Void) async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("sole", [[4], [4], [4]], size: 400 << 20)
            try cluster.topic("safe", [[4, 1, 2], [1, 4, 3], [2, 3, 4], [3, 1, 2]], size: 400 << 20)
            let lists = try [[4, 1], [1, 4]].map { try $0.map { try cluster.node($0) } }
            let written = cluster.fleet.withState {
                $0.kafka.createTopic(
                    "written", assignment: lists,
                    traffic: SimulatedTraffic(
                        size: ByteCount(200 << 20), ingress: BytesPerSecond(4 << 20), keepsAll: true))
            }
            try #require(written.code == .none)
            try body(&cluster)
        }
    }

    private static func nodes(_ ids: Int32...) -> [NodeID] { ids.compactMap(NodeID.init(rawValue:)) }

    /// What users do meanwhile: a topic comes, one gets partitions, one goes; another one is written to all the time.
    private static func meddle(_ state: inout FleetState) {
        let traffic = SimulatedTraffic(size: ByteCount(50 << 20))
        _ = state.kafka.createTopic("new", assignment: [nodes(4), nodes(4, 1)], traffic: traffic)
        _ = state.kafka.addPartitions(to: "sole", assignment: [nodes(4), nodes(4, 2)], traffic: traffic)
        _ = state.kafka.deleteTopics(["safe"])
    }

    private func expectEmptied(_ cluster: LivingCluster, _ comment: Comment) throws {
        try cluster.pass(.seconds(20))
        let (lists, sizes) = (try cluster.lists(), try cluster.sizes())
        #expect(Set(lists.keys.map(\.topic)) == ["sole", "new", "written"], comment)
        #expect(lists.keys.count { $0.topic == "sole" } == 5, comment)
        #expect(lists.values.allSatisfy { !$0.contains(Self.leaving) }, comment)
        for (partition, size) in sizes {
            switch (partition.topic, partition.partition) {
            case ("written", _): #expect(size > ByteCount(200 << 20), "\(comment) \(partition) \(size)")
            case ("sole", ..<3): #expect(size == ByteCount(400 << 20), "\(comment) \(partition) \(size)")
            default: #expect(size == ByteCount(50 << 20), "\(comment) \(partition) \(size)")
            }
        }
        #expect(try cluster.leftovers() == [], comment)
        #expect(try cluster.worries() == [], comment)
    }

    @Test func `topics that come, grow and go while data moves are taken along`() async throws {
        for delay in [0, 2, 8, 20] {
            try await Self.with { cluster in
                let plan = try #require(try cluster.removeBrokers(Self.leaving).plan)
                let (id, ending) = try cluster.work(
                    plan, once: StepID("move-data", "4"), after: .seconds(delay)
                ) { Self.meddle(&$0) }
                let notes = try cluster.notes(id)
                #expect(ending == .done, "after \(delay) s: \(notes)")
                try expectEmptied(cluster, "after \(delay) s")
            }
        }
    }

    @Test func `a broker that has data again is drained again by resume`() async throws {
        try await Self.with { cluster in
            let step = StepID("verify-empty", "4")
            let plan = try #require(try cluster.removeBrokers(Self.leaving).plan)
            let (id, first) = try cluster.work(plan, once: step) { Self.meddle(&$0) }
            guard case .failed(let reason) = first else {
                Issue.record("\(step): \(String(describing: first))")
                return
            }
            #expect(reason.contains("replicas are assigned to it"), "\(reason)")
            let failure = OperationProgress.fold(plan, try cluster.store.events(of: id)).states.compactMap(\.failure)
                .first
            #expect(failure?.code == "broker-not-empty")
            #expect(failure?.remedy.hasPrefix("gantry operation resume drains what is left") == true, "\(failure)")
            #expect(try cluster.resume(id) == .done)
            try expectEmptied(cluster, "\(step)")
        }
    }

    @Test func `in each stage: taken along, or named before the broker is stopped or taken out for good`() async throws
    {
        var steps: [StepID] = []
        try await Self.with { steps = try #require(try $0.removeBrokers(Self.leaving).plan).steps.map(\.id) }
        let out = try #require(steps.firstIndex(of: StepID("unregister", "4")))
        for (place, step) in steps.enumerated() where place < out {
            try await Self.with { cluster in
                let plan = try #require(try cluster.removeBrokers(Self.leaving).plan)
                let (id, first) = try cluster.work(plan, once: step) { Self.meddle(&$0) }
                var ending = first
                if ending != .done {
                    // It says what is on it and what to do, and that brings it to the same end.
                    guard case .failed(let reason) = ending else {
                        Issue.record("\(step): \(String(describing: ending))")
                        return
                    }
                    #expect(reason.contains("replicas are assigned to it"), "\(step): \(reason)")
                    let given = try cluster.work(plan, id, pid: 2, givingUp: true)
                    guard case .aborted = given else {
                        Issue.record("\(step): \(String(describing: given))")
                        return
                    }
                    try cluster.pass(.seconds(30))
                    let next = try #require(try cluster.removeBrokers(Self.leaving).plan)
                    ending = try cluster.work(next)
                }
                #expect(ending == .done, "\(step)")
                try expectEmptied(cluster, "\(step)")
            }
        }
    }
}
