import FleetModel

/// Brings every broker into its band with the fewest bytes moved: places what is large, lets the rest flow, then trims;
/// where that leaves something, searches.
struct Balancing {
    private let problem: PlanningProblem
    private let bands: Bands
    private let order: [Int32]
    /// Bytes that no plan of these bands undercuts, as far as that is worked out quickly.
    private let quickBound: Int64

    /// A plan within one part in so many of its bound is left as it is.
    private static let goodEnough: Int64 = 1000
    /// Layouts of up to so many slots are packed in other ways too, and searched, where the first is not good enough.
    /// For larger ones packing leaves nothing that so many steps would find.
    private static let fewSlots = 20_000
    /// What counts as large, as one part in so many of a band, in one way after the other; nil: nothing does.
    private static let shares: [Int64?] = [12, 8, nil]
    private static let toyShares: [Int64?] = [16, 12, 8, nil]
    /// Layouts of up to so many slots are searched several times: each partition is a large part of the whole there.
    private static let toySlots = 1_000
    private static let attempts = 4
    /// Packed again from the best that was found so often at most.
    private static let returns = 8

    init(_ problem: PlanningProblem, _ bands: Bands, order: [Int32]) {
        (self.problem, self.bands, self.order) = (problem, bands, order)
        quickBound = bands.fluidBound(problem)
    }

    /// Bytes that no plan undercuts, where a layout was found that moves `found`.
    private func bound(_ found: Int64) -> Int64 {
        // Where partitions are few, sizes that can't be cut count too; for larger layouts that is not worth its time.
        guard isSearched, !isGood(found, quickBound) else { return quickBound }
        var options = problem.options
        options.tolerance = problem.tolerance
        let request = Request(problem.input, problem.event, options)
        let bounds = Bounds(problem.input, request, options, [], of: found) { _ in false }
        return max(quickBound, bounds.value.bytes.bytes)
    }

    /// The best layout found from `layout` on.
    func balanced(_ layout: Layout) -> Layout {
        var best: (layout: Layout, value: Value)?
        var bound = quickBound
        func keep(_ layout: Layout) -> Bool {
            let value = Value(problem, bands, layout)
            if best == nil { bound = self.bound(value.violation > 0 ? .max : value.bytes) }
            if value < best?.value ?? Value(violation: .max, bytes: .max) { best = (layout, value) }
            return best.map { $0.value.violation == 0 && isGood($0.value.bytes, bound) } ?? false
        }
        let isToy = layout.slots.count <= Self.toySlots
        for share in isToy ? Self.toyShares : isSearched ? Self.shares : [Self.shares[0]] {
            var packed = layout
            pack(&packed, share)
            if keep(packed) || !isSearched { break }
            for attempt in 0..<(isToy ? Self.attempts : 1) {
                var searched = packed
                var polish = Polish(problem, bands, searched, order: order, attempt: attempt)
                polish.run(&searched, bound: bound)
                tune(&searched)
                if keep(searched) { break }
            }
        }
        // Where a broker is still outside its band, what the next request would better is bettered now.
        for _ in 0..<Self.returns {
            guard let start = best, start.value.violation > 0 else { break }
            var again = start.layout
            pack(&again, Self.shares[0])
            if keep(again) || best.map({ $0.value == start.value }) ?? true { break }
        }
        guard var found = best?.layout else { return layout }
        save(&found)
        giveBack(&found)
        return found
    }

    /// A layout as good as `layout` with fewer bytes moved, where the search finds one.
    func bettered(_ layout: Layout) -> Layout? {
        var searched = layout
        var polish = Polish(problem, bands, searched, order: order)
        polish.run(&searched, bound: bound(layout.movedBytes()))
        tune(&searched)
        giveBack(&searched)
        return Value(problem, bands, searched) < Value(problem, bands, layout) ? searched : nil
    }

    /// Whether the layout is small enough for a search step by step.
    private var isSearched: Bool { problem.input.slots.count <= Self.fewSlots }

    private func pack(_ layout: inout Layout, _ share: Int64?) {
        if let share {
            var lumps = LumpPlacement(problem, bands, layout, order: order, share: share)
            lumps.run(&layout)
        }
        var rebalancer = Rebalancer(problem, bands, layout, order: order)
        rebalancer.run(&layout)
        tune(&layout)
    }

    /// Where bands can't be met, takes what was reached for good and saves bytes.
    private func save(_ layout: inout Layout) {
        var reached = bands
        reached.accept(layout.load)
        guard reached.low != bands.low || reached.high != bands.high else { return }
        var saved = layout
        if isSearched {
            var polish = Polish(problem, reached, saved, order: order)
            polish.run(&saved, bound: reached.fluidBound(problem))
        }
        var tuning = FineTuning(problem, reached, saved, order: order)
        tuning.run(&saved)
        if Value(problem, reached, saved) < Value(problem, reached, layout) { layout = saved }
    }

    /// Returns what need not have moved: wherever a replica can go back and no band is missed by more.
    private func giveBack(_ layout: inout Layout) {
        // The largest first; only what moved is looked at again.
        var moved: [(row: Int, slot: Int)] = []
        for row in order.lazy.map(Int.init) where !problem.frozen[row] {
            for slot in layout.range(row) where !layout.isOriginal(row, layout.slots[slot]) {
                moved.append((row, slot))
            }
        }
        var changed = true
        while changed {
            changed = false
            for (row, slot) in moved where !layout.isOriginal(row, layout.slots[slot]) {
                let here = Int(layout.slots[slot])
                let home = problem.input.slots[problem.input.range(row)].first { home in
                    mayReturn(layout, row, slot, home, from: here)
                }
                guard let home else { continue }
                layout.put(row, slot, home)
                changed = true
            }
        }
    }

    private func mayReturn(_ layout: Layout, _ row: Int, _ slot: Int, _ home: Int32, from here: Int) -> Bool {
        let (size, there) = (layout.sizes[row], Int(home))
        guard !problem.leaving[there], size == 0 || layout.load[there] + size <= problem.ceiling[there],
            layout.isLegal(row, slot, home)
        else { return false }
        let now = bands.violation(here, layout.load[here]) + bands.violation(there, layout.load[there])
        return bands.violation(here, layout.load[here] - size) + bands.violation(there, layout.load[there] + size)
            <= now
    }

    private func tune(_ layout: inout Layout) {
        var tuning = FineTuning(problem, bands, layout, order: order)
        tuning.run(&layout)
    }

    private func isGood(_ bytes: Int64, _ bound: Int64) -> Bool { bytes - bound <= bound / Self.goodEnough }

    /// How good a layout is: bands first, then bytes.
    private struct Value: Comparable {
        var violation: Int64
        var bytes: Int64

        init(violation: Int64, bytes: Int64) { (self.violation, self.bytes) = (violation, bytes) }

        init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout) {
            violation = layout.load.indices.reduce(0) { $0 + bands.violation($1, layout.load[$1]) }
            bytes = layout.movedBytes()
        }

        static func < (a: Value, b: Value) -> Bool { (a.violation, a.bytes) < (b.violation, b.bytes) }
    }
}
