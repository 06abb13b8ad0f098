import FleetModel

/// What a few large partitions among many small ones add to a bound.
///
/// In the end every broker holds some number of large ones, and these numbers add up to what there is. A broker that
/// holds k gives or takes what is large beyond k, and of the small ones as much as brings it into its band beside k. The
/// numbers are free but for their sum: relaxed by a price a large one (Lagrange), each broker chooses its cheapest k,
/// and whatever the price, no plan moves less.
struct LargePieces {
    /// Bytes that every plan moves; 0 where nothing is proved.
    let bytes: Int64

    /// A size that is at least so many times the next smaller one divides large from small.
    private static let gap: Int64 = 4
    /// Large ones that one broker may hold, at most: with more of them they are as good as a fluid.
    private static let most: Int64 = 64
    /// Weights of what brokers give against what they take, in eighths: every moved byte is given and taken.
    private static let weights = 0...8

    init(_ input: PlacementInput, _ request: Request, _ bands: JudgedBands) {
        var best: Int64 = 0
        if Self.isClosed(input, request) {
            let sizes = input.bySize.lazy.filter { !request.stays[Int($0)] }.map { input.sizes[Int($0)] }
            var last: Int64?
            var largest: Int64 = 0
            for size in sizes {
                if let above = last, above / Self.gap >= size, above > 0 {
                    let pieces = Pieces(input, request, bands, least: above, largest: largest)
                    if let pieces, pieces.most <= Self.most { best = max(best, pieces.bound(Self.weights)) }
                }
                last = size
                largest = max(largest, size)
            }
        }
        bytes = best
    }

    /// Whether the replicas of the brokers that share are the same before and after.
    static func isClosed(_ input: PlacementInput, _ request: Request) -> Bool {
        for row in input.sizes.indices {
            guard request.factor[row] == input.range(row).count else { return false }
            for slot in input.range(row) {
                guard request.shares[Int(input.slots[slot])] else { return false }
            }
        }
        return true
    }

    /// The large ones of one cut.
    private struct Pieces {
        /// Sizes of the smallest and of the largest of them.
        let least: Int64
        let largest: Int64
        /// The most that one broker may hold.
        private(set) var most: Int64 = 0
        private var total: Int64 = 0
        /// Of each broker: its large ones ascending, its other bytes, its band.
        private var brokers: [(own: [Int64], other: Int64, low: Int64, high: Int64)] = []
        /// Small bytes of which every broker can hold one copy; what does not move counts on each.
        private var oneCopy: Int64 = 0

        init?(_ input: PlacementInput, _ request: Request, _ bands: JudgedBands, least: Int64, largest: Int64) {
            (self.least, self.largest) = (least, largest)
            var own = [[Int64]](repeating: [], count: input.brokers.count)
            var other = [Int64](repeating: 0, count: input.brokers.count)
            for row in input.sizes.indices {
                let isLarge = input.sizes[row] >= least && !request.stays[row]
                if !isLarge { oneCopy += input.sizes[row] }
                for slot in input.range(row) {
                    if isLarge {
                        own[Int(input.slots[slot])].append(input.sizes[row])
                    } else {
                        other[Int(input.slots[slot])] += input.sizes[row]
                    }
                }
            }
            for broker in input.brokers.indices where request.shares[broker] {
                guard bands.high[broker] <= PlacementInput.maximumTotal else { return nil }
                brokers.append((own[broker].sorted(), other[broker], bands.low[broker], bands.high[broker]))
                total += Int64(own[broker].count)
                most = max(most, bands.high[broker] / least, Int64(own[broker].count))
            }
        }

        /// The best bound over all prices and weights.
        func bound(_ weights: ClosedRange<Int>) -> Int64 {
            var best: Int64 = 0
            for weight in weights {
                let costs = brokers.map { cost($0, Int64(weight), Int64(weights.upperBound)) }
                // The dual is concave in the price, and its slope is how many too many are chosen: bisect its sign.
                var low = -PlacementInput.maximumTotal
                var high = PlacementInput.maximumTotal
                while high - low > 1 {
                    let price = low + (high - low) / 2
                    let (value, chosen) = relaxed(costs, price)
                    best = max(best, Int64(clamping: value / Int128(weights.upperBound)))
                    if chosen == total { break }
                    if chosen > total { low = price } else { high = price }
                }
            }
            return best
        }

        private func relaxed(_ costs: [[Int128?]], _ price: Int64) -> (value: Int128, chosen: Int64) {
            var value = -Int128(price) * Int128(total)
            var chosen: Int64 = 0
            for costs in costs {
                var best: (cost: Int128, count: Int)?
                for (count, cost) in costs.enumerated() {
                    guard let own = cost else { continue }
                    let cost = own + Int128(price) * Int128(count)
                    if cost < best?.cost ?? .max { best = (cost, count) }
                }
                value += best?.cost ?? 0
                chosen += Int64(best?.count ?? 0)
            }
            return (value, chosen)
        }

        /// What a broker gives and takes, weighted, when it holds 0, 1, … large ones; nil where it can't.
        private func cost(
            _ broker: (own: [Int64], other: Int64, low: Int64, high: Int64), _ weight: Int64, _ whole: Int64
        ) -> [Int128?] {
            (0...Int(most)).map { count in
                let held = Int64(count)
                let given = broker.own.prefix(max(0, broker.own.count - count)).reduce(0, +)
                let taken = max(0, held - Int64(broker.own.count)) * least
                let (mostLarge, leastLarge) = (held * largest, held * least)
                guard leastLarge <= broker.high, mostLarge + oneCopy >= broker.low else { return nil }
                let out = given + max(0, broker.other + leastLarge - broker.high)
                let into = taken + max(0, broker.low - mostLarge - broker.other)
                return Int128(weight) * Int128(out) + Int128(whole - weight) * Int128(into)
            }
        }
    }
}
