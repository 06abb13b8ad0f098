import FleetModel

/// What partitions that can't be cut add to a bound where a few of them make up much of every broker.
///
/// In the end every broker holds some set of the large ones, and each of these lies on as many brokers as it has replicas.
/// Relaxed by a price for each large partition (Lagrange), every broker chooses the set that is cheapest for itself: what
/// it takes that it did not hold, and of the small ones, a fluid, as much as brings it into its band beside the set.
/// Whatever the prices, no plan moves less; steps along the subgradient better them. `LargePieces` has one price for all
/// and needs a gap between large and small; here sizes may be any.
struct PricedPieces {
    /// Bytes that every plan moves; 0 where nothing is proved.
    private(set) var bytes: Int64 = 0

    /// More brokers hold so many partitions each that none of these counts for much.
    private static let mostBrokers = 64
    /// Large partitions that are looked at, the largest that no usual band is too narrow for.
    private static let mostPieces = 24
    /// Partitions larger than that, at most: with more of them nothing is usual.
    private static let mostGiants = 12
    /// Sets of large partitions that every broker chooses from, in two halves: what a round costs.
    private static let mostSets = 1500
    private static let rounds = 160
    /// Rounds without a better bound after which steps are halved.
    private static let patience = 6
    /// Prices are counted in so many parts of a byte, and no byte of a piece costs more than a few whole ones.
    private static let unit: Int64 = 32
    private static let dearest: Int64 = 2 * unit
    /// Beyond it, sums of what is multiplied by `dearest` might be no number.
    private static let mostTotal: Int64 = 1 << 48

    private var sizes: [Int64] = []
    /// How many brokers hold each piece.
    private var factors: [Int64] = []
    /// How many brokers of each rack may hold each piece.
    private var racks: [[Int64]] = []
    private var giants = 0
    private var holders: [Holder] = []
    private var first: PieceSets
    private var second: PieceSets
    /// Bytes that no enumerated set exceeds.
    private var limit: Int64 = 0

    /// A broker: which pieces it holds, and how far pieces may fill it. All bytes are those of pieces; `low` and `high` are
    /// the band less the small partitions that it holds now, `most` the band less what stays.
    private struct Holder {
        let rack: Int
        var own: UInt64 = 0
        var low: Int64
        var high: Int64
        var most: Int64
    }

    /// A point of the relaxed problem: prices of pieces, what they cost more in each rack, and the price of a small byte
    /// that goes against one that comes.
    private struct Prices {
        var piece: [Int64]
        var inRack: [[Int64]]
        var gone: Int64
    }

    init(_ input: PlacementInput, _ request: Request, _ bands: JudgedBands, _ rule: inout SpreadRule) {
        (first, second) = (PieceSets([], sizes: [], limit: 0), PieceSets([], sizes: [], limit: 0))
        let sharing = input.brokers.indices.filter { request.shares[$0] }
        guard (2...Self.mostBrokers).contains(sharing.count), LargePieces.isClosed(input, request),
            input.loads().reduce(Int64(0), +) <= Self.mostTotal,
            sharing.allSatisfy({ bands.high[$0] <= Self.mostTotal }),
            sharing.reduce(Int64(0), { $0 + bands.high[$1] }) <= Self.mostTotal * 4
        else { return }
        let rows = choose(input, request, bands, sharing)
        guard !rows.isEmpty else { return }
        describe(input, request, bands, sharing, rows, &rule)
        enumerate()
        better()
    }

    /// The rows that are pieces: giants, then the largest of the others.
    private mutating func choose(
        _ input: PlacementInput, _ request: Request, _ bands: JudgedBands, _ sharing: [Int]
    ) -> [Int] {
        func middle(_ values: [Int64]) -> Int64 { values.sorted()[values.count / 2] }
        let usual = middle(sharing.map { bands.high[$0] - bands.floor[$0] })
        let width = middle(sharing.map { bands.high[$0] - bands.low[$0] })
        var rows: [Int] = []
        for row in input.bySize.lazy.map(Int.init) where !request.stays[row] {
            let size = input.sizes[row]
            if size > usual {
                giants += 1
                guard giants <= Self.mostGiants else { return [] }
            } else if rows.count - giants == Self.mostPieces || size * 2 < width || size == 0 {
                break
            }
            rows.append(row)
        }
        return rows.count > giants ? rows : []
    }

    private mutating func describe(
        _ input: PlacementInput, _ request: Request, _ bands: JudgedBands, _ sharing: [Int], _ rows: [Int],
        _ rule: inout SpreadRule
    ) {
        racks = Array(repeating: [Int64](repeating: 0, count: rows.count), count: input.rackCount)
        var own = [UInt64](repeating: 0, count: input.brokers.count)
        var small = input.loads()
        var stuck = [Int64](repeating: 0, count: input.brokers.count)
        for row in input.sizes.indices where request.stays[row] {
            for slot in input.range(row) { stuck[Int(input.slots[slot])] += input.sizes[row] }
        }
        for (piece, row) in rows.enumerated() {
            sizes.append(input.sizes[row])
            let factor = input.range(row).count
            factors.append(Int64(factor))
            for slot in input.range(row) { racks[Int(input.rackOf[Int(input.slots[slot])])][piece] += 1 }
            // A list that shares racks without need may stay as it is.
            let most = Int64(rule.most(factor).rack)
            for rack in racks.indices { racks[rack][piece] = max(most, racks[rack][piece]) }
            for slot in input.range(row) {
                own[Int(input.slots[slot])] |= 1 << UInt64(piece)
                small[Int(input.slots[slot])] -= input.sizes[row]
            }
        }
        holders = sharing.map {
            Holder(
                rack: Int(input.rackOf[$0]), own: own[$0], low: bands.low[$0] - small[$0],
                high: bands.high[$0] - small[$0],
                most: bands.high[$0] - stuck[$0])
        }
    }

    /// Lists the sets of pieces that are no giants; the smallest pieces are left to the fluid where there are too many.
    private mutating func enumerate() {
        let mosts = holders.map(\.most).sorted()
        let usual = mosts[mosts.count / 2]
        limit = mosts.last { $0 <= usual * 2 } ?? usual
        while true {
            let pieces = Array(giants..<sizes.count)
            first = PieceSets(pieces.filter { $0 % 2 == 0 }, sizes: sizes, limit: limit)
            second = PieceSets(pieces.filter { $0 % 2 == 1 }, sizes: sizes, limit: limit)
            guard first.bytes.count + second.bytes.count > Self.mostSets, let size = sizes.popLast() else { return }
            factors.removeLast()
            let bit: UInt64 = 1 << UInt64(sizes.count)
            for index in holders.indices where holders[index].own & bit != 0 {
                holders[index].own &= ~bit
                holders[index].low -= size
                holders[index].high -= size
            }
        }
    }

    /// Climbs from the prices of a fluid: each step makes dearer what is chosen too often and cheaper what too seldom.
    private mutating func better() {
        var choice = CheapestSets(first, second)
        var best: (value: Int64, prices: Prices, found: Found)?
        for gone in stride(from: 0, through: Self.unit, by: 4) {
            let free = racks.map { _ in [Int64](repeating: 0, count: sizes.count) }
            let prices = Prices(piece: sizes.map { -gone * $0 }, inRack: free, gone: gone)
            let found = relaxed(prices, &choice)
            if found.value > best?.value ?? .min { best = (found.value, prices, found) }
        }
        guard var top = best else { return }
        var (prices, found) = (top.prices, top.found)
        var heading = Heading(pieces: sizes.count, racks: racks.count)
        var (step, failed) = (Self.unit * 2, 0)
        for _ in 0..<Self.rounds {
            heading.turn(found, factors, racks)
            for piece in sizes.indices {
                let (unit, most) = (sizes[piece] * step / 4, Self.dearest * sizes[piece])
                let price = prices.piece[piece] + unit * heading.piece[piece] / Heading.unit
                prices.piece[piece] = min(most, max(-most, price))
                for rack in racks.indices {
                    let price = prices.inRack[rack][piece] + unit * heading.inRack[rack][piece] / Heading.unit
                    prices.inRack[rack][piece] = min(most, max(0, price))
                }
            }
            prices.gone = min(Self.unit, max(0, prices.gone + step * heading.gone / (Heading.unit * 8)))
            found = relaxed(prices, &choice)
            if found.value > top.value {
                top = (found.value, prices, found)
                failed = 0
                continue
            }
            failed += 1
            guard failed == Self.patience else { continue }
            (failed, prices, found) = (0, top.prices, top.found)
            heading = Heading(pieces: sizes.count, racks: racks.count)
            step /= 2
            if step == 0 { break }
        }
        bytes = max(0, top.value / Self.unit)
    }

    /// Where prices go: mostly on as before, which crosses a ridge that single subgradients only swing over.
    private struct Heading {
        static let unit: Int64 = 256
        /// No price goes faster, however much too often a piece is chosen.
        private static let most: Int64 = 4

        private(set) var piece: [Int64]
        private(set) var inRack: [[Int64]]
        private(set) var gone: Int64 = 0

        init(pieces: Int, racks: Int) {
            piece = [Int64](repeating: 0, count: pieces)
            inRack = Array(repeating: piece, count: racks)
        }

        mutating func turn(_ found: Found, _ factors: [Int64], _ racks: [[Int64]]) {
            func turned(_ now: Int64, _ excess: Int64) -> Int64 {
                (now * 4 + min(Self.most, max(-Self.most, excess)) * Self.unit) / 5
            }
            for index in piece.indices {
                let chosen = found.chosen.reduce(0) { $0 + $1[index] }
                piece[index] = turned(piece[index], chosen - factors[index])
                for rack in racks.indices {
                    inRack[rack][index] = turned(inRack[rack][index], found.chosen[rack][index] - racks[rack][index])
                }
            }
            gone = turned(gone, (found.gone - found.come).signum())
        }
    }

    /// What all brokers pay together for the cheapest sets, less what the pieces are worth; how often each piece is chosen.
    private struct Found {
        var value: Int64 = 0
        /// By rack and piece.
        var chosen: [[Int64]]
        var gone: Int64 = 0
        var come: Int64 = 0
    }

    private func relaxed(_ prices: Prices, _ choice: inout CheapestSets) -> Found {
        var found = Found(chosen: racks.map { _ in [Int64](repeating: 0, count: sizes.count) })
        for piece in sizes.indices {
            found.value -= prices.piece[piece] * factors[piece]
            for rack in racks.indices { found.value -= prices.inRack[rack][piece] * racks[rack][piece] }
        }
        var costs = prices.piece
        for holder in holders {
            for piece in sizes.indices {
                let taken = holder.own >> UInt64(piece) & 1 != 0 ? 0 : sizes[piece] * Self.unit
                costs[piece] = prices.piece[piece] + prices.inRack[holder.rack][piece] + taken
            }
            var best: (cost: Int64, set: UInt64, bytes: Int64)?
            withGiants(holder, costs, 0, 0, 0, 0) { cost, set, bytes in
                var part = CheapestSets.Part(
                    low: holder.low - bytes, high: holder.high - bytes, most: holder.most - bytes,
                    come: Self.unit - prices.gone, gone: prices.gone)
                let rest =
                    part.most <= limit ? choice.cheapest(part, costs) : relaxedRest(&part, costs)
                guard let rest, cost + rest.cost < best?.cost ?? .max else { return }
                best = (cost + rest.cost, set | rest.set, bytes + rest.bytes)
            }
            // Where no set fits, the bands are out of reach: that broker proves nothing.
            guard let best else { continue }
            found.value += best.cost
            found.gone += max(0, best.bytes - holder.high)
            found.come += max(0, holder.low - best.bytes)
            for piece in sizes.indices where best.set >> UInt64(piece) & 1 != 0 {
                found.chosen[holder.rack][piece] += 1
            }
        }
        return found
    }

    /// Every set of giants that fits on the broker; there are few.
    private func withGiants(
        _ holder: Holder, _ costs: [Int64], _ next: Int, _ cost: Int64, _ set: UInt64, _ bytes: Int64,
        _ body: (Int64, UInt64, Int64) -> Void
    ) {
        guard next < giants else { return body(cost, set, bytes) }
        withGiants(holder, costs, next + 1, cost, set, bytes, body)
        if bytes + sizes[next] <= holder.most {
            withGiants(
                holder, costs, next + 1, cost + costs[next], set | 1 << UInt64(next), bytes + sizes[next], body)
        }
    }

    /// A bound for a broker on which far more would fit than sets were enumerated for, such as a giant's holder without
    /// its giant: of the three lines that make up the cost of small bytes, the one that says most.
    private func relaxedRest(
        _ part: inout CheapestSets.Part, _ costs: [Int64]
    ) -> (cost: Int64, set: UInt64, bytes: Int64)? {
        var best: (cost: Int64, set: UInt64, bytes: Int64)?
        for (slope, fixed) in [
            (-part.come, part.come * part.low), (0, 0), (part.gone, -part.gone * part.high),
        ] {
            var found = (cost: fixed, set: UInt64(0), bytes: Int64(0))
            for piece in giants..<sizes.count where costs[piece] + slope * sizes[piece] < 0 {
                found.cost += costs[piece] + slope * sizes[piece]
                found.set |= 1 << UInt64(piece)
                found.bytes += sizes[piece]
            }
            if found.cost > best?.cost ?? .min { best = found }
        }
        return best
    }
}
