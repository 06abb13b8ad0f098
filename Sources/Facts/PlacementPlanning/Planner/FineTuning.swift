/// Makes what goes from one broker to another just as large as it must be: partitions that were chosen are exchanged
/// for others of the same broker whose sizes add up better.
///
/// Packing ends with a last partition that is a little too large, at every broker. Among the sums of two or three of a
/// few hundred sizes nearly every number occurs, so that this rest can be taken out without a search at random; and a
/// broker that misses its band by a few bytes comes into it for a few bytes.
struct FineTuning {
    private let problem: PlanningProblem
    private let bands: Bands
    private let sizes: [Int64]
    /// Rows that were on each broker, the largest first, and their sizes.
    private let held: [Int32]
    private let heldSizes: [Int64]
    private let heldStart: [Int]
    /// When each broker's load last changed here, and when it was last found that nothing mends it.
    private var touched: [Int32]
    private var tried: [Int32]
    private var clock: Int32 = 0
    /// What is not worth a search.
    private var grain: Int64 = 1
    private var budget = FineTuning.steps

    /// Steps of all searches together: a plan of a million partitions spends some tenths of a second here.
    private static let steps = 30_000_000
    /// Partitions of one broker that are looked at.
    private static let window = 600
    /// Of so few partitions the sums of three are looked at too.
    private static let few = 120
    /// Chosen partitions of one pair of brokers, the last ones, of which two are exchanged at once.
    private static let exchanged = 10
    private static let rounds = 4
    /// One part in so many of all that moves is not worth a search.
    private static let worth: Int64 = 50_000

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32]) {
        (self.problem, self.bands, sizes) = (problem, bands, layout.sizes)
        let input = problem.input
        var counts = [Int](repeating: 0, count: layout.load.count)
        for slot in input.slots { counts[Int(slot)] += 1 }
        var start = [0]
        for count in counts { start.append(start[start.count - 1] + count) }
        var held = [Int32](repeating: 0, count: input.slots.count)
        var heldSizes = [Int64](repeating: 0, count: input.slots.count)
        var cursor = start
        for row in order.lazy.map(Int.init) {
            for slot in input.range(row) {
                let broker = Int(input.slots[slot])
                held[cursor[broker]] = Int32(truncatingIfNeeded: row)
                heldSizes[cursor[broker]] = sizes[row]
                cursor[broker] += 1
            }
        }
        (self.held, self.heldSizes, heldStart) = (held, heldSizes, start)
        touched = [Int32](repeating: 0, count: layout.load.count)
        tried = [Int32](repeating: -1, count: layout.load.count)
    }

    mutating func run(_ layout: inout Layout) {
        // When the round before began: between brokers that nothing touched since, there is nothing to tune.
        var before: Int32 = -1
        for _ in 0..<Self.rounds {
            let flows = flows(layout)
            grain = max(1, flows.reduce(0) { $0 + sizes[Int($1.row)] } / Self.worth)
            let began = clock
            var changed = false
            var start = 0
            while start < flows.count, budget > 0 {
                var end = start
                while end < flows.count, flows[end].from == flows[start].from, flows[end].to == flows[start].to {
                    end += 1
                }
                let (from, to) = (flows[start].from, flows[start].to)
                if max(touched[Int(from)], touched[Int(to)]) > before,
                    tune(&layout, from, to, Array(flows[start..<end]))
                {
                    changed = true
                }
                start = end
            }
            before = began
            if mend(&layout) { changed = true }
            if !changed || budget <= 0 { return }
        }
    }

    /// A replica on its way.
    private struct Flow {
        var from: Int32
        var to: Int32
        var row: Int32
        var slot: Int32
    }

    /// All replicas on their way, by where they come from and go to, the smallest last.
    private func flows(_ layout: Layout) -> [Flow] {
        var flows: [Flow] = []
        for row in sizes.indices where !problem.frozen[row] {
            for slot in layout.range(row) where layout.slots[slot] >= 0 {
                let to = layout.slots[slot]
                if layout.isOriginal(row, to) { continue }
                guard let from = origin(layout, row, slot) else { continue }
                flows.append(
                    Flow(
                        from: from, to: to, row: Int32(truncatingIfNeeded: row), slot: Int32(truncatingIfNeeded: slot)))
            }
        }
        // By size first: sorting by brokers keeps that order.
        let bySize = SizeOrder.rows(flows.map { sizes[Int($0.row)] }).map { flows[Int($0)] }
        return sorted(sorted(bySize, layout.load.count) { $0.to }, layout.load.count) { $0.from }
    }

    /// `flows` by a broker, otherwise in the order in which they are.
    private func sorted(_ flows: [Flow], _ brokers: Int, by broker: (Flow) -> Int32) -> [Flow] {
        var start = [Int](repeating: 0, count: brokers + 1)
        for flow in flows { start[Int(broker(flow)) + 1] += 1 }
        for broker in 0..<brokers { start[broker + 1] += start[broker] }
        var sorted = flows
        for flow in flows {
            sorted[start[Int(broker(flow))]] = flow
            start[Int(broker(flow))] += 1
        }
        return sorted
    }

    /// The broker that gave the replica in `slot`; nil where none can have it back.
    private func origin(_ layout: Layout, _ row: Int, _ slot: Int) -> Int32? {
        let old = problem.input.range(row)
        guard old.count == layout.range(row).count else { return nil }
        let own = problem.input.slots[old.lowerBound + slot - layout.range(row).lowerBound]
        if !problem.leaving[Int(own)], layout.slot(of: row, on: own) < 0 { return own }
        return old.lazy.map { problem.input.slots[$0] }.first {
            !problem.leaving[Int($0)] && layout.slot(of: row, on: $0) < 0
        }
    }

    /// Brokers that are still outside their band, though nothing between two of them could be changed for it.
    private mutating func mend(_ layout: inout Layout) -> Bool {
        var changed = false
        for broker in layout.load.indices where bands.violation(broker, layout.load[broker]) > 0 {
            let before = tried[broker]
            tried[broker] = clock
            for other in layout.load.indices where other != broker && bands.member[other] && budget > 0 {
                // Where neither changed since, the answer is the same.
                if max(touched[broker], touched[other]) <= before { continue }
                let isAbove = layout.load[broker] > bands.high[broker]
                let (from, to) = isAbove ? (broker, other) : (other, broker)
                guard bands.member[from], problem.target[to], !problem.leaving[from] else { continue }
                if tune(&layout, Int32(truncatingIfNeeded: from), Int32(truncatingIfNeeded: to), []) {
                    changed = true
                    break
                }
            }
        }
        return changed
    }

    /// What goes from one broker to another, chosen anew: out goes `less` of it, in come `more`.
    private struct Choice {
        var sum: Int64
        var less: [Int] = []
        var more: [Int] = []
    }

    /// Chooses anew what goes `from` a broker `to` another: as few bytes as bring both into their bands.
    private mutating func tune(_ layout: inout Layout, _ from: Int32, _ to: Int32, _ flows: [Flow]) -> Bool {
        let (a, b) = (Int(from), Int(to))
        guard bands.member[a], bands.member[b] else { return false }
        let now = flows.reduce(Int64(0)) { $0 + sizes[Int($1.row)] }
        let least = max(0, now + max(layout.load[a] - bands.high[a], bands.low[b] - layout.load[b]))
        let room = min(bands.high[b], problem.ceiling[b]) - layout.load[b]
        let most = now + min(room, layout.load[a] - bands.low[a])
        let isLegalNow = now >= least && now <= most
        guard least <= most, !isLegalNow || now - least > grain else { return false }
        let first = position(a, atMost: most)
        // No more than three come in.
        guard (first < heldStart[a + 1] ? heldSizes[first] : 0) * 3 >= least - now else { return false }
        let candidates = candidates(layout, from, to, first)
        let back = flows.filter { layout.isLegal(Int($0.row), Int($0.slot), from) }
        var best = Choice(sum: isLegalNow ? now : .max)
        search(candidates, back.map { sizes[Int($0.row)] }, now, least, most, &best)
        guard best.sum < (isLegalNow ? now : .max) else { return false }
        for index in best.less { layout.put(Int(back[index].row), Int(back[index].slot), from) }
        for row in best.more {
            let slot = layout.slot(of: row, on: from)
            if slot >= 0 { layout.put(row, slot, to) }
        }
        clock += 1
        (touched[a], touched[b]) = (clock, clock)
        return true
    }

    /// The first entry of `broker` whose size is at most `size`.
    private func position(_ broker: Int, atMost size: Int64) -> Int {
        var (low, high) = (heldStart[broker], heldStart[broker + 1])
        while low < high {
            let middle = (low + high) / 2
            if heldSizes[middle] > size { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Rows that `from` held and still holds and `to` may take, from entry `first` on, the largest first.
    private mutating func candidates(_ layout: Layout, _ from: Int32, _ to: Int32, _ first: Int) -> [Int] {
        let range = first..<heldStart[Int(from) + 1]
        let step = max(1, range.count / Self.window)
        var candidates: [Int] = []
        for index in stride(from: range.lowerBound, to: range.upperBound, by: step) where heldSizes[index] > 0 {
            let row = Int(held[index])
            if problem.frozen[row] { continue }
            let slot = layout.slot(of: row, on: from)
            if slot >= 0, layout.isLegal(row, slot, to) { candidates.append(row) }
        }
        budget -= range.count / step
        return candidates
    }

    /// The choice of the smallest sum from `least` to `most`.
    private mutating func search(
        _ candidates: [Int], _ back: [Int64], _ now: Int64, _ least: Int64, _ most: Int64, _ best: inout Choice
    ) {
        let values = candidates.map { sizes[$0] }
        func consider(_ sum: Int64, _ less: [Int], _ more: [Int]) {
            if sum >= least, sum <= most, sum < best.sum {
                best = Choice(sum: sum, less: less, more: more.map { candidates[$0] })
            }
        }
        func add(_ less: [Int], _ kept: Int64) {
            consider(kept, less, [])
            let need = least - kept
            guard need > 0 else { return }
            // One.
            var (low, high) = (0, values.count)
            while low < high {
                let middle = (low + high) / 2
                if values[middle] >= need { low = middle + 1 } else { high = middle }
            }
            if low > 0 { consider(kept + values[low - 1], less, [low - 1]) }
            two(from: 0, need) { consider(kept + $0, less, [$1, $2]) }
            budget -= values.count
            guard values.count <= Self.few else { return }
            for first in values.indices where best.sum - least > grain {
                two(from: first + 1, need - values[first]) {
                    consider(kept + values[first] + $0, less, [first, $1, $2])
                }
                budget -= values.count - first
            }
        }
        /// The smallest sum of two that reaches `need`.
        func two(from start: Int, _ need: Int64, _ found: (Int64, Int, Int) -> Void) {
            var (large, small) = (start, values.count - 1)
            var best: (sum: Int64, large: Int, small: Int)?
            while large < small {
                let sum = values[large] + values[small]
                if sum >= need {
                    if sum < best?.sum ?? .max { best = (sum, large, small) }
                    large += 1
                } else {
                    small -= 1
                }
            }
            if let best { found(best.sum, best.large, best.small) }
        }
        add([], now)
        let first = max(0, back.count - Self.exchanged)
        for one in back.indices where best.sum - least > grain && budget > 0 { add([one], now - back[one]) }
        for one in first..<back.count {
            for other in (one + 1)..<max(one + 1, back.count) where best.sum - least > grain && budget > 0 {
                add([one, other], now - back[one] - back[other])
            }
        }
    }
}
