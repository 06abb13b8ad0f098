import FleetModel
import PlacementPlanning
import Testing

@Suite struct `A reassignment of another tool` {
    /// Six brokers on hosts of their own in three racks; broker 6 is dead. Partition p of three lies on p + 1 and p + 2.
    private static func input(capacity: ByteCount? = nil) throws -> PlacementInput {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...6) {
            builder.add(
                PlanningBroker(
                    id: id, host: "h\(id)", rack: "r\(id.rawValue % 3)", capacity: capacity,
                    state: id.rawValue == 6 ? .dead : .live, uplink: BytesPerSecond(100),
                    downlink: BytesPerSecond(100)))
        }
        for number in 0..<3 as Range<Int32> {
            builder.add(
                topic: "t", partition: number, replicas: [number + 1, number + 2], leader: number + 1, size: 1000)
        }
        return try builder.build()
    }

    private static func row(_ partition: Int32, _ replicas: [Int32], topic: String = "t") -> Reassignment {
        Reassignment(
            partition: TopicPartition(topic: topic, partition: partition),
            replicas: replicas.compactMap(NodeID.init(rawValue:)))
    }

    private static let drain = PlacementEvent.drain(brokers: NodeID.ids(1...1), onto: .all)

    @Test func `that keeps every rule is told with its bytes, its time and its leaders`() throws {
        let input = try Self.input()
        let judgement = try ReassignmentJudgement(
            [Self.row(0, [5, 3]), Self.row(1, [2, 3]), Self.row(2, [4, 3])], input, for: nil)
        #expect(judgement.violations == [] && judgement.shortcomings == [])
        #expect(judgement.changes.count == 2 && judgement.unchanged == 1)
        #expect(judgement.replicasMoved == 2 && judgement.bytes == ByteCount(2000) && judgement.lowerBound == nil)
        // Broker 1 sends both copies of its partition.
        #expect(judgement.makespanBound == .seconds(20))
        #expect(judgement.leaderChanges == 2)
        #expect(judgement.brokers.map(\.bytesAfter) == [0, 1000, 3000, 1000, 1000, 0])
        #expect(judgement.brokers.map(\.leadersAfter) == [0, 1, 0, 1, 1, 0])
        let back = try KafkaFiles.reassignment(
            KafkaFiles.rollback(
                judgement.changes.map {
                    Reassignment(partition: $0.partition, replicas: $0.to)
                }, input))
        #expect(back == [Self.row(0, [1, 2]), Self.row(2, [3, 4])])
    }

    @Test(arguments: [
        ("from", [row(9, [1, 2])]), ("from", [row(0, [1, 2], topic: "u")]), ("target", [row(0, [1, 9])]),
        ("target", [row(0, [1, 6])]), ("factor", [row(0, [1])]), ("factor", [row(0, [1, 2, 3])]),
        ("rack", [row(0, [2, 5])]),
    ])
    func `that breaks a rule is told by its name`(_ rule: String, _ rows: [Reassignment]) throws {
        let judgement = try ReassignmentJudgement(rows, try Self.input(), for: nil)
        #expect(judgement.violations.contains { $0.rule == rule }, "\(judgement.violations)")
    }

    @Test func `is judged against what the request forces: too little is broken, too much is waste`() throws {
        let input = try Self.input()
        let none = try ReassignmentJudgement([], input, for: Self.drain)
        #expect(none.violations.map(\.rule) == ["leaving"] && none.lowerBound == ByteCount(1000))
        let exact = try ReassignmentJudgement([Self.row(0, [4, 2])], input, for: Self.drain)
        #expect(exact.violations == [] && exact.shortcomings == [] && exact.bytes == exact.lowerBound)
        let more = try ReassignmentJudgement([Self.row(0, [4, 2]), Self.row(2, [3, 5])], input, for: Self.drain)
        #expect(more.violations == [] && more.shortcomings.map(\.rule) == ["unasked"])
    }

    @Test func `that leaves brokers outside their band falls short of a rebalance`() throws {
        let judgement = try ReassignmentJudgement([], try Self.input(), for: .rebalance(among: .all))
        #expect(judgement.violations == [])
        #expect(judgement.shortcomings.contains { $0.rule == "band" && $0.object == "broker 5" })
    }

    @Test func `that fills a disk while old and new lie there together is broken, though it fits in the end`() throws {
        let rows = [Self.row(0, [1, 5]), Self.row(1, [1, 3])]
        let roomy = try Self.input(capacity: ByteCount(3200))
        #expect(try ReassignmentJudgement(rows, roomy, for: nil).violations == [])
        // Two copies fit on each broker, and a third that leaves only when all have come does not.
        let tight = try Self.input(capacity: ByteCount(2200))
        let full = [Self.row(0, [1, 3]), Self.row(1, [2, 4]), Self.row(2, [4, 2])]
        let judgement = try ReassignmentJudgement(full, tight, for: nil)
        #expect(judgement.violations.filter { $0.rule == "disk" }.map(\.object) == ["broker 2", "broker 3"])
    }

    @Test func `whose partition has no replica alive has no source`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...3) { builder.add(PlanningBroker(id: id, state: id.rawValue == 1 ? .dead : .live)) }
        builder.add(topic: "t", partition: 0, replicas: [1], size: 10)
        let judgement = try ReassignmentJudgement([Self.row(0, [2])], try builder.build(), for: nil)
        #expect(judgement.violations.map(\.rule) == ["source"])
    }

    @Test func `made by the planner itself breaks nothing and moves what the plan says`() throws {
        for seed in 0..<12 as Range<UInt64> {
            let input = try ClusterFamily(
                name: "own", brokers: 9, partitions: 90, topics: 5, factor: 1...3, sizes: .lognormal,
                skewed: seed % 2 == 0
            ).input(seed: seed)
            let event = seed % 3 == 0 ? PlacementEvent.rebalance(among: .all) : Self.drain
            let plan = try Planner.plan(input, event)
            let rows = try KafkaFiles.reassignment(KafkaFiles.reassignment(plan))
            let judgement = try ReassignmentJudgement(rows, input, for: event)
            #expect(judgement.violations == [], "seed \(seed)")
            #expect(judgement.bytes == plan.report.bytes && judgement.lowerBound == plan.report.lowerBound)
            #expect(judgement.brokers.map(\.bytesAfter) == plan.report.brokers.map(\.bytesAfter.bytes))
            #expect(judgement.brokers.map(\.leadersAfter) == plan.report.brokers.map(\.leadersAfter))
        }
    }
}

@Suite struct `Partitions that a plan may touch` {
    @Test(arguments: [PlacementEvent.leaders, .rebalance(among: .all)])
    func `are the only ones that change`(_ event: PlacementEvent) throws {
        let input = try ClusterFamily(
            name: "chosen", brokers: 8, partitions: 64, topics: 4, sizes: .lognormal, added: 1, skewed: true
        ).input(seed: 3)
        let whole = try Planner.plan(input, event)
        let chosen = whole.changes.map(\.partition).filter { $0.partition % 2 == 0 }
        #expect(!chosen.isEmpty && chosen.count < whole.changes.count)
        let plan = try Planner.plan(input, event, PlanningOptions(partitions: .only(chosen)))
        #expect(!plan.isEmpty && plan.changes.allSatisfy { chosen.contains($0.partition) })
        #expect(verify(plan, input) == [])
        let read = try PlanFile.read(try JSONValue(parsing: PlanFile.document(plan).text()))
        #expect(read.options == plan.options)
        // The verifier knows the rule too.
        var damaged = whole
        damaged.options.partitions = .only(chosen)
        #expect(verify(damaged, input).contains { $0.rule == "pinned" })
    }

    @Test func `and lie on a broker that leaves while others do too are too few`() throws {
        let input = try ClusterFamily(name: "stuck", brokers: 6, partitions: 24, topics: 2).input(seed: 1)
        let options = PlanningOptions(partitions: .only([]))
        #expect {
            try Planner.plan(input, .drain(brokers: NodeID.ids(1...1), onto: .all), options)
        } throws: { error in
            (error as? PlanningRefusal)?.reasons.map(\.code) == ["pinned"]
        }
    }
}
