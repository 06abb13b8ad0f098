import FleetModel

/// The bands that a balance must meet, for those who judge.
struct JudgedBands {
    fileprivate(set) var low: [Int64]
    fileprivate(set) var high: [Int64]
    /// What lies on each broker in any case: frozen partitions, and those that no band has room for.
    let floor: [Int64]
    /// The largest partition that there is room for on a broker which holds none too large for that.
    fileprivate(set) var widest: Int64 = 0

    /// Takes `bytes` on `broker` as good enough.
    mutating func accept(_ broker: Int, _ bytes: Int64) {
        low[broker] = min(low[broker], bytes)
        high[broker] = max(high[broker], bytes)
    }
}

/// What the bands of a request are made of, whatever the tolerance. Shares depend only on how many partitions are too
/// large for any band, so that those of one tolerance serve for others too.
struct BandMaker {
    private let input: PlacementInput
    private let request: Request
    /// Bytes that the sharing brokers hold together, and what hosts and racks hold at most.
    private let water: Int128
    private let hostTop: Int64
    private let rackTop: Int64
    /// Rows that may move, the largest first.
    private let rows: [Int32]
    /// Floors and shares with so many of `rows` counted as giants.
    private var known: [Int: (floor: [Int64], share: [Int64])] = [:]

    /// Giants taken out lower the share of the rest, which can make more of them giants: rounds of it, at most.
    private static let rounds = 8

    /// `total`: bytes of all replicas that are wanted.
    init(_ input: PlacementInput, _ request: Request, _ rule: inout SpreadRule, total: Int128) {
        (self.input, self.request) = (input, request)
        var stuck = [Int64](repeating: 0, count: input.brokers.count)
        var outside: Int128 = 0
        var bytesOf: [Int64] = []
        for row in input.sizes.indices {
            let size = input.sizes[row]
            let factor = request.factor[row]
            while bytesOf.count <= factor { bytesOf.append(0) }
            bytesOf[factor] += size
            for slot in input.range(row) {
                let broker = Int(input.slots[slot])
                if request.stays[row] { stuck[broker] += size }
                if !request.shares[broker], !request.leaves[broker] { outside += Int128(size) }
            }
        }
        var (hostTop, rackTop): (Int128, Int128) = (0, 0)
        for (factor, bytes) in bytesOf.enumerated() where bytes > 0 {
            let most = rule.most(factor)
            hostTop += Int128(bytes) * Int128(most.host)
            rackTop += Int128(bytes) * Int128(most.rack)
        }
        (self.hostTop, self.rackTop) = (Int64(clamping: hostTop), Int64(clamping: rackTop))
        water = max(0, total - outside)
        rows = input.bySize.filter { !request.stays[Int($0)] }
        known[0] = (stuck, shares(stuck))
    }

    /// The bands of a tolerance.
    mutating func bands(_ tolerance: PerMille) -> JudgedBands {
        var giants = 0
        var bands = JudgedBands(low: [], high: [], floor: [])
        let stuck = known[0]?.floor ?? []
        for _ in 0..<Self.rounds {
            let (floor, share) = figures(giants)
            bands = between(share, floor, tolerance)
            // What no band has room for, besides what lies there in any case. Brokers that hold a giant are no measure: the
            // larger it is, the more may lie beside it.
            let receivers = input.brokers.indices.filter { request.mayReceive[$0] }
            let usual = receivers.filter { floor[$0] == stuck[$0] }
            bands.widest = (usual.isEmpty ? receivers : usual).map { bands.high[$0] - floor[$0] }.max() ?? 0
            let larger = count(above: bands.widest)
            guard larger > giants, rows[giants..<larger].contains(where: { liesOnSharing(Int($0)) }) else { break }
            giants = larger
        }
        return bands
    }

    private func between(_ share: [Int64], _ floor: [Int64], _ tolerance: PerMille) -> JudgedBands {
        var bands = JudgedBands(low: share, high: share, floor: floor)
        for broker in share.indices where request.shares[broker] {
            let slack = Int64(clamping: Int128(share[broker]) * Int128(tolerance.thousandths) / 1000)
            let top = max(request.ceiling[broker], floor[broker])
            bands.low[broker] = request.mayReceive[broker] ? max(0, min(share[broker] - slack, top)) : 0
            bands.high[broker] = max(min(Int64(clamping: Int128(share[broker]) + Int128(slack)), top), floor[broker])
        }
        return bands
    }

    /// How many of `rows` have more than `size` bytes.
    private func count(above size: Int64) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if input.sizes[Int(rows[middle])] > size { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func liesOnSharing(_ row: Int) -> Bool {
        input.slots[input.range(row)].contains { request.shares[Int($0)] }
    }

    private mutating func figures(_ giants: Int) -> (floor: [Int64], share: [Int64]) {
        if let figures = known[giants] { return figures }
        var floor = known[0]?.floor ?? []
        for row in rows.prefix(giants).lazy.map(Int.init) {
            for slot in input.range(row) where request.shares[Int(input.slots[slot])] {
                floor[Int(input.slots[slot])] += input.sizes[row]
            }
        }
        let figures = (floor, shares(floor))
        known[giants] = figures
        return figures
    }

    private func shares(_ floor: [Int64]) -> [Int64] {
        var share = [Int64](repeating: 0, count: input.brokers.count)
        vessel(floor).pour(water) { share[$0] = $1 }
        return share
    }

    private func vessel(_ floor: [Int64]) -> Vessel {
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
