import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Testing

@testable import FleetRuntime

/// Kills an operation's worker behind every write of its journal, one after the other, and has another one go on.
enum EveryWrite {
    /// What must be the same at the end, however often a worker died.
    struct End: Equatable {
        var layout: ClusterLayout?
        var findings: [String]
        var containers: [String]
        var lists: [TopicPartition: [Int32]]
        var throttles: [String]
    }

    /// - Parameters:
    ///   - cluster: as it is before.
    ///   - prepare: the operation.
    /// - Throws: what keeps the test from being carried out.
    static func dies(
        in cluster: inout LivingCluster, _ prepare: (LivingCluster) throws -> MovePreparation
    ) throws {
        let before = cluster.fleet.withState { $0 }
        let values = cluster.store
        let preparation = try prepare(cluster)
        let plan = try #require(preparation.plan, "\(preparation.blockers)")
        cluster.store = MemoryStore()
        let id = try cluster.keep(plan, salt: 2)
        #expect(try cluster.work(plan, id) == .done)
        let whole = try end(of: cluster)
        let writes = try cluster.store.events(of: id, after: 0, limit: 10_000).count
        #expect(writes > plan.steps.count)
        for death in 1...writes {
            cluster.fleet.withState { $0 = before }
            cluster.store = MemoryStore()
            try cluster.store.create(id, plan: plan, at: cluster.time.now())
            cluster.store.die(afterWrites: death)
            let first = try cluster.work(plan, id)
            cluster.store.die(afterWrites: nil)
            if first == nil { #expect(try cluster.work(plan, id, pid: 2) == .done, "after write \(death)") }
            #expect(try end(of: cluster) == whole, "after write \(death)")
        }
        cluster.store = values
    }

    /// The same, and a fault of a minute comes with each death: what fails then is gone on with once it is over.
    /// - Parameters:
    ///   - cluster: as it is before.
    ///   - fault: what happens to the fleet.
    ///   - prepare: the operation.
    /// - Throws: what keeps the test from being carried out.
    static func suffers(
        in cluster: inout LivingCluster, _ fault: @escaping @Sendable (inout FleetState) -> Void,
        _ prepare: (LivingCluster) throws -> MovePreparation
    ) throws {
        let before = cluster.fleet.withState { $0 }
        let values = cluster.store
        let plan = try #require(try prepare(cluster).plan)
        cluster.store = MemoryStore()
        let id = try cluster.keep(plan, salt: 2)
        #expect(try cluster.work(plan, id) == .done)
        let whole = try end(of: cluster)
        let intents = try cluster.store.events(of: id, after: 0, limit: 10_000).filter {
            if case .intent = $0.event { true } else { false }
        }
        for intent in intents {
            cluster.fleet.withState { $0 = before }
            cluster.store = MemoryStore()
            try cluster.store.create(id, plan: plan, at: cluster.time.now())
            cluster.store.die(afterWrites: Int(intent.sequence))
            #expect(try cluster.work(plan, id) == nil)
            cluster.store.die(afterWrites: nil)
            cluster.fleet.withState { fault(&$0) }
            var ending = try cluster.work(plan, id, pid: 2)
            if ending != .done {
                try cluster.pass(.seconds(90))
                ending = try cluster.work(plan, id, pid: 3)
            }
            #expect(ending == .done, "a fault at \(intent.event)")
            try cluster.pass(.seconds(90))
            #expect(try end(of: cluster) == whole, "a fault at \(intent.event)")
        }
        cluster.store = values
    }

    private static func end(of cluster: LivingCluster) throws -> End {
        try cluster.pass(.seconds(15))
        let status = try cluster.status()
        var lists: [TopicPartition: [Int32]] = [:]
        for row in status.snapshot.cluster.value?.partitions.value.map({ Array($0.rows) }) ?? [] {
            lists[row.name] = Array(row.replicas)
        }
        return End(
            layout: status.layout, findings: status.findings.map { "\($0.rule) \($0.subject)" },
            containers: status.snapshot.containers.map {
                "\($0.container.name) \($0.container.state) \($0.container.configDigest ?? "")"
            }, lists: lists,
            throttles: status.snapshot.cluster.value?.throttles.value?.map { "\($0.subject) \($0.name)" } ?? ["unknown"]
        )
    }
}
