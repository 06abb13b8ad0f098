import FleetModel
import PlacementPlanning

/// Small instances with their bands, bounds and plans, one line of JSON each, for an exact solver to check.
enum PlannerOracle {
    private static func families() -> [ClusterFamily] {
        var families: [ClusterFamily] = []
        for (sizes, label) in [(SizeFamily.zipf(5), "zipf 5"), (.lognormal, "lognormal"), (.tiny, "equal")] {
            for (brokers, partitions, added, skewed) in [(6, 24, 0, true), (6, 24, 2, false), (9, 45, 1, false)] {
                families.append(
                    ClusterFamily(
                        name:
                            "\(brokers)+\(added) brokers, \(partitions) partitions, \(label)\(skewed ? ", skewed" : "")",
                        brokers: brokers, partitions: partitions, topics: 3, factor: 2...2, sizes: sizes, racks: 3,
                        added: added, skewed: skewed))
            }
        }
        // The toys of `planner-families`, and heavy tails.
        for (sizes, label) in [(SizeFamily.zipf(5), "zipf 5"), (.lognormal, "lognormal")] {
            for (added, skewed) in [(1, false), (3, false), (0, true)] {
                families.append(
                    ClusterFamily(
                        name: "9+\(added) brokers, 60 partitions of 3, \(label)\(skewed ? ", skewed" : "")",
                        brokers: 9, partitions: 60, topics: 6, sizes: sizes, added: added, skewed: skewed))
            }
        }
        for (sizes, label) in [(SizeFamily.zipf(11), "zipf 11"), (.zipf(14), "zipf 14"), (.bimodal, "bimodal")] {
            for (added, skewed) in [(0, true), (2, false)] {
                families.append(
                    ClusterFamily(
                        name: "10+\(added) brokers, 120 partitions, \(label)\(skewed ? ", skewed" : "")",
                        brokers: 10, partitions: 120, topics: 6, factor: 2...2, sizes: sizes, racks: 5, added: added,
                        skewed: skewed))
            }
        }
        return families
    }

    /// `planner-oracle [PART OF A NAME]`; `planner-oracle --families PART` has those of `planner-families`.
    static func run(_ arguments: [String]) throws {
        let wanted = arguments.last.map { part in { (name: String) in name.contains(part) } } ?? { _ in true }
        if arguments.first == "--families" {
            for item in PlannerFamilies.cases(large: false) where wanted(item.family.name) {
                if case .rebalance = item.event { try show(item.family) }
            }
            return
        }
        for family in families() where wanted(family.name) { try show(family) }
    }

    private static func show(_ family: ClusterFamily) throws {
        let input = try family.input(seed: 1)
        let plan = try Planner.plan(input, .rebalance(among: .all))
        // Where a band is missed, what the plan reached counts as inside it, for the bound as for the solver.
        let bound = lowerBounds(
            input, plan.event, PlanningOptions(tolerance: plan.report.tolerance),
            accepting: plan.report.brokers.map { ($0.id, $0.bytesAfter) })
        print(line(family.name, input, plan, bound).text())
    }

    private static func line(
        _ name: String, _ input: PlacementInput, _ plan: MovePlan, _ bound: LowerBounds
    ) -> JSONValue {
        let brokers = plan.report.brokers.map { broker -> JSONValue in
            [
                "id": JSONValue(broker.id), "rack": .string(broker.rack ?? ""),
                "low": JSONValue(min(broker.low, broker.bytesAfter)),
                "high": JSONValue(max(broker.high, broker.bytesAfter)),
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
