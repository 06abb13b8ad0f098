import FleetModel

/// The fair share of each broker and how far from it a broker may lie.
struct Bands {
    private(set) var fair: [Int64]
    private(set) var low: [Int64]
    private(set) var high: [Int64]
    /// Fair number of replicas.
    private(set) var fairCount: [Int64]
    /// The most room of all bands, before some was made for partitions larger than that.
    private(set) var widest: Int64
    /// Partitions larger than this are held by somebody in any case: they stay where they are.
    private(set) var largest = Int64.max
    /// Whether the band binds: a broker that takes part in the sharing.
    let member: [Bool]

    /// The bands for `total` bytes that the members of `problem` will hold together. `layout` tells what lies on them
    /// in any case; `total` and `replicas` include it.
    init(_ problem: PlanningProblem, _ layout: Layout, total: Int64, replicas: Int64) {
        let input = problem.input
        let brokers = input.brokers
        member = problem.member
        (fair, low, high, fairCount, widest) = ([], [], [], [], 0)
        let members = brokers.indices.filter { problem.member[$0] }
        var hostCap = [Int64](repeating: 0, count: input.hostCount)
        var rackCap = [Int64](repeating: 0, count: input.rackCount)
        var hostSlots = [Int64](repeating: 0, count: input.hostCount)
        var rackSlots = [Int64](repeating: 0, count: input.rackCount)
        // Bytes and replicas that a domain can hold at most, by factor.
        var bytesOf = [Int64](repeating: 0, count: problem.limits.host.count)
        var countOf = bytesOf
        var pinned = [Int64](repeating: 0, count: brokers.count)
        for row in input.sizes.indices {
            let factor = Int(problem.factor[row])
            bytesOf[factor] += input.sizes[row]
            countOf[factor] += 1
            if problem.frozen[row] {
                for slot in layout.range(row) where layout.slots[slot] >= 0 {
                    pinned[Int(layout.slots[slot])] += input.sizes[row]
                }
            }
        }
        for factor in bytesOf.indices {
            for host in hostCap.indices {
                hostCap[host] += bytesOf[factor] * Int64(problem.limits.host[factor])
                hostSlots[host] += countOf[factor] * Int64(problem.limits.host[factor])
            }
            for rack in rackCap.indices {
                rackCap[rack] += bytesOf[factor] * Int64(problem.limits.rack[factor])
                rackSlots[rack] += countOf[factor] * Int64(problem.limits.rack[factor])
            }
        }
        let weight = brokers.map(\.weight)
        let ceiling = brokers.indices.map { max(problem.ceiling[$0], pinned[$0]) }
        func shares(_ total: Int64, _ floor: [Int64], _ ceiling: [Int64], _ host: [Int64], _ rack: [Int64]) -> [Int64] {
            FairShares(
                total: total, members: members, weight: weight, floor: floor, ceiling: ceiling, hostOf: input.hostOf,
                rackOf: input.rackOf, hostCap: host, rackCap: rack
            ).share
        }
        var floor = pinned
        fair = shares(total, floor, ceiling, hostCap, rackCap)
        let tolerance = problem.tolerance.thousandths
        func bands(_ fair: [Int64], _ floor: [Int64]) -> ([Int64], [Int64]) {
            var low = fair
            var high = fair
            for broker in members {
                let slack = PlanningProblem.scaled(fair[broker], tolerance, 1000)
                let top = max(ceiling[broker], floor[broker])
                low[broker] = min(fair[broker] - slack, top)
                let room = Int64(clamping: Int128(fair[broker]) + Int128(slack))
                high[broker] = max(min(room, top), floor[broker])
                if !problem.target[broker] { low[broker] = 0 }
            }
            for broker in low.indices where low[broker] < 0 { low[broker] = 0 }
            return (low, high)
        }
        (low, high) = bands(fair, floor)
        widest = members.filter { problem.target[$0] }.map { high[$0] - floor[$0] }.max() ?? 0
        if problem.mandate.balances {
            // A partition that no band has room for is held by somebody: it stays, and the others share the rest. What
            // its holder may have besides is no measure: the larger the giant, the more that is.
            for _ in 0..<Self.giantRounds {
                let targets = members.filter { problem.target[$0] }
                let usual = targets.filter { floor[$0] == pinned[$0] }
                let widest = (usual.isEmpty ? targets : usual).map { high[$0] - floor[$0] }.max() ?? 0
                largest = widest
                var changed = false
                var giants = pinned
                for row in input.sizes.indices where input.sizes[row] > widest && !problem.frozen[row] {
                    for slot in layout.range(row) where layout.slots[slot] >= 0 {
                        giants[Int(layout.slots[slot])] += input.sizes[row]
                    }
                }
                for broker in members where giants[broker] > floor[broker] {
                    floor[broker] = giants[broker]
                    changed = true
                }
                guard changed else { break }
                fair = shares(total, floor, ceiling.enumerated().map { max($1, floor[$0]) }, hostCap, rackCap)
                (low, high) = bands(fair, floor)
            }
        }
        let none = [Int64](repeating: 0, count: brokers.count)
        let many = [Int64](repeating: PlacementInput.maximumTotal, count: brokers.count)
        fairCount = shares(replicas, none, many, hostSlots, rackSlots)
    }

    /// Each round takes giants out and lowers the share of the rest, which can make more of them giants; the first few
    /// rounds find nearly all.
    private static let giantRounds = 8

    /// Takes `loads` as good enough.
    mutating func accept(_ loads: [Int64]) {
        for broker in loads.indices where member[broker] {
            low[broker] = min(low[broker], loads[broker])
            high[broker] = max(high[broker], loads[broker])
        }
    }

    /// Without balance as the aim, only brokers that new replicas bring above their band are outside it.
    mutating func acceptWhatStays(_ problem: PlanningProblem, _ layout: Layout) {
        let before = problem.input.loads()
        for broker in before.indices where member[broker] {
            low[broker] = 0
            high[broker] = max(high[broker], before[broker])
        }
    }

    /// Bytes that must move for the bands alone, from the layout before: what lies above them or what lacks below.
    func fluidBound(_ problem: PlanningProblem) -> Int64 {
        guard problem.mandate.balances else { return .max }
        let loads = problem.input.loads()
        var (above, below): (Int64, Int64) = (0, 0)
        for broker in loads.indices where member[broker] {
            above += max(0, loads[broker] - high[broker])
            below += max(0, low[broker] - loads[broker])
        }
        return max(above, below)
    }

    /// How far `load` lies outside the band; 0 inside.
    func violation(_ broker: Int, _ load: Int64) -> Int64 {
        guard member[broker] else { return 0 }
        return max(0, low[broker] - load, load - high[broker])
    }
}
