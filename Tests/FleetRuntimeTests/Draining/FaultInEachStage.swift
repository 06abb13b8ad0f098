import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// Plays an operation once as it is, and then once for each of its steps with a fault at the step's beginning.
enum FaultInEachStage {
    /// What must be the same at the end as without the fault. Where brokers leave, partitions may have been planned anew:
    /// their lists may differ, their numbers of replicas and their bytes may not.
    struct End: Equatable {
        var layout: ClusterLayout?
        var voters: Set<Int32>
        var worries: [String]
        var containers: [String]
        var factors: [TopicPartition: Int]
        /// Where each partition is; nil where it may have been planned anew.
        var places: [TopicPartition: Set<Int32>]?
        var sizes: [TopicPartition: ByteCount]
        var emptied: Bool
        var leftovers: [String]
    }

    /// How long a fault may last in all, with what comes after it.
    private static let longest: Duration = .seconds(180)
    /// Workers that an operator would start: one, and two more behind a fault.
    private static let mostWorkers: Int32 = 3

    /// - Parameters:
    ///   - cluster: as it is before.
    ///   - leaving: brokers that hold nothing afterwards.
    ///   - fault: what happens to the fleet; it passes by itself.
    ///   - prepare: the operation.
    /// - Throws: what keeps the test from being carried out.
    static func plays(
        in cluster: inout LivingCluster, leaving: Set<Int32> = [],
        _ fault: @escaping @Sendable (inout FleetState) -> Void, _ prepare: (LivingCluster) throws -> MovePreparation
    ) throws {
        let before = cluster.fleet.withState { $0 }
        let preparation = try prepare(cluster)
        let plan = try #require(preparation.plan, "\(preparation.blockers)")
        cluster.store = MemoryStore()
        #expect(try cluster.work(plan) == .done)
        let whole = try end(of: cluster, leaving)
        #expect(whole.worries == [] && whole.leftovers == [] && whole.emptied)
        for step in plan.steps.map(\.id) {
            cluster.fleet.withState { $0 = before }
            cluster.store = MemoryStore()
            var (id, ending) = try cluster.work(plan, once: step, fault)
            var worker: Int32 = 2
            while ending != .done, worker <= mostWorkers {
                try expectWords(ending, id, plan, cluster, step)
                try cluster.pass(longest)
                ending = try cluster.resume(id, pid: worker)
                worker += 1
            }
            #expect(ending == .done, "\(step)")
            try cluster.pass(longest)
            let found = try end(of: cluster, leaving)
            #expect(found == whole, "\(step)")
            guard ending == .done, found == whole else { return }
        }
    }

    /// A stop half way names what failed, why, and what to do.
    private static func expectWords(
        _ ending: OperationEnding?, _ id: OperationID, _ plan: OperationPlan, _ cluster: LivingCluster, _ step: StepID
    ) throws {
        switch ending {
        case .failed(let reason), .stopped(let reason): #expect(!reason.isEmpty, "\(step)")
        default: Issue.record("\(step): \(String(describing: ending))")
        }
        for event in try cluster.store.events(of: id, after: 0, limit: 100_000) {
            guard case .outcome(_, .failed(let failure)) = event.event else { continue }
            #expect(!failure.what.isEmpty && !failure.object.isEmpty && !failure.reason.isEmpty, "\(step): \(failure)")
            #expect(!failure.remedy.isEmpty, "\(step): \(failure)")
        }
    }

    private static func end(of cluster: LivingCluster, _ leaving: Set<Int32>) throws -> End {
        try cluster.pass(.seconds(20))
        let status = try cluster.status()
        let lists = try cluster.lists()
        return End(
            layout: status.layout, voters: Set(try cluster.voters()), worries: try cluster.worries(),
            containers: status.snapshot.containers.map { "\($0.container.name) \($0.container.state)" }.sorted(),
            factors: lists.mapValues(\.count), places: leaving.isEmpty ? lists.mapValues(Set.init) : nil,
            sizes: try cluster.sizes(),
            emptied: lists.values.allSatisfy { leaving.isDisjoint(with: $0) }, leftovers: try cluster.leftovers())
    }
}
