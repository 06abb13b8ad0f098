public import FleetModel

/// What no plan can do better, worked out from the rules alone: apart from the planner, so that it can judge it.
public struct LowerBounds: Hashable, Sendable {
    /// Replicas that must be copied because of the request, whatever the balance.
    public var forcedReplicas: Int
    /// Bytes of these.
    public var forcedBytes: ByteCount
    /// Bytes that must be copied, bands included where the request is about balance.
    public var bytes: ByteCount
    /// The same as a fluid, as if partitions could be cut: the closed form of the literature.
    public var fluidBytes: ByteCount

    /// Bounds of these figures.
    public init(forcedReplicas: Int, forcedBytes: ByteCount, bytes: ByteCount, fluidBytes: ByteCount) {
        self.forcedReplicas = forcedReplicas
        self.forcedBytes = forcedBytes
        self.bytes = bytes
        self.fluidBytes = fluidBytes
    }
}

/// The bounds of `event` on `input`.
///
/// Forced copies: what exceeds the largest legal part of each old list (exact). Balance: every broker's bytes must end
/// in its band, every moved byte leaves one broker and enters one, so no plan moves less than what lies above the bands
/// or what lacks below them; in each rack by itself where every partition has a replica in every rack. Since partitions
/// can't be cut, what one broker gives or takes is a sum of their sizes, which can raise the bound.
public func lowerBounds(
    _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions = PlanningOptions()
) -> LowerBounds { Bounds(input, Request(input, event, options), options).value }

private struct Bounds {
    let value: LowerBounds

    init(_ input: PlacementInput, _ request: Request, _ options: PlanningOptions) {
        let sites = input.brokers.indices.filter { !request.leaves[$0] }
        var rule = SpreadRule(input, sites: sites)
        var kept = [Int64](repeating: 0, count: input.brokers.count)
        var forcedInRack = [Int64](repeating: 0, count: input.rackCount)
        var (forcedReplicas, forcedBytes) = (0, Int64(0))
        var total: Int128 = 0
        for row in input.sizes.indices {
            let old = Array(input.slots[input.range(row)])
            let factor = request.factor[row]
            total += Int128(input.sizes[row]) * Int128(factor)
            let staying = old.filter { !request.leaves[Int($0)] }
            var copies = 0
            if !request.stays[row], factor <= sites.count {
                let rank = rule.rank(staying, factor: factor)
                // A list that nothing forces to change may stay broken where it can't be mended.
                copies = staying.count == factor && !request.mends ? 0 : max(0, factor - rank)
            }
            for broker in staying { kept[Int(broker)] += input.sizes[row] }
            if copies > 0 {
                forcedReplicas += copies
                forcedBytes += input.sizes[row] * Int64(copies)
                for rack in forcedInRack.indices
                where !staying.contains(where: { Int(input.rackOf[Int($0)]) == rack }) {
                    forcedInRack[rack] += input.sizes[row]
                }
                // Which of several in one rack goes is open: none of them counts as staying for certain.
                if rule.rank(staying, factor: staying.count) < staying.count || staying.count > factor - copies {
                    for broker in staying
                    where staying.contains(where: { $0 != broker && input.rackOf[Int($0)] == input.rackOf[Int(broker)] }
                    ) {
                        kept[Int(broker)] -= input.sizes[row]
                    }
                }
            }
        }
        guard request.isBalance else {
            value = LowerBounds(
                forcedReplicas: forcedReplicas, forcedBytes: ByteCount(forcedBytes), bytes: ByteCount(forcedBytes),
                fluidBytes: ByteCount(forcedBytes))
            return
        }
        let bands = JudgedBands(input, request, options, &rule, total: total)
        let everyRack =
            !input.sizes.isEmpty && forcedReplicas == 0
            && request.factor.allSatisfy { $0 == Set(sites.map { input.rackOf[$0] }).count }
        let lumps = Lumps(input, request)
        var fluid: Int64 = 0
        var whole: Int64 = 0
        let groups = everyRack ? Array(0..<input.rackCount) : [-1]
        for group in groups {
            var (above, below): (Int64, Int64) = (0, 0)
            var (aboveWhole, belowWhole): (Int64, Int64) = (0, 0)
            for broker in input.brokers.indices
            where request.shares[broker] && (group < 0 || Int(input.rackOf[broker]) == group) {
                let excess = max(0, kept[broker] - bands.high[broker])
                let lack = max(0, bands.low[broker] - kept[broker])
                above += excess
                below += lack
                aboveWhole += max(excess, lumps.giving(broker, excess))
                belowWhole += max(lack, lumps.taking(lack))
            }
            let forced = group < 0 ? forcedBytes : forcedInRack[group]
            fluid += max(forced + above, below)
            whole += max(forced + aboveWhole, belowWhole)
        }
        value = LowerBounds(
            forcedReplicas: forcedReplicas, forcedBytes: ByteCount(forcedBytes), bytes: ByteCount(whole),
            fluidBytes: ByteCount(fluid))
    }
}

/// The bands that a balance must meet, for those who judge.
struct JudgedBands {
    private(set) var low: [Int64]
    private(set) var high: [Int64]

    init(
        _ input: PlacementInput, _ request: Request, _ options: PlanningOptions, _ rule: inout SpreadRule,
        total: Int128
    ) {
        let brokers = input.brokers
        var stuck = [Int64](repeating: 0, count: brokers.count)
        var outside: Int128 = 0
        var (hostTop, rackTop): (Int128, Int128) = (0, 0)
        var topsOf: [Int: (host: Int, rack: Int)] = [:]
        for row in input.sizes.indices {
            let size = input.sizes[row]
            let factor = request.factor[row]
            let most: (host: Int, rack: Int)
            if let known = topsOf[factor] {
                most = known
            } else {
                most = rule.most(factor)
                topsOf[factor] = most
            }
            hostTop += Int128(size) * Int128(most.host)
            rackTop += Int128(size) * Int128(most.rack)
            for slot in input.range(row) {
                let broker = Int(input.slots[slot])
                if request.stays[row] { stuck[broker] += size }
                if !request.shares[broker], !request.leaves[broker] { outside += Int128(size) }
            }
        }
        var floor = stuck
        (low, high) = ([], [])
        let water = max(0, total - outside)
        for _ in 0..<8 {
            var share = [Int64](repeating: 0, count: brokers.count)
            Self.vessel(input, request, floor, Int64(clamping: hostTop), Int64(clamping: rackTop)).pour(water) {
                share[$0] = $1
            }
            low = share
            high = share
            for broker in brokers.indices where request.shares[broker] {
                let slack = Int64(Int128(share[broker]) * Int128(options.tolerance.thousandths) / 1000)
                let top = max(request.ceiling[broker], floor[broker])
                low[broker] = request.mayReceive[broker] ? max(0, min(share[broker] - slack, top)) : 0
                high[broker] = max(min(Int64(clamping: Int128(share[broker]) + Int128(slack)), top), floor[broker])
            }
            let widest = brokers.indices.filter { request.mayReceive[$0] }.map { high[$0] }.max() ?? 0
            var giants = stuck
            for row in input.sizes.indices where input.sizes[row] > widest && !request.stays[row] {
                for slot in input.range(row) { giants[Int(input.slots[slot])] += input.sizes[row] }
            }
            var changed = false
            for broker in brokers.indices where request.shares[broker] && giants[broker] > floor[broker] {
                floor[broker] = giants[broker]
                changed = true
            }
            if !changed { break }
        }
    }

    private static func vessel(
        _ input: PlacementInput, _ request: Request, _ floor: [Int64], _ hostTop: Int64, _ rackTop: Int64
    ) -> Vessel {
        var racks: [[[Vessel]]] = Array(repeating: [], count: input.rackCount)
        var placeOfHost: [Int64: Int] = [:]
        for broker in input.brokers.indices where request.shares[broker] {
            let rack = Int(input.rackOf[broker])
            let key = Int64(rack) << 32 | Int64(input.hostOf[broker])
            let place = placeOfHost[key] ?? racks[rack].count
            if place == racks[rack].count { racks[rack].append([]) }
            placeOfHost[key] = place
            racks[rack][place].append(
                .broker(
                    broker, weight: input.brokers[broker].weight, floor: floor[broker],
                    top: max(request.ceiling[broker], floor[broker])))
        }
        return .group(
            top: .max, racks.map { hosts in .group(top: rackTop, hosts.map { .group(top: hostTop, $0) }) })
    }
}

/// What partitions that can't be cut add to a bound.
///
/// Cut the sizes in two at any place: all the small ones together make up `rest` at most. Who must take `need` bytes
/// takes at least so many large ones that these and the rest suffice, and so many weigh at least as much as the
/// smallest large ones.
private struct Lumps {
    private let sizes: [Int64]
    private let sums: [Int64]
    private let own: [[Int64]]
    private let ownSums: [[Int64]]

    init(_ input: PlacementInput, _ request: Request) {
        let movable = input.sizes.indices.filter { !request.stays[$0] }
        sizes = movable.map { input.sizes[$0] }.sorted(by: >)
        sums = Self.sums(sizes)
        var own = [[Int64]](repeating: [], count: input.brokers.count)
        for row in movable {
            for slot in input.range(row) { own[Int(input.slots[slot])].append(input.sizes[row]) }
        }
        self.own = own.map { $0.sorted(by: >) }
        ownSums = self.own.map(Self.sums)
    }

    private static func sums(_ sizes: [Int64]) -> [Int64] {
        var sums: [Int64] = [0]
        sums.reserveCapacity(sizes.count + 1)
        for size in sizes { sums.append(sums[sums.count - 1] + size) }
        return sums
    }

    func taking(_ need: Int64) -> Int64 { Self.least(need, sizes, sums) }

    func giving(_ broker: Int, _ need: Int64) -> Int64 { Self.least(need, own[broker], ownSums[broker]) }

    private static func least(_ need: Int64, _ sizes: [Int64], _ sums: [Int64]) -> Int64 {
        guard need > 0, let all = sums.last, !sizes.isEmpty else { return 0 }
        var best = need
        var cut = 1
        while true {
            let rest = all - sums[cut]
            if rest < need {
                // The fewest large ones that suffice with the rest.
                var (low, high) = (0, cut)
                while low < high {
                    let middle = (low + high) / 2
                    if sums[middle] + rest >= need { high = middle } else { low = middle + 1 }
                }
                best = max(best, sums[cut] - sums[cut - low])
            }
            if cut == sizes.count { return best }
            cut = min(sizes.count, max(cut + 1, cut * 17 / 16))
        }
    }
}
