import FleetModel
import Testing

@testable import PlacementPlanning

@Suite struct `Leaders` {
    /// The best spread and, with it, the fewest changes, by trying everything.
    private static func exhaustive(_ lists: [[Int32]], _ present: [Int32], brokers: Int) -> (squares: Int, changes: Int)
    {
        var best = (squares: Int.max, changes: Int.max)
        var counts = [Int](repeating: 0, count: brokers)
        func search(_ index: Int, _ changes: Int) {
            if index == lists.count {
                let found = (squares: counts.reduce(0) { $0 + $1 * $1 }, changes: changes)
                if found < best { best = found }
                return
            }
            for broker in lists[index] {
                counts[Int(broker)] += 1
                search(index + 1, changes + (broker == present[index] ? 0 : 1))
                counts[Int(broker)] -= 1
            }
        }
        search(0, 0)
        return best
    }

    @Test(arguments: 0..<60)
    func `are as even as the replicas allow, with the fewest changes where that is even`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let brokers = 2 + random.below(4)
        var lists: [[Int32]] = []
        for _ in 0..<(2 + random.below(6)) {
            let all = (0..<Int32(brokers)).shuffled(using: &random)
            lists.append(Array(all.prefix(1 + random.below(3))))
        }
        let present = lists.map { $0[random.below($0.count)] }
        var offsets: [Int32] = [0]
        for list in lists { offsets.append((offsets.last ?? 0) + Int32(list.count)) }
        var balance = LeaderBalance(
            isJudged: Array(repeating: true, count: brokers), offsets: offsets, candidates: lists.flatMap(\.self),
            present: present)
        balance.run()
        let best = Self.exhaustive(lists, present, brokers: brokers)
        let counts = balance.count.map(Int.init)
        #expect(counts.reduce(0) { $0 + $1 * $1 } == best.squares, "\(lists) \(present)")
        if (counts.max() ?? 0) - (counts.min() ?? 0) <= 1 {
            let changes = zip(balance.leader, present).count { $0 != $1 }
            #expect(changes == best.changes, "\(lists) \(present)")
        }
    }
}

@Suite struct `Leaders where brokers are dead` {
    /// Brokers 1 and 2 are dead and hold one topic alone; 3 and 4 live.
    private static func input() throws -> PlacementInput {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...4) {
            builder.add(PlanningBroker(id: id, host: "h\(id)", state: id.rawValue < 3 ? .dead : .live))
        }
        for partition: Int32 in 0..<8 {
            builder.add(topic: "lost", partition: partition, replicas: [1, 2], leader: nil, size: 1_000_000)
            builder.add(topic: "lives", partition: partition, replicas: [3, 4], size: 1_000_000)
            builder.add(topic: "half", partition: partition, replicas: [1, 3], leader: 3, size: 1_000_000)
        }
        return try builder.build()
    }

    @Test func `stay as they are for partitions whose replicas are all dead`() throws {
        let input = try Self.input()
        let plan = try Planner.plan(input, .leaders)
        #expect(verify(plan, input) == [])
        #expect(plan.changes.allSatisfy { $0.partition.topic != "lost" })
        #expect(plan.changes.contains { $0.partition.topic == "lives" })
        // No list begins with a dead broker where another replica lives.
        #expect(plan.changes.filter { $0.partition.topic == "half" }.allSatisfy { $0.to.first?.rawValue == 3 })
    }

    @Test func `are a violation where all are dead and their order changes`() throws {
        let input = try Self.input()
        var plan = try Planner.plan(input, .leaders)
        let partition = TopicPartition(topic: "lost", partition: 0)
        plan.changes.append(.init(partition: partition, from: NodeID.ids(1...2), to: NodeID.ids(1...2).reversed()))
        #expect(verify(plan, input).contains { $0.rule == "leaders" && $0.object == "lost-0" })
    }

    @Test func `go to who lives where none of the living is to lead`() throws {
        let input = try Self.input()
        let quiet = PlanningOptions(withoutLeaders: NodeID.ids(3...3))
        let plan = try Planner.plan(input, .leaders, quiet)
        #expect(verify(plan, input) == [])
        let half = plan.changes.filter { $0.partition.topic == "half" }
        #expect(half.count == 8 && half.allSatisfy { $0.to.first?.rawValue == 3 })
    }
}

@Suite struct `Digests` {
    @Test func `are SHA-256`() {
        var empty = PlanDigest()
        #expect(empty.finish() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        var zeros = PlanDigest()
        for _ in 0..<50 { zeros.add(word: 0) }
        // 200 zero bytes, by sha256sum(1).
        #expect(zeros.finish() == "6d9c54dee5660c46886f32d80e57e9dd0ffa57ee0cd2a762b036d9c8e0c3a33a")
    }
}
