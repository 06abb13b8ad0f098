import FleetModel
import PlacementPlanning
import Testing

@Suite struct `The verifier` {
    private static func example() throws -> (PlacementInput, MovePlan) {
        let input = try ClusterFamily(
            name: "verify", brokers: 8, partitions: 80, topics: 4, sizes: .lognormal, racks: 4, added: 1
        ).input(seed: 6)
        return (input, try Planner.plan(input, .drain(brokers: NodeID.ids(1...1), onto: .all)))
    }

    /// A way to damage a plan, and the rule that must notice.
    static let damages: [(rule: String, damage: @Sendable (inout MovePlan) -> Void)] = [
        ("from", { $0.changes[0].from.reverse() }),
        ("leaving", { $0.changes[0].to = $0.changes[0].from }),
        ("distinct", { $0.changes[0].to[1] = $0.changes[0].to[0] }),
        ("factor", { $0.changes[0].to.removeLast() }),
        ("moves", { $0.moves.removeLast() }),
        ("moves", { $0.moves.reverse() }),
        ("bytes", { $0.report.bytes = $0.report.bytes + ByteCount(1) }),
        ("bound", { $0.report.lowerBound = .zero }),
        ("bound", { $0.report.makespan = .zero }),
        ("leaders", { $0.report.leaders.most -= 1 }),
        ("report", { $0.report.brokers[3].bytesAfter += ByteCount(1) }),
        (
            "source",
            { plan in
                if let index = plan.moves.firstIndex(where: { $0.adding != nil }) {
                    plan.moves[index].source = plan.moves[index].adding
                }
            }
        ),
    ]

    @Test(arguments: damages.indices)
    func `a damaged plan is noticed by its rule`(_ index: Int) throws {
        var (input, plan) = try Self.example()
        #expect(verify(plan, input) == [])
        Self.damages[index].damage(&plan)
        let violations = verify(plan, input)
        #expect(violations.contains { $0.rule == Self.damages[index].rule }, "\(violations)")
    }

    @Test func `a list that shares a rack without need is noticed`() throws {
        var (input, plan) = try Self.example()
        let racks = Dictionary(uniqueKeysWithValues: input.brokers.map { ($0.id, $0.rack) })
        let index = try #require(plan.changes.firstIndex { !Set($0.to).subtracting($0.from).isEmpty })
        let arrived = try #require(plan.changes[index].to.firstIndex { !plan.changes[index].from.contains($0) })
        let other = try #require(
            input.brokers.map(\.id).first { id in
                !plan.changes[index].to.contains(id) && id.rawValue != 1
                    && plan.changes[index].to.contains {
                        $0 != plan.changes[index].to[arrived] && racks[$0] == racks[id]
                    }
            })
        plan.changes[index].to[arrived] = other
        #expect(verify(plan, input).contains { $0.rule == "rack" })
    }

    @Test func `a plan for another cluster is refused`() throws {
        let (_, plan) = try Self.example()
        let other = try ClusterFamily(
            name: "other", brokers: 8, partitions: 40, topics: 9, sizes: .tiny, racks: 4
        ).input(seed: 6)
        #expect(verify(plan, other).contains { $0.rule == "from" })
    }
}
