import FleetModel
import PlacementPlanning

/// Small instances with their bands, bounds and plans, one line of JSON each, for an exact solver to check.
enum PlannerOracle {
    static func run() throws {
        for (sizes, label) in [(SizeFamily.zipf(5), "zipf 5"), (.lognormal, "lognormal"), (.tiny, "equal")] {
            for (brokers, partitions, added, skewed) in [(6, 24, 0, true), (6, 24, 2, false), (9, 45, 1, false)] {
                let family = ClusterFamily(
                    name: "\(brokers)+\(added) brokers, \(partitions) partitions, \(label)\(skewed ? ", skewed" : "")",
                    brokers: brokers, partitions: partitions, topics: 3, factor: 2...2, sizes: sizes, racks: 3,
                    added: added, skewed: skewed)
                let input = try family.input(seed: 1)
                let plan = try Planner.plan(input, .rebalance(among: .all))
                // Where no placement meets all bands there is no optimum to compare with.
                guard plan.report.missedBands.isEmpty else { continue }
                let bound = lowerBounds(
                    input, plan.event, PlanningOptions(tolerance: plan.report.tolerance))
                print(line(family.name, input, plan, bound).text())
            }
        }
    }

    private static func line(
        _ name: String, _ input: PlacementInput, _ plan: MovePlan, _ bound: LowerBounds
    ) -> JSONValue {
        let brokers = plan.report.brokers.map { broker -> JSONValue in
            [
                "id": JSONValue(broker.id), "rack": .string(broker.rack ?? ""), "low": JSONValue(broker.low),
                "high": JSONValue(broker.high),
            ]
        }
        let partitions = (0..<input.partitionCount).map { row -> JSONValue in
            [
                "replicas": .array(input.replicas(of: row).map { JSONValue($0) }),
                "size": JSONValue(input.size(of: row)),
            ]
        }
        return [
            "name": .string(name), "brokers": .array(brokers), "partitions": .array(partitions),
            "bound": JSONValue(bound.bytes), "fluid": JSONValue(bound.fluidBytes),
            "bytes": JSONValue(plan.report.bytes),
        ]
    }
}
