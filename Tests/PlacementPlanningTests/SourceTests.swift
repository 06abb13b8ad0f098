import FleetModel
import Testing

@testable import PlacementPlanning

/// Which replica each partition is copied from, and what no choice undercuts.
@Suite struct `Sources` {
    /// Partitions so few that every choice can be tried.
    private struct Toy {
        var bytes: [Int64] = []
        var options: [Int32] = []
        var optionStart: [Int32] = [0]
        var rate: [Int64]
        /// The least time of the busiest uplink, and what uplinks carry then.
        private(set) var optimum: Int64 = .max
        private(set) var best: [Int64] = []

        init(seed: UInt64) {
            var random = SplitMix(seed: seed)
            let brokers = 2 + random.below(3)
            let areAlike = random.below(2) == 0
            rate = (0..<brokers).map { _ in areAlike ? 1000 : Int64(1 + random.below(4)) * 500 }
            let unit: Int64 = seed % 4 == 0 ? 700_000 : 1
            for _ in 0..<3 + random.below(5) {
                let isLarge = random.below(4) == 0
                bytes.append(unit * Int64(unit > 1 ? 1 : 1 + random.below(isLarge ? 900_000 : 90_000)))
                let all = (0..<Int32(brokers)).shuffled(using: &random)
                options += all.prefix(1 + random.below(2))
                optionStart.append(Int32(options.count))
            }
            var out = [Int64](repeating: 0, count: brokers)
            search(0, &out)
        }

        private mutating func search(_ index: Int, _ out: inout [Int64]) {
            guard index < bytes.count else {
                let time = out.indices.map { Ports.milliseconds(out[$0], rate[$0]) }.max() ?? 0
                if time < optimum { (optimum, best) = (time, out) }
                return
            }
            for option in options[Int(optionStart[index])..<Int(optionStart[index + 1])] {
                out[Int(option)] += bytes[index]
                search(index + 1, &out)
                out[Int(option)] -= bytes[index]
            }
        }

        func bound(_ busiest: [Int]) -> Int64 {
            UplinkBound(bytes: bytes, options: options, optionStart: optionStart, rate: rate, busiest: busiest)
                .milliseconds
        }
    }

    @Test func `the bound of uplinks is below every choice, whatever set it is taken of, and mostly the best one`() {
        var (exact, equal, sharper) = (0, 0, 0)
        for seed in 0..<400 as Range<UInt64> {
            let toy = Toy(seed: seed)
            var random = SplitMix(seed: seed)
            let any = toy.bound(toy.rate.indices.shuffled(using: &random))
            #expect(any <= toy.optimum, "seed \(seed): \(any) is proved and \(toy.optimum) suffices")
            let times = toy.best.indices.map { Ports.milliseconds(toy.best[$0], toy.rate[$0]) }
            let proved = toy.bound(times.indices.sorted { times[$0] > times[$1] })
            #expect(proved <= toy.optimum, "seed \(seed): \(proved) is proved and \(toy.optimum) suffices")
            let all = Ports.milliseconds(toy.bytes.reduce(0, +), toy.rate.reduce(0, +))
            if proved > all { sharper += 1 }
            if proved == toy.optimum { exact += 1 }
            if seed % 4 == 0, proved == toy.optimum { equal += 1 }
        }
        #expect(
            exact >= 220 && equal >= 80 && sharper >= 280,
            "\(exact) exact, \(equal) of one size, \(sharper) sharper")
    }

    /// Brokers 1 and 2 leave. Broker 3 alone keeps a large partition with two copies to make; it leads small ones that
    /// broker 4 holds too, of which none takes a millisecond.
    @Test func `small copies leave an uplink that must serve a large one, though each saves it next to nothing`() throws
    {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...8) {
            builder.add(
                PlanningBroker(
                    id: id, host: "h\(id)", uplink: BytesPerSecond(100_000_000), downlink: BytesPerSecond(100_000_000)))
        }
        builder.add(topic: "large", partition: 0, replicas: [1, 2, 3], size: 100_000_000)
        for partition: Int32 in 0..<400 {
            builder.add(topic: "small", partition: partition, replicas: [3, 1, 4], size: 60_000)
        }
        let input = try builder.build()
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(1...2), onto: .all))
        #expect(verify(plan, input) == [])
        let third = plan.moves.filter { $0.source == NodeID.ids(3...3)[0] }
        #expect(third.count == 2 && third.allSatisfy { $0.bytes == ByteCount(100_000_000) })
        #expect(plan.report.makespanBound == .milliseconds(2000) && plan.report.makespan <= .milliseconds(2040))
    }
}
