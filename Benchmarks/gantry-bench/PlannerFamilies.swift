import FleetModel
import Glibc
import PlacementPlanning

/// Plans instances of many families and prints how near each plan is to its bounds, a line of JSON each.
enum PlannerFamilies {
    struct Case {
        var family: ClusterFamily
        var event: PlacementEvent
        var seed: UInt64 = 1
    }

    static func cases(large: Bool) -> [Case] {
        var cases: [Case] = []
        func add(_ family: ClusterFamily, _ event: PlacementEvent, _ label: String) {
            var named = family
            named.name = "\(family.name) \(label)"
            cases.append(Case(family: named, event: event))
        }
        let drain = { (ids: ClosedRange<Int32>) in PlacementEvent.drain(brokers: NodeID.ids(ids), onto: .all) }
        for tenths in [0, 5, 8, 11, 14] {
            var grown = ClusterFamily(
                name: "40x4k zipf \(tenths)", brokers: 40, partitions: 4000, sizes: .zipf(tenths), racks: 4)
            add(grown, drain(1...2), "drain 2")
            grown.skewed = true
            add(grown, .rebalance(among: .all), "skewed")
            grown.skewed = false
            grown.added = 4
            add(grown, .rebalance(among: .all), "+4")
        }
        for sizes in [SizeFamily.lognormal, .bimodal, .tiny, .giant] {
            var grown = ClusterFamily(
                name: "48x6k \(sizes)", brokers: 48, partitions: 6000, factor: 1...4, sizes: sizes, racks: 6)
            add(grown, drain(1...3), "drain 3")
            grown.skewed = true
            add(grown, .rebalance(among: .all), "skewed")
            grown.added = 6
            add(grown, .rebalance(among: .all), "skewed +6")
        }
        var mixed = ClusterFamily(
            name: "60x6k mixed disks", brokers: 60, partitions: 6000, sizes: .zipf(5), racks: 5, mixedDisks: true,
            added: 6, full: 70)
        add(mixed, .rebalance(among: .all), "70% +6")
        mixed.full = 85
        add(mixed, .rebalance(among: .all), "85% +6")
        mixed.added = 0
        mixed.full = 70
        add(mixed, drain(1...1), "70% drain 1")
        var uneven = ClusterFamily(
            name: "40x4k uneven racks", brokers: 40, partitions: 4000, sizes: .zipf(5), unevenRacks: true)
        add(uneven, .rebalance(among: .all), "rebalance")
        uneven.added = 4
        add(uneven, .rebalance(among: .all), "+4")
        var hosts = ClusterFamily(
            name: "40x4k 2/host", brokers: 40, partitions: 4000, sizes: .zipf(8), racks: 4, brokersPerHost: 2)
        add(hosts, drain(1...2), "drain host")
        hosts.added = 4
        add(hosts, .rebalance(among: .all), "+2 hosts")
        for (name, racks) in [("no racks", 0), ("each its rack", 40)] {
            var flat = ClusterFamily(
                name: "40x4k \(name)", brokers: 40, partitions: 4000, sizes: .zipf(8), racks: racks, added: 4)
            add(flat, .rebalance(among: .all), "+4")
            flat.skewed = true
            add(flat, .rebalance(among: .all), "skewed +4")
        }
        for (name, sizes) in [("zipf 5", SizeFamily.zipf(5)), ("lognormal", .lognormal), ("tiny", .tiny)] {
            var toy = ClusterFamily(name: "10x60 \(name)", brokers: 9, partitions: 60, topics: 6, sizes: sizes)
            add(toy, drain(1...1), "drain 1")
            toy.added = 1
            add(toy, .rebalance(among: .all), "+1")
            toy.added = 3
            add(toy, .rebalance(among: .all), "+3")
            toy.skewed = true
            toy.added = 0
            add(toy, .rebalance(among: .all), "skewed")
        }
        var hundred = ClusterFamily(
            name: "100x20k zipf 8", brokers: 100, partitions: 20_000, topics: 400, sizes: .zipf(8), racks: 5)
        add(hundred, drain(1...5), "drain 5")
        hundred.added = 10
        add(hundred, .rebalance(among: .all), "+10")
        hundred.skewed = true
        add(hundred, .rebalance(among: .all), "skewed +10")
        guard large else { return cases }
        var thousand = ClusterFamily(
            name: "1000x200k zipf 8", brokers: 1000, partitions: 200_000, topics: 2000, sizes: .zipf(8), racks: 10)
        add(thousand, drain(1...10), "drain 10")
        thousand.added = 50
        add(thousand, .rebalance(among: .all), "+50")
        var wide = ClusterFamily(
            name: "215x933k zipf 8", brokers: 215, partitions: 933_000, topics: 5000, sizes: .zipf(8), racks: 5)
        add(wide, drain(1...5), "drain 5")
        wide.added = 10
        add(wide, .rebalance(among: .all), "+10")
        return cases
    }

    static func run(_ arguments: [String]) {
        let only = arguments.first { !$0.hasPrefix("--") }
        for item in cases(large: arguments.contains("--large")) where only.map(item.family.name.contains) ?? true {
            do {
                let input = try item.family.input(seed: item.seed)
                let began = clock()
                let plan = try Planner.plan(input, item.event)
                let took = Duration.microseconds(clock() - began)
                let violations = verify(plan, input)
                let fluid = lowerBounds(input, item.event).fluidBytes
                print(line(item.family.name, input, plan, fluid, took, violations))
                if arguments.contains("--moves") {
                    for move in plan.moves.sorted(by: { $0.end > $1.end }).prefix(12) {
                        print(
                            "  \(plan.changes[move.change].partition) \(move.bytes) \(move.source.map(\.description) ?? "-")>"
                                + "\(move.adding.map(\.description) ?? "-") \(move.start) \(move.end) wave \(move.wave)"
                        )
                    }
                }
                if arguments.contains("--brokers") {
                    for broker in plan.report.brokers {
                        print(
                            "  \(broker.id) \(broker.bytesBefore)>\(broker.bytesAfter) of \(broker.low)..\(broker.high) n "
                                + "\(broker.replicasBefore)>\(broker.replicasAfter) l \(broker.leadersBefore)>\(broker.leadersAfter)"
                        )
                    }
                }
            } catch {
                print(#"{"instance": "\#(item.family.name)", "refused": "\#(error)"}"#)
            }
        }
    }

    static func ratio(_ a: Int64, _ b: Int64) -> String {
        guard b > 0 else { return a == 0 ? "1.0000" : "inf" }
        let scaled = Int64(clamping: Int128(a) * 10_000 / Int128(b))
        return "\(scaled / 10_000).\(String(10_000 + scaled % 10_000).dropFirst())"
    }

    private static func line(
        _ name: String, _ input: PlacementInput, _ plan: MovePlan, _ fluid: ByteCount, _ took: Duration,
        _ violations: [PlanViolation]
    ) -> String {
        let report = plan.report
        return JSONValue.object(
            JSONObject([
                ("instance", .string(name)), ("plan_ms", JSONValue(took.milliseconds)),
                ("bytes_to_bound", .string(ratio(report.bytes.bytes, report.lowerBound.bytes))),
                ("bytes_to_fluid_bound", .string(ratio(report.bytes.bytes, fluid.bytes))),
                (
                    "makespan_to_bound",
                    .string(ratio(report.makespan.milliseconds, report.makespanBound.milliseconds))
                ), ("moves", JSONValue(report.replicasMoved)), ("lists", JSONValue(plan.changes.count)),
                ("leaders_fewest", JSONValue(report.leaders.fewest)), ("leaders_most", JSONValue(report.leaders.most)),
                ("leaders_proved", JSONValue(!report.leaders.crowded.isEmpty)),
                ("leader_changes", JSONValue(report.leaders.changes)),
                ("bands_missed", JSONValue(report.missedBands.count)),
                ("bands_missed_without_proof", JSONValue(report.missedBands.count { !$0.proved })),
                ("tolerance", .string(report.tolerance.description)), ("violations", JSONValue(violations.count)),
            ])
        ).text()
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
