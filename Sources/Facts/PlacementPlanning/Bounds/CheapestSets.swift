/// Finds the cheapest set of pieces for one broker: what its pieces cost, and what small bytes must come or go beside it.
///
/// Every set is one of `first` and one of `second` together. Both are ascending by bytes, so that for growing sets of the
/// first, those of the second that leave the broker below, within and above its band are three windows that only fall.
struct CheapestSets {
    /// The band of one broker in bytes of pieces, the most that fits, and what a small byte that comes and goes costs.
    struct Part {
        var low: Int64
        var high: Int64
        var most: Int64
        var come: Int64
        var gone: Int64
    }

    private let first: PieceSets
    private let second: PieceSets
    private var costOfFirst: [Int64]
    private var costOfSecond: [Int64]
    private var costAbove: [Int64]
    /// Of each prefix of `second`, the set that is cheapest where small bytes must come.
    private var leastBelow: [Int32]
    private var within: FallingWindow
    private var above: FallingWindow

    init(_ first: PieceSets, _ second: PieceSets) {
        (self.first, self.second) = (first, second)
        costOfFirst = [Int64](repeating: 0, count: first.bytes.count)
        costOfSecond = [Int64](repeating: 0, count: second.bytes.count)
        costAbove = costOfSecond
        leastBelow = [Int32](repeating: 0, count: second.bytes.count)
        within = FallingWindow(count: second.bytes.count)
        above = within
    }

    /// The cheapest set where pieces cost `costs` each; nil where none fits.
    mutating func cheapest(_ part: Part, _ costs: [Int64]) -> (cost: Int64, set: UInt64, bytes: Int64)? {
        guard part.most >= 0 else { return nil }
        first.costs(costs, into: &costOfFirst)
        second.costs(costs, into: &costOfSecond)
        let count = second.bytes.count
        var least = 0
        for index in 0..<count {
            costAbove[index] = costOfSecond[index] + part.gone * second.bytes[index]
            if below(index, part) < below(least, part) { least = index }
            leastBelow[index] = Int32(truncatingIfNeeded: least)
        }
        within.reset(count: count)
        above.reset(count: count)
        var (low, high, most) = (count, count, count)
        var best: (cost: Int64, first: Int, second: Int)?
        func consider(_ cost: Int64, _ one: Int, _ other: Int) {
            if cost < best?.cost ?? .max { best = (cost, one, other) }
        }
        for index in first.bytes.indices {
            let bytes = first.bytes[index]
            if bytes > part.most { break }
            while low > 0, second.bytes[low - 1] + bytes >= part.low { low -= 1 }
            while high > 0, second.bytes[high - 1] + bytes > part.high { high -= 1 }
            while most > 0, second.bytes[most - 1] + bytes > part.most { most -= 1 }
            let own = costOfFirst[index]
            let below = min(low, most)
            if below > 0 {
                let other = Int(leastBelow[below - 1])
                consider(own + self.below(other, part) + part.come * (part.low - bytes), index, other)
            }
            let inside = within.least(in: low..<max(low, min(high, most)), of: costOfSecond)
            if inside >= 0 { consider(own + costOfSecond[inside], index, inside) }
            let over = above.least(in: max(low, high)..<max(low, high, most), of: costAbove)
            if over >= 0 { consider(own + costAbove[over] + part.gone * (bytes - part.high), index, over) }
        }
        return best.map {
            (
                $0.cost, first.members[$0.first] | second.members[$0.second],
                first.bytes[$0.first] + second.bytes[$0.second]
            )
        }
    }

    private func below(_ index: Int, _ part: Part) -> Int64 { costOfSecond[index] - part.come * second.bytes[index] }
}
