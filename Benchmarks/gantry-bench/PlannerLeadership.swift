import FleetModel
import PlacementPlanning

/// Drains whose brokers' uplinks are what "leadership last" waits for: how long the copying takes with leadership off
/// first, and with every partition copied from who leads it now. A line of JSON each.
enum PlannerLeadership {
    private static let drains: [(family: ClusterFamily, leaving: ClosedRange<Int32>)] = [
        (ClusterFamily(name: "12x1k drain 1", brokers: 12, partitions: 1000, sizes: .lognormal, racks: 0), 1...1),
        (ClusterFamily(name: "40x4k drain 1", brokers: 40, partitions: 4000, sizes: .zipf(5), racks: 4), 1...1),
        (ClusterFamily(name: "40x4k drain 2", brokers: 40, partitions: 4000, sizes: .zipf(5), racks: 4), 1...2),
        (ClusterFamily(name: "100x20k drain 5", brokers: 100, partitions: 20_000, topics: 400, racks: 5), 1...5),
        (
            ClusterFamily(name: "1000x200k drain 10", brokers: 1000, partitions: 200_000, topics: 2000, racks: 10),
            1...10
        ),
    ]

    static func run() throws {
        for (family, leaving) in drains {
            let input = try family.input(seed: 1)
            let event = PlacementEvent.drain(brokers: NodeID.ids(leaving), onto: .all)
            let plan = try Planner.plan(input, event)
            let last = try Planner.makespanWithLeadershipLast(input, event)
            print(
                JSONValue.object(
                    JSONObject([
                        ("instance", .string(family.name)),
                        ("makespan_ms", JSONValue(milliseconds: plan.report.makespan)),
                        ("makespan_bound_ms", JSONValue(milliseconds: plan.report.makespanBound)),
                        ("leadership_last_ms", JSONValue(milliseconds: last)),
                        (
                            "ratio",
                            .string(PlannerFamilies.ratio(plan.report.makespan.milliseconds, last.milliseconds))
                        ), ("violations", JSONValue(verify(plan, input).count)),
                    ])
                ).text())
        }
    }
}
