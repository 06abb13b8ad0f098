import FleetModel
import PlacementPlanning
import Testing

/// A family, what is asked of it, and what its plan must reach.
struct Instance: Sendable, CustomTestStringConvertible {
    var family: ClusterFamily
    var event: PlacementEvent
    var options = PlanningOptions()
    /// Thousandths above 1 that bytes may be over the bound.
    var slack: Int64 = 10

    var testDescription: String { "\(family.name): \(event.description)" }
}

@Suite struct `Plans of many families` {
    static let drainOne = PlacementEvent.drain(brokers: NodeID.ids(1...1), onto: .all)
    static let rebalance = PlacementEvent.rebalance(among: .all)

    static let instances: [Instance] = {
        var instances: [Instance] = []
        for tenths in [0, 5, 8] {
            var family = ClusterFamily(
                name: "zipf \(tenths)", brokers: 40, partitions: 1200, topics: 40, sizes: .zipf(tenths), racks: 4)
            instances.append(Instance(family: family, event: drainOne))
            family.added = 4
            instances.append(Instance(family: family, event: rebalance))
        }
        var mixed = ClusterFamily(
            name: "mixed factors and disks", brokers: 42, partitions: 1200, topics: 40, factor: 1...4,
            sizes: .lognormal,
            racks: 6, brokersPerHost: 2, mixedDisks: true, full: 70)
        instances.append(Instance(family: mixed, event: .drain(brokers: NodeID.ids(1...2), onto: .all)))
        mixed.added = 6
        instances.append(Instance(family: mixed, event: rebalance))
        let uneven = ClusterFamily(
            name: "uneven racks", brokers: 40, partitions: 1200, topics: 40, sizes: .zipf(5), unevenRacks: true)
        instances.append(Instance(family: uneven, event: rebalance))
        for racks in [0, 9] {
            let toy = ClusterFamily(
                name: "toy of \(racks) racks", brokers: 9, partitions: 60, topics: 6, sizes: .lognormal, racks: racks,
                added: 3)
            instances.append(Instance(family: toy, event: rebalance, slack: 50))
            instances.append(Instance(family: toy, event: drainOne, slack: 50))
        }
        return instances
    }()

    @Test(arguments: instances)
    func `a plan keeps the rules and is near its bound`(_ instance: Instance) throws {
        let input = try instance.family.input(seed: 1)
        let plan = try Planner.plan(input, instance.event, instance.options)
        #expect(verify(plan, input) == [])
        let report = plan.report
        #expect(report.bytes >= report.lowerBound)
        #expect(report.bytes.bytes * 1000 <= report.lowerBound.bytes * (1000 + instance.slack))
        #expect(report.missedBands.allSatisfy { $0.proved })
        #expect(report.makespan >= report.makespanBound)
        #expect(report.audit.hostsAfter == 0 && report.audit.racksAfter == 0)
    }

    @Test(arguments: [SizeFamily.giant, .bimodal, .zipf(14)])
    func `sizes that no placement spreads evenly are planned with the smallest tolerance not disproved`(
        _ sizes: SizeFamily
    ) throws {
        let family = ClusterFamily(
            name: "lumps", brokers: 12, partitions: 200, topics: 5, sizes: sizes, racks: 3, skewed: true)
        let input = try family.input(seed: 3)
        let plan = try Planner.plan(input, Self.rebalance)
        #expect(verify(plan, input) == [])
        #expect(plan.report.missedBands.allSatisfy { $0.proved })
        #expect(plan.report.bytes >= plan.report.lowerBound)
    }

    /// The largest partition makes a tenth of its broker more than the second largest; that is no place for it.
    @Test func `what is larger than a usual band stays, though the band of a broker with something larger has room`()
        throws
    {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...12) { builder.add(PlanningBroker(id: id, host: "h\(id)")) }
        builder.add(topic: "large", partition: 0, replicas: [1], size: 6_600_000_000)
        builder.add(topic: "large", partition: 1, replicas: [2], size: 300_000_000)
        for partition: Int32 in 0..<1200 {
            builder.add(topic: "small", partition: partition, replicas: [partition % 12 + 1], size: 1_000_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, Self.rebalance)
        #expect(verify(plan, input) == [])
        #expect(plan.report.tolerance == PlanningOptions().tolerance && plan.report.missedBands.isEmpty)
        #expect(!plan.isEmpty && plan.changes.allSatisfy { $0.partition.topic == "small" })
    }

    @Test func `equal inputs give equal plans, whatever order they were read in`() throws {
        let family = ClusterFamily(
            name: "order", brokers: 12, partitions: 300, topics: 7, sizes: .lognormal, racks: 4, added: 2)
        let input = try family.input(seed: 5)
        let first = try Planner.plan(input, Self.rebalance)
        var builder = PlacementInput.Builder()
        for broker in input.brokers.reversed() { builder.add(broker) }
        for row in (0..<input.partitionCount).reversed() {
            let partition = input.partition(row)
            builder.add(
                topic: partition.topic, partition: partition.partition,
                replicas: input.replicas(of: row).map(\.rawValue), leader: input.leader(of: row)?.rawValue,
                size: input.size(of: row).bytes)
        }
        let reversed = try builder.build()
        for _ in 0..<3 { #expect(try Planner.plan(reversed, Self.rebalance).digest == first.digest) }
    }

    @Test func `the profile of fewest moves moves fewer partitions and no more bytes`() throws {
        let family = ClusterFamily(
            name: "profile", brokers: 20, partitions: 1500, topics: 30, sizes: .zipf(8), racks: 4, added: 2)
        let input = try family.input(seed: 2)
        let balanced = try Planner.plan(input, Self.rebalance)
        let fewest = try Planner.plan(input, Self.rebalance, PlanningOptions(profile: .fewestMoves))
        #expect(verify(fewest, input) == [])
        #expect(fewest.report.replicasMoved < balanced.report.replicasMoved)
        #expect(fewest.report.bytes.bytes * 100 <= fewest.report.lowerBound.bytes * 105)
    }

    @Test func `a host that leaves is drained and nothing else moves`() throws {
        let family = ClusterFamily(
            name: "host", brokers: 16, partitions: 400, topics: 10, sizes: .zipf(5), racks: 4, brokersPerHost: 2)
        let input = try family.input(seed: 4)
        let leaving = NodeID.ids(3...4)
        let plan = try Planner.plan(input, .drain(brokers: leaving, onto: .all))
        #expect(verify(plan, input) == [])
        for change in plan.changes {
            #expect(!change.to.contains { leaving.contains($0) })
            let arrived = change.to.filter { !change.from.contains($0) }
            #expect(arrived.count == change.from.count { leaving.contains($0) })
        }
        #expect(plan.report.bytes == plan.report.lowerBound)
    }

    @Test func `a range receives all of a drain and what stays elsewhere stays`() throws {
        let family = ClusterFamily(name: "range", brokers: 8, partitions: 120, topics: 4, sizes: .zipf(5), racks: 0)
        let input = try family.input(seed: 4)
        let onto = NodeID.ids(5...8)
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(1...1), onto: .only(onto)))
        #expect(verify(plan, input) == [])
        #expect(plan.moves.compactMap(\.adding).allSatisfy { onto.contains($0) })
    }

    @Test func `a replacement takes what the old broker held`() throws {
        let family = ClusterFamily(
            name: "replace", brokers: 9, partitions: 90, topics: 4, sizes: .lognormal, racks: 0, added: 1)
        let input = try family.input(seed: 4)
        let (old, new) = (try #require(NodeID("4")), try #require(NodeID("10")))
        let plan = try Planner.plan(input, .replace(old: old, new: new))
        #expect(verify(plan, input) == [])
        #expect(plan.report.replicasMoved == 30)
        #expect(plan.moves.allSatisfy { $0.adding == new })
    }

    @Test(arguments: [1, 2, 4, 5])
    func `a replication factor changes where it is asked for and nowhere else`(_ factor: Int) throws {
        let family = ClusterFamily(name: "factor", brokers: 9, partitions: 90, topics: 3, sizes: .zipf(5), racks: 3)
        let input = try family.input(seed: 4)
        let plan = try Planner.plan(input, .replicationFactor(topics: .only(["topic-1"]), factor: factor))
        #expect(verify(plan, input) == [])
        let resized = plan.changes.filter { $0.from.count != $0.to.count }
        #expect(resized.count == 30)
        #expect(resized.allSatisfy { $0.partition.topic == "topic-1" && $0.to.count == factor })
        #expect(plan.report.replicasMoved == max(0, factor - 3) * 30)
    }

    @Test func `lists that share racks without need are spread, and only they`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...6) {
            builder.add(PlanningBroker(id: id, host: "h\(id)", rack: "r\(id.rawValue % 3)"))
        }
        for partition in 0..<30 {
            let broken = partition % 5 == 0
            builder.add(
                topic: "t", partition: Int32(partition), replicas: broken ? [1, 4, 2] : [1, 2, 3], size: 1_000_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .repairSpread)
        #expect(verify(plan, input) == [])
        #expect(plan.report.audit.racksBefore == 6 && plan.report.audit.racksAfter == 0)
        #expect(plan.report.replicasMoved == 6)
    }

    @Test func `leaders alone are evened out without a byte`() throws {
        let family = ClusterFamily(
            name: "leaders", brokers: 12, partitions: 360, topics: 3, sizes: .zipf(5), racks: 3, skewed: true)
        let input = try family.input(seed: 9)
        let plan = try Planner.plan(input, .leaders)
        #expect(verify(plan, input) == [])
        #expect(plan.moves.isEmpty && plan.report.bytes == .zero)
        #expect(plan.report.leaders.most - plan.report.leaders.fewest <= 1)
        #expect(plan.changes.allSatisfy { Set($0.from) == Set($0.to) })
    }

    @Test func `a plan of nothing to do is empty`() throws {
        let family = ClusterFamily(name: "still", brokers: 6, partitions: 60, topics: 3, sizes: .tiny, racks: 3)
        let input = try family.input(seed: 9)
        let plan = try Planner.plan(input, Self.rebalance)
        #expect(plan.isEmpty && plan.moves.isEmpty)
        #expect(verify(plan, input) == [])
    }

    @Test func `pinned topics keep their replicas and excluded ones their order too`() throws {
        let family = ClusterFamily(
            name: "pins", brokers: 9, partitions: 270, topics: 9, sizes: .lognormal, racks: 3, added: 3)
        let input = try family.input(seed: 2)
        let options = PlanningOptions(pinnedTopics: ["topic-1", "gone"], excludedTopics: ["topic-2"])
        let plan = try Planner.plan(input, Self.rebalance, options)
        #expect(verify(plan, input) == [])
        #expect(plan.changes.allSatisfy { $0.partition.topic != "topic-2" })
        #expect(
            plan.changes.filter { $0.partition.topic == "topic-1" }.allSatisfy { Set($0.from) == Set($0.to) })
    }

    @Test func `a dead broker is drained from the replicas that live`() throws {
        let family = ClusterFamily(name: "dead", brokers: 9, partitions: 90, topics: 3, sizes: .lognormal, racks: 0)
        var builder = PlacementInput.Builder()
        let whole = try family.input(seed: 2)
        let dead = try #require(NodeID("3"))
        for var broker in whole.brokers {
            if broker.id == dead { broker.state = .dead }
            builder.add(broker)
        }
        for row in 0..<whole.partitionCount {
            builder.add(
                topic: whole.partition(row).topic, partition: whole.partition(row).partition,
                replicas: whole.replicas(of: row).map(\.rawValue), leader: whole.leader(of: row)?.rawValue,
                size: whole.size(of: row).bytes)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .drain(brokers: [dead], onto: .all))
        #expect(verify(plan, input) == [])
        #expect(plan.moves.allSatisfy { $0.source != dead })
    }
}
