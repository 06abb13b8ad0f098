import FleetModel
import PlacementPlanning
import Testing

@Suite struct `A rebalance right after a rebalance` {
    /// A cluster of some kind, small enough for many of them.
    private static func family(_ random: inout SplitMix) -> ClusterFamily {
        let sizes: [SizeFamily] = [
            .zipf(0), .zipf(5), .zipf(8), .zipf(11), .zipf(14), .lognormal, .bimodal, .tiny, .giant,
        ]
        var family = ClusterFamily(
            name: "any", brokers: 3 + random.below(20), partitions: 20 + random.below(600),
            topics: 1 + random.below(12), factor: 1...3, sizes: sizes[random.below(sizes.count)],
            racks: [0, 2, 3, 4, 5][random.below(5)])
        family.brokersPerHost = 1 + random.below(2)
        family.skewed = random.below(2) == 0
        family.added = random.below(3)
        family.mixedDisks = random.below(4) == 0
        return family
    }

    @Test(arguments: [0, 10, 20, 30, 50] as [UInt64])
    func `finds nothing to move`(_ first: UInt64) throws {
        for seed in first..<first + 6 {
            var random = SplitMix(seed: seed)
            let input = try Self.family(&random).input(seed: seed)
            let plan = try Planner.plan(input, .rebalance(among: .all))
            let again = try Planner.plan(try SecondRebalance.after(plan, input), .rebalance(among: .all))
            #expect(
                again.report.replicasMoved == 0,
                "seed \(seed): \(plan.report.replicasMoved) moves, then \(again.report.replicasMoved)")
        }
    }

    /// Dead and cordoned brokers, giants, full disks, lists that can't be mended, sizes of nothing: snapshots whose second
    /// rebalance once found something, and others.
    @Test(arguments: [8, 30, 32, 35, 62, 110, 127, 156, 176, 185, 188, 195] as [UInt64])
    func `finds nothing to move, whatever the snapshot`(_ first: UInt64) throws {
        for seed in first..<first + 6 {
            var random = SplitMix(seed: seed)
            guard let input = try? FuzzInput.input(&random),
                let plan = try? Planner.plan(input, .rebalance(among: .all))
            else { continue }
            #expect(verify(plan, input) == [], "seed \(seed)")
            let again = try Planner.plan(try SecondRebalance.after(plan, input), .rebalance(among: .all))
            #expect(
                again.report.replicasMoved == 0,
                "seed \(seed): \(plan.report.replicasMoved) moves, then \(again.report.replicasMoved)")
        }
    }

    @Test(arguments: [PlanningBroker.State.dead, .cordoned])
    func `nor did the first take anything from brokers outside the sharing`(_ state: PlanningBroker.State) throws {
        for seed in 0..<6 as Range<UInt64> {
            let base = try ClusterFamily(
                name: "outside", brokers: 9, partitions: 60, topics: 6, sizes: .lognormal, skewed: true
            ).input(seed: seed)
            var builder = PlacementInput.Builder()
            for var broker in base.brokers {
                if broker.id.rawValue <= 2 { broker.state = state }
                builder.add(broker)
            }
            for row in 0..<base.partitionCount {
                let partition = base.partition(row)
                builder.add(
                    topic: partition.topic, partition: partition.partition,
                    replicas: base.replicas(of: row).map(\.rawValue), size: base.size(of: row).bytes)
            }
            let input = try builder.build()
            let plan = try Planner.plan(input, .rebalance(among: .all))
            #expect(plan.report.replicasMoved > 0 && verify(plan, input) == [])
            for broker in plan.report.brokers.prefix(2) { #expect(broker.bytesBefore == broker.bytesAfter) }
        }
    }
}

enum SecondRebalance {
    /// The cluster once `plan` was carried out.
    static func after(_ plan: MovePlan, _ input: PlacementInput) throws -> PlacementInput {
        let lists = Dictionary(uniqueKeysWithValues: plan.changes.map { ($0.partition, $0.to) })
        var builder = PlacementInput.Builder()
        for broker in input.brokers { builder.add(broker) }
        for row in 0..<input.partitionCount {
            let partition = input.partition(row)
            let list = (lists[partition] ?? input.replicas(of: row)).map(\.rawValue)
            builder.add(
                topic: partition.topic, partition: partition.partition, replicas: list, leader: list.first,
                size: input.size(of: row).bytes)
        }
        return try builder.build()
    }
}
