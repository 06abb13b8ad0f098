import FleetModel
import PlacementPlanning
import Testing

/// Six brokers in three racks; most lists share a rack, or a host, without need.
@Suite struct `What an event may move` {
    private static func input(capacity: ByteCount? = nil) throws -> PlacementInput {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...6) {
            builder.add(
                PlanningBroker(id: id, host: "h\(id)", rack: "r\(id.rawValue % 3)", capacity: capacity))
        }
        for partition in 0..<20 {
            builder.add(topic: "broken", partition: Int32(partition), replicas: [1, 4, 2], size: 1_000_000_000)
        }
        builder.add(topic: "small", partition: 0, replicas: [5, 3, 1], size: 3_000_000)
        // Broken, and its good replica leaves.
        builder.add(topic: "small", partition: 1, replicas: [1, 4, 5], size: 1_000_000)
        return try builder.build()
    }

    @Test(arguments: [
        PlacementEvent.drain(brokers: NodeID.ids(5...5), onto: .all),
        .drain(brokers: NodeID.ids(5...5), onto: .only(NodeID.ids(2...3))),
        .replace(old: NodeID.ids(5...5)[0], new: NodeID.ids(2...2)[0]),
    ])
    func `a drain moves only what leaves, however badly the rest is spread`(_ event: PlacementEvent) throws {
        let input = try Self.input()
        let plan = try Planner.plan(input, event)
        #expect(verify(plan, input) == [])
        #expect(plan.report.bytes == ByteCount(4_000_000) && plan.report.lowerBound == plan.report.bytes)
        for change in plan.changes {
            #expect(Set(change.from).subtracting(change.to).isSubset(of: NodeID.ids(5...5)))
        }
        #expect(plan.report.audit.racksBefore == 21 && plan.report.audit.racksAfter == 21)
    }

    @Test func `what a drain brings is shared out evenly, also where one broker has more room within its band`() throws
    {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...6) { builder.add(PlanningBroker(id: id, host: "h\(id)")) }
        for partition: Int32 in 0..<60 {
            let replicas = (0..<3).map { (partition + $0) % 6 + 1 }
            builder.add(topic: "even", partition: partition, replicas: replicas, size: 7_000_000)
        }
        // Broker 2 has none of these.
        for partition: Int32 in 0..<3 {
            builder.add(topic: "more", partition: partition, replicas: [1, 3, 4, 5], size: 7_000_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(6...6), onto: .all))
        #expect(verify(plan, input) == [])
        var arrivals: [NodeID: Int] = [:]
        for change in plan.changes {
            for broker in Set(change.to).subtracting(change.from) { arrivals[broker, default: 0] += 1 }
        }
        #expect(arrivals.count == 5 && arrivals.values.allSatisfy { $0 == 6 })
        #expect(plan.report.brokers.allSatisfy { $0.bytesAfter <= $0.high })
    }

    @Test func `a range is evened out in itself, whatever the brokers outside hold`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...4) { builder.add(PlanningBroker(id: id, host: "h\(id)")) }
        // 20 on broker 1, 20 on broker 2, 4 on broker 3.
        for partition: Int32 in 0..<44 {
            let broker: Int32 = partition < 20 ? 1 : partition < 40 ? 2 : 3
            builder.add(topic: "t", partition: partition, replicas: [broker], size: 1_000_000_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .rebalance(among: .only(NodeID.ids(2...3))))
        #expect(verify(plan, input) == [])
        #expect(plan.report.tolerance == PlanningOptions().tolerance)
        let after = plan.report.brokers.map { $0.bytesAfter.bytes / 1_000_000_000 }
        #expect(after[0] == 20 && after[3] == 0 && after[1] + after[2] == 24 && abs(after[1] - after[2]) <= 2)
    }

    @Test func `a range's rebalance changes no list that has nothing in the range`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...6) { builder.add(PlanningBroker(id: id, host: "h\(id)")) }
        // Broker 1 leads all that lies on 1 and 2; broker 3 leads all that lies on 3 and 4, in the range.
        for partition: Int32 in 0..<12 {
            builder.add(topic: "outside", partition: partition, replicas: [1, 2], size: 1_000_000)
            builder.add(topic: "inside", partition: partition, replicas: [3, 4], size: 1_000_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .rebalance(among: .only(NodeID.ids(3...6))))
        #expect(verify(plan, input) == [])
        #expect(Set(plan.changes.map(\.partition.topic)) == ["inside"])
        #expect(plan.report.brokers[0].leadersAfter == 12 && plan.report.brokers[1].leadersAfter == 0)
        // verify says so too of a plan that does it.
        var wrong = plan
        let evened = try Planner.plan(input, .leaders)
        wrong.changes += evened.changes.filter { $0.partition.topic == "outside" }
        #expect(verify(wrong, input).contains { $0.rule == "pinned" })
    }

    @Test func `more replicas are added beside those that share a rack, and fewer copy nothing`() throws {
        let input = try Self.input()
        for (factor, copies) in [(2, 0), (4, 20)] {
            let plan = try Planner.plan(input, .replicationFactor(topics: .only(["broken"]), factor: factor))
            #expect(verify(plan, input) == [])
            #expect(plan.report.replicasMoved == copies)
        }
    }

    @Test(arguments: [PlacementEvent.repairSpread, .rebalance(among: .all)])
    func `what shares a rack without need is spread by a repair and by a rebalance`(_ event: PlacementEvent) throws {
        let input = try Self.input()
        let plan = try Planner.plan(input, event)
        #expect(verify(plan, input) == [])
        #expect(plan.report.audit.racksBefore == 21 && plan.report.audit.racksAfter == 0)
    }

    @Test func `a replica that nobody asked to move is a violation`() throws {
        let input = try Self.input()
        let repair = try Planner.plan(input, .repairSpread)
        var plan = try Planner.plan(input, .drain(brokers: NodeID.ids(5...5), onto: .all))
        let all = plan.changes.map(\.partition)
        plan.changes += repair.changes.filter { !all.contains($0.partition) }
        #expect(verify(plan, input).contains { $0.rule == "unasked" })
    }

    @Test func `something else gives way where every disk that may receive is full`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...3) {
            builder.add(PlanningBroker(id: id, rack: "r\(id.rawValue % 2)", capacity: ByteCount(10_000)))
        }
        // Broker 1's only legal targets are 2, which is nearly full, and 3; 3 shares the rack of the other replica.
        builder.add(topic: "t", partition: 0, replicas: [1, 3], size: 4_000)
        builder.add(topic: "u", partition: 0, replicas: [2], size: 6_000)
        let input = try builder.build()
        let plan = try Planner.plan(
            input, .drain(brokers: NodeID.ids(1...1), onto: .all),
            PlanningOptions(headroom: PerMille(0), narrower: [.hosts, .racks]))
        #expect(verify(plan, input) == [])
    }
}
