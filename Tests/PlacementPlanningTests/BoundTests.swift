import FleetModel
import Testing

@testable import PlacementPlanning

/// Clusters so small that every placement can be tried.
@Suite struct `Bounds` {
    private struct Toy {
        let input: PlacementInput
        let event = PlacementEvent.rebalance(among: .all)
        let bands: JudgedBands
        let request: Request
        var rule: SpreadRule

        init(seed: UInt64) throws {
            var random = SplitMix(seed: seed)
            var builder = PlacementInput.Builder()
            let brokers = 3 + random.below(2)
            for id in NodeID.ids(1...Int32(brokers)) {
                builder.add(PlanningBroker(id: id, host: "h\(id)", rack: seed % 3 == 0 ? "r\(id.rawValue % 3)" : nil))
            }
            for partition in 0..<Int32(4 + random.below(2)) {
                // A few sizes within one order of magnitude: each is a large part of a broker.
                let size = Int64(1 + random.below(9)) * 1_000_000
                let all = (1...Int32(brokers)).shuffled(using: &random)
                builder.add(
                    topic: "t", partition: partition, replicas: all.prefix(1 + random.below(2)), size: size)
            }
            input = try builder.build()
            // Wide enough that most can be met.
            let options = PlanningOptions(tolerance: PerMille(Int64(200 + 100 * random.below(5))))
            request = Request(input, event, options)
            rule = SpreadRule(input, sites: Array(input.brokers.indices))
            var maker = BandMaker(
                input, request, &rule, total: input.loads().reduce(Int128(0)) { $0 + Int128($1) })
            bands = maker.bands(options.tolerance)
        }

        /// The fewest bytes with which every broker comes into its band; nil where none can.
        func optimum() -> Int64? {
            var best: Int64?
            var loads = [Int64](repeating: 0, count: input.brokers.count)
            var rule = rule
            func place(_ row: Int, _ moved: Int64) {
                if moved >= best ?? .max { return }
                guard row < input.partitionCount else {
                    let isMet = loads.indices.allSatisfy { (bands.low[$0]...bands.high[$0]).contains(loads[$0]) }
                    if isMet { best = moved }
                    return
                }
                let old = Array(input.slots[input.range(row)])
                for list in Self.lists(of: old.count, among: input.brokers.count)
                where Set(list) == Set(old) || rule.isKept(list, judging: list) == (true, true) {
                    for broker in list { loads[Int(broker)] += input.sizes[row] }
                    place(row + 1, moved + input.sizes[row] * Int64(list.count { !old.contains($0) }))
                    for broker in list { loads[Int(broker)] -= input.sizes[row] }
                }
            }
            place(0, 0)
            return best
        }

        /// All sets of `count` brokers.
        private static func lists(of count: Int, among brokers: Int) -> [[Int32]] {
            (0..<1 << brokers).filter { $0.nonzeroBitCount == count }.map { set in
                (0..<Int32(brokers)).filter { set >> Int($0) & 1 != 0 }
            }
        }
    }

    @Test func `of what can't be cut are below every placement, and above the fluid's where that is out of reach`()
        throws
    {
        var (met, sharper, exact) = (0, 0, 0)
        for seed in 0..<160 as Range<UInt64> {
            var toy = try Toy(seed: seed)
            guard let optimum = toy.optimum() else { continue }
            met += 1
            let priced = PricedPieces(toy.input, toy.request, toy.bands, &toy.rule).bytes
            #expect(priced <= optimum, "seed \(seed): \(priced) is proved and \(optimum) suffices")
            let loads = toy.input.loads()
            let above = loads.indices.reduce(Int64(0)) { $0 + max(0, loads[$1] - toy.bands.high[$1]) }
            let below = loads.indices.reduce(Int64(0)) { $0 + max(0, toy.bands.low[$1] - loads[$1]) }
            if priced > max(above, below) { sharper += 1 }
            if priced == optimum { exact += 1 }
        }
        #expect(met >= 60 && sharper >= 20 && exact >= 20, "\(met) met, \(sharper) sharper, \(exact) exact")
    }
}
