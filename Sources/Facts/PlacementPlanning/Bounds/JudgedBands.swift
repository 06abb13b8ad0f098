import FleetModel

/// The bands that a balance must meet, for those who judge.
struct JudgedBands {
    private(set) var low: [Int64]
    private(set) var high: [Int64]
    /// What lies on each broker in any case: frozen partitions, and those that no band has room for.
    private(set) var floor: [Int64]

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
        floor = stuck
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
                let slack = Int64(clamping: Int128(share[broker]) * Int128(options.tolerance.thousandths) / 1000)
                let top = max(request.ceiling[broker], floor[broker])
                low[broker] = request.mayReceive[broker] ? max(0, min(share[broker] - slack, top)) : 0
                high[broker] = max(min(Int64(clamping: Int128(share[broker]) + Int128(slack)), top), floor[broker])
            }
            // What no band has room for, besides what lies there in any case.
            let widest = brokers.indices.filter { request.mayReceive[$0] }.map { high[$0] - floor[$0] }.max() ?? 0
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

    /// Takes `bytes` on `broker` as good enough.
    mutating func accept(_ broker: Int, _ bytes: Int64) {
        low[broker] = min(low[broker], bytes)
        high[broker] = max(high[broker], bytes)
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
