import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// Kills the worker behind every write of the journal, events and values alike, and has another one go on.
enum DeathAtEveryWrite {
    /// What must be the same at the end, however often a worker died.
    struct End: Equatable {
        var layout: ClusterLayout?
        var voters: [Int32]
        var worries: [String]
        var containers: [String]
        var lists: [TopicPartition: [Int32]]
        var sizes: [TopicPartition: ByteCount]
        var leftovers: [String]
        var effects: [String]
    }

    /// Carries the operation out whole, and then once for each write after which its first worker dies.
    /// - Returns: how many writes there were.
    @discardableResult
    static func dies(
        in cluster: inout LivingCluster, _ prepare: (LivingCluster) throws -> MovePreparation
    ) throws -> Int {
        let before = cluster.fleet.withState { $0 }
        let preparation = try prepare(cluster)
        let plan = try #require(preparation.plan, "\(preparation.blockers)")
        cluster.store = MemoryStore()
        let id = try cluster.keep(plan, salt: 2)
        #expect(try cluster.work(plan, id) == .done)
        let whole = try end(of: cluster, since: before.effects.count)
        #expect(whole.leftovers == [])
        var death = 1
        while true {
            cluster.fleet.withState { $0 = before }
            cluster.store = MemoryStore()
            try cluster.store.create(id, plan: plan, at: cluster.time.now())
            cluster.store.die(afterWrites: death)
            let first = try cluster.work(plan, id)
            cluster.store.die(afterWrites: nil)
            if first != nil { return death }
            #expect(try cluster.work(plan, id, pid: 2) == .done, "killed behind write \(death)")
            let found = try end(of: cluster, since: before.effects.count)
            #expect(found == whole, "killed behind write \(death)")
            guard found == whole, death < most else { return death }
            death += 1
        }
    }

    /// An operation that never ends is a mistake of the test.
    private static let most = 2000

    /// A stop that a killed worker had asked for is asked for again while it lasts: that is the same stop.
    private static func once(_ effects: [String]) -> [String] {
        (effects.filter { !$0.hasPrefix("stop ") } + Set(effects.filter { $0.hasPrefix("stop ") })).sorted()
    }

    private static func end(of cluster: LivingCluster, since effects: Int) throws -> End {
        try cluster.pass(.seconds(15))
        let status = try cluster.status()
        return End(
            layout: status.layout, voters: try cluster.voters(), worries: try cluster.worries(),
            containers: status.snapshot.containers.map { "\($0.container.name) \($0.container.state)" },
            lists: try cluster.lists(), sizes: try cluster.sizes(), leftovers: try cluster.leftovers(),
            effects: once(cluster.effects(since: effects)))
    }
}
