import FleetModel

/// Everything that must move: replicas on brokers that leave, replicas too few, and where the mandate is to mend, lists
/// that break the spread.
///
/// Of a list to be mended the largest legal part stays (the rank in the matroid of `SpreadLimits`), so the bytes moved
/// here are the least there can be.
struct ForcedMoves {
    private let problem: PlanningProblem
    private let order: [Int32]

    init(_ problem: PlanningProblem, order: [Int32]) { (self.problem, self.order) = (problem, order) }

    /// Puts what stays into `layout`.
    func keep(_ layout: inout Layout) {
        let input = problem.input
        for row in input.sizes.indices {
            let old = input.range(row)
            let new = layout.range(row)
            if problem.frozen[row] || mayStay(row, layout) {
                for offset in 0..<old.count {
                    layout.put(row, new.lowerBound + offset, input.slots[old.lowerBound + offset])
                }
                continue
            }
            let kept = keptSlots(row)
            if old.count == new.count {
                for slot in kept {
                    layout.put(row, new.lowerBound + slot - old.lowerBound, input.slots[slot])
                }
            } else {
                for (offset, slot) in kept.sorted().prefix(new.count).enumerated() {
                    layout.put(row, new.lowerBound + offset, input.slots[slot])
                }
            }
        }
    }

    /// Whether the whole old list can stay as it is.
    private func mayStay(_ row: Int, _ layout: Layout) -> Bool {
        let input = problem.input
        let old = input.range(row)
        guard old.count == Int(problem.factor[row]) else { return false }
        for slot in old where problem.leaving[Int(input.slots[slot])] { return false }
        return !problem.mandate.mends || keepsSpread(old, Int(problem.factor[row]))
    }

    /// Whether no host and no rack has more of `slots` than it may: asked of every list, so nothing is allocated.
    private func keepsSpread(_ slots: Range<Int>, _ factor: Int) -> Bool {
        let input = problem.input
        for slot in slots {
            let broker = Int(input.slots[slot])
            var (onHost, inRack) = (Int32(0), Int32(0))
            for other in slots {
                let holder = Int(input.slots[other])
                if input.hostOf[holder] == input.hostOf[broker] { onHost += 1 }
                if input.rackOf[holder] == input.rackOf[broker] { inRack += 1 }
            }
            if onHost > problem.limits.host[factor] || inRack > problem.limits.rack[factor] { return false }
        }
        return true
    }

    /// Slots of the old list that stay: a maximal legal part, the leader's first, then what the mandate keeps besides.
    private func keptSlots(_ row: Int) -> [Int] {
        let input = problem.input
        let factor = Int(problem.factor[row])
        let leader = input.presentLeader(row)
        var kept: [Int] = []
        var others: [Int] = []
        func consider(_ slot: Int) {
            let broker = Int(input.slots[slot])
            guard !problem.leaving[broker] else { return }
            var (onHost, inRack) = (Int32(0), Int32(0))
            for other in kept {
                let holder = Int(input.slots[other])
                if input.hostOf[holder] == input.hostOf[broker] { onHost += 1 }
                if input.rackOf[holder] == input.rackOf[broker] { inRack += 1 }
            }
            if onHost < problem.limits.host[factor], inRack < problem.limits.rack[factor] {
                kept.append(slot)
            } else {
                others.append(slot)
            }
        }
        for slot in input.range(row) where input.slots[slot] == leader { consider(slot) }
        for slot in input.range(row) where input.slots[slot] != leader { consider(slot) }
        let count = problem.mandate.kept(of: kept.count + others.count, legal: kept.count, factor: factor)
        return Array((kept + others).prefix(count))
    }

    /// Fills the free slots, the largest partitions first, each onto the legal broker that is furthest below its fair
    /// share; the last few per cent of the bytes, many small partitions, even out the counts instead.
    /// - Returns: rows that were broken before and can't be mended: they stay as they were.
    /// - Throws: `PlanningRefusal` with every partition that cannot be placed.
    func place(_ layout: inout Layout, _ bands: Bands) throws(PlanningRefusal) -> [Int] {
        let targets = layout.input.brokers.indices.filter { problem.target[$0] }
        var displaced: Int64 = 0
        for row in layout.sizes.indices {
            for slot in layout.range(row) where layout.slots[slot] < 0 { displaced += layout.sizes[row] }
        }
        var remaining = displaced
        var heaps = RackHeaps(layout)
        for broker in targets { heaps.insert(broker, bands.fair[broker] - layout.load[broker]) }
        var counting = false
        var failures = PlacementFailures()
        for row in order.lazy.map(Int.init) {
            for slot in layout.range(row) where layout.slots[slot] < 0 {
                let size = layout.sizes[row]
                if !counting, remaining <= displaced / Self.countingShare, problem.options.profile == .balanced {
                    counting = true
                    for broker in targets {
                        heaps.update(broker, bands.fairCount[broker] - Int64(layout.count[broker]))
                    }
                }
                remaining -= size
                var broker = heaps.best(for: row, slot, layout) { broker in
                    fits(layout, broker, size)
                        && (!counting || layout.load[Int(broker)] + size <= bands.high[Int(broker)])
                }
                if broker < 0, counting {
                    broker = heaps.best(for: row, slot, layout) { fits(layout, $0, size) }
                }
                if broker < 0 { broker = makeRoom(&layout, row, slot, size, targets, &heaps, bands, counting) }
                guard broker >= 0 else {
                    failures.add(problem, layout, row, slot)
                    continue
                }
                layout.put(row, slot, broker)
                heaps.update(Int(broker), key(Int(broker), layout, bands, counting))
            }
        }
        for row in failures.unmendable {
            // A list that was broken before and can't be mended stays as it was.
            for (slot, old) in zip(layout.range(row), problem.input.range(row)) {
                layout.put(row, slot, problem.input.slots[old])
            }
        }
        try failures.refuse(problem, layout)
        return failures.unmendable
    }

    /// Rows whose list breaks the spread and is left as it is.
    func broken(_ layout: Layout) -> [Int] {
        layout.sizes.indices.filter { row in
            !problem.frozen[row]
                && layout.range(row).contains { slot in
                    layout.slots[slot] >= 0 && !layout.isLegal(row, slot, layout.slots[slot])
                }
        }
    }

    /// The last fiftieth of the bytes is placed by count.
    private static let countingShare: Int64 = 50

    private func key(_ broker: Int, _ layout: Layout, _ bands: Bands, _ counting: Bool) -> Int64 {
        counting
            ? bands.fairCount[broker] - Int64(layout.count[broker]) : bands.fair[broker] - layout.load[broker]
    }

    private func fits(_ layout: Layout, _ broker: Int32, _ size: Int64) -> Bool {
        layout.load[Int(broker)] + size <= problem.ceiling[Int(broker)]
    }

    /// Puts back what made room for something that found another place in the end.
    func takeBack(_ layout: inout Layout) {
        guard problem.ceiling.contains(where: { $0 < .max }) else { return }
        var changed = true
        while changed {
            changed = false
            for row in layout.sizes.indices where !problem.frozen[row] && mayStay(row, layout) {
                for (slot, old) in zip(layout.range(row), problem.input.range(row)) {
                    let home = problem.input.slots[old]
                    guard layout.slots[slot] != home, fits(layout, home, layout.sizes[row]),
                        layout.isLegal(row, slot, home)
                    else { continue }
                    layout.put(row, slot, home)
                    changed = true
                }
            }
        }
    }

    /// Where every legal broker is full: moves something else from one of them to where there is room.
    private func makeRoom(
        _ layout: inout Layout, _ row: Int, _ slot: Int, _ size: Int64, _ targets: [Int], _ heaps: inout RackHeaps,
        _ bands: Bands, _ counting: Bool
    ) -> Int32 {
        for target in targets {
            let broker = Int32(truncatingIfNeeded: target)
            guard layout.isLegal(row, slot, broker), size <= problem.ceiling[target] else { continue }
            let wanted = layout.load[target] + size - problem.ceiling[target]
            // The smallest partition that makes room enough, from the small end.
            for other in order.reversed().lazy.map(Int.init)
            where other != row && layout.sizes[other] >= wanted && !problem.frozen[other] {
                let otherSlot = layout.slot(of: other, on: broker)
                guard otherSlot >= 0, layout.isLegal(other, otherSlot, broker) else { continue }
                let size = layout.sizes[other]
                let refuge = heaps.best(for: other, otherSlot, layout) { fits(layout, $0, size) }
                guard refuge >= 0 else { continue }
                layout.put(other, otherSlot, refuge)
                heaps.update(Int(refuge), key(Int(refuge), layout, bands, counting))
                return broker
            }
        }
        return -1
    }
}
