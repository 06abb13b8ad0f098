/// Betters a layout step by step where packing left something: brokers outside their band, more bytes moved than the
/// bound. A search by threshold accepting (Dueck, Scheuer 1990) over relocations, returns and exchanges, with a fixed
/// sequence of pseudo-random numbers: equal layouts give equal results.
struct Polish {
    private let problem: PlanningProblem
    private let bands: Bands
    private let sizes: [Int64]
    private let order: [Int32]
    private let rank: [Int32]
    private let targets: [Int32]
    private var numbers = PseudoRandom()

    /// Slots that lie on a broker that did not hold the partition, and their place in the list.
    private var moved: [Int32] = []
    private var placeOfMoved: [Int32]
    private var rowOfSlot: [Int32]
    private var movable: [Int32] = []

    private var violation: Int64 = 0
    private var bytes: Int64 = 0
    /// What was done since the layout was at its best: each slot and where it lay.
    private var changes: [(slot: Int32, from: Int32)] = []

    /// Steps for a layout of up to `few` slots, where each partition is a large part of the whole.
    private static let fewSteps = 400_000
    private static let few = 4_000
    private static let stepsASlot = 1_000
    /// Steps for larger layouts, where packing has left little to do.
    private static let manySteps = 150_000
    /// Steps for layouts in between.
    private static let someSteps = 600_000
    private static let some = 20_000
    /// Weight of a byte outside a band against a byte moved.
    private static let weight: Int64 = 8
    /// A plan within this of the fluid bound is left as it is: one part in a thousand.
    private static let goodEnough: Int64 = 1000

    /// `attempt`: each search of the same layout goes other ways.
    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32], attempt: Int = 0) {
        for _ in 0..<attempt { _ = numbers.below(1) }
        (self.problem, self.bands, self.order, sizes) = (problem, bands, order, layout.sizes)
        targets = layout.load.indices.filter { problem.target[$0] }.map { Int32(truncatingIfNeeded: $0) }
        var rank = [Int32](repeating: 0, count: order.count)
        for (position, row) in order.enumerated() { rank[Int(row)] = Int32(truncatingIfNeeded: position) }
        self.rank = rank
        placeOfMoved = [Int32](repeating: -1, count: layout.slots.count)
        rowOfSlot = placeOfMoved
        for row in sizes.indices where !problem.frozen[row] {
            for slot in layout.range(row) where problem.mayMove(row, slot, layout) {
                rowOfSlot[slot] = Int32(truncatingIfNeeded: row)
                movable.append(Int32(truncatingIfNeeded: slot))
                if layout.slots[slot] >= 0, !layout.isOriginal(row, layout.slots[slot]) {
                    note(slot, isMoved: true)
                    bytes += sizes[row]
                }
            }
        }
        for broker in layout.load.indices { violation += bands.violation(broker, layout.load[broker]) }
    }

    private mutating func note(_ slot: Int, isMoved: Bool) {
        if isMoved, placeOfMoved[slot] < 0 {
            placeOfMoved[slot] = Int32(truncatingIfNeeded: moved.count)
            moved.append(Int32(truncatingIfNeeded: slot))
        } else if !isMoved, placeOfMoved[slot] >= 0 {
            let place = Int(placeOfMoved[slot])
            let last = moved[moved.count - 1]
            moved[place] = last
            placeOfMoved[Int(last)] = Int32(truncatingIfNeeded: place)
            moved.removeLast()
            placeOfMoved[slot] = -1
        }
    }

    /// Searches until the plan is near `bound`, bytes that no plan undercuts, or the steps are used up.
    mutating func run(_ layout: inout Layout, bound: Int64) {
        guard !targets.isEmpty, !movable.isEmpty else { return }
        guard violation > 0 || bytes - bound > bound / Self.goodEnough else { return }
        let most =
            movable.count <= Self.few
            ? min(Self.fewSteps, movable.count * Self.stepsASlot)
            : movable.count <= Self.some ? Self.someSteps : Self.manySteps
        var bestValue = (violation, bytes)
        changes.removeAll(keepingCapacity: true)
        // Begins at a size that a few partitions share, ends at nothing.
        let middle = sizes[Int(order[order.count / 2])]
        // No step away from the best is worth more than what can be gained.
        let gain = bound == .max ? Int64.max : max(violation, bytes - bound)
        let start = min(max(middle, sizes[Int(order[order.count / 20])] / 2, 1), max(1, gain))
        let whole = Int128(most) * Int128(most) * Int128(most)
        for step in 0..<most {
            let remaining = Int64(most - step)
            // Cubic cooling: most steps are spent on small differences.
            let share = Int128(remaining) * Int128(remaining) * Int128(remaining)
            let threshold = remaining * 5 < Int64(most) ? 0 : Int64(Int128(start) * share / whole)
            propose(&layout, threshold)
            if step % Self.check == 0 || step == most - 1, (violation, bytes) < bestValue {
                bestValue = (violation, bytes)
                changes.removeAll(keepingCapacity: true)
                if violation == 0, bytes - bound <= bound / Self.goodEnough { break }
            }
        }
        for change in changes.reversed() {
            layout.put(Int(rowOfSlot[Int(change.slot)]), Int(change.slot), change.from)
        }
    }

    /// Steps between two looks at whether the layout is the best so far.
    private static let check = 512

    private mutating func propose(_ layout: inout Layout, _ threshold: Int64) {
        switch numbers.below(8) {
        case 0, 1:
            guard let slot = anyMoved() else { return }
            _ = relocate(&layout, slot, home(layout, slot), threshold)
        case 2:
            guard let slot = anyMoved() else { return }
            _ = relocate(&layout, slot, targets[numbers.below(targets.count)], threshold)
        case 3:
            let slot = Int(movable[numbers.below(movable.count)])
            _ = relocate(&layout, slot, targets[numbers.below(targets.count)], threshold)
        case 4, 5, 6:
            guard let slot = anyMoved() else { return }
            replace(&layout, slot, threshold)
        default:
            let a = Int(movable[numbers.below(movable.count)])
            exchange(&layout, a, near(layout, Int(rowOfSlot[a])), threshold)
        }
    }

    private mutating func anyMoved() -> Int? { moved.isEmpty ? nil : Int(moved[numbers.below(moved.count)]) }

    /// An original holder of the slot's partition that no longer holds it and may; −1 when there is none.
    private mutating func home(_ layout: Layout, _ slot: Int) -> Int32 {
        let row = Int(rowOfSlot[slot])
        let range = layout.input.range(row)
        let start = numbers.below(range.count)
        for offset in 0..<range.count {
            let broker = layout.input.slots[range.lowerBound + (start + offset) % range.count]
            if !problem.leaving[Int(broker)], layout.slot(of: row, on: broker) < 0 { return broker }
        }
        return -1
    }

    /// A slot of a partition of a similar size.
    private mutating func near(_ layout: Layout, _ row: Int) -> Int {
        let spread = 1 << numbers.below(9)
        let position = Int(rank[row]) + numbers.below(2 * spread + 1) - spread
        let other = Int(order[min(max(0, position), order.count - 1)])
        let range = layout.range(other)
        return range.isEmpty ? -1 : range.lowerBound + numbers.below(range.count)
    }

    private func cost(_ row: Int, _ broker: Int32, _ layout: Layout) -> Int64 {
        layout.isOriginal(row, broker) ? 0 : sizes[row]
    }

    private func mayTake(_ layout: Layout, _ row: Int, _ broker: Int32, _ size: Int64) -> Bool {
        (problem.target[Int(broker)] || layout.isOriginal(row, broker))
            && (size <= 0 || layout.load[Int(broker)] + size <= problem.ceiling[Int(broker)])
    }

    /// The change of the total violation when `from` loses and `to` gains `size`.
    private func shift(_ layout: Layout, _ from: Int, _ to: Int, _ size: Int64) -> Int64 {
        let (a, b) = (layout.load[from], layout.load[to])
        return bands.violation(from, a - size) + bands.violation(to, b + size)
            - bands.violation(from, a) - bands.violation(to, b)
    }

    private func isBetter(_ violation: Int64, _ bytes: Int64, _ threshold: Int64) -> Bool {
        let value = Self.weight * violation + bytes
        return value < threshold || (value == 0 && violation <= 0)
    }

    private mutating func relocate(_ layout: inout Layout, _ slot: Int, _ to: Int32, _ threshold: Int64) -> Bool {
        let row = Int(rowOfSlot[slot])
        let from = layout.slots[slot]
        guard to >= 0, from >= 0, from != to, mayTake(layout, row, to, sizes[row]), layout.isLegal(row, slot, to) else {
            return false
        }
        // Without balance as the aim, only what is on its way is moved.
        if !problem.mandate.balances, layout.isOriginal(row, from) { return false }
        let violated = shift(layout, Int(from), Int(to), sizes[row])
        let moved = cost(row, to, layout) - cost(row, from, layout)
        guard isBetter(violated, moved, threshold) else { return false }
        put(&layout, row, slot, to)
        violation += violated
        bytes += moved
        return true
    }

    private mutating func put(_ layout: inout Layout, _ row: Int, _ slot: Int, _ to: Int32) {
        changes.append((Int32(truncatingIfNeeded: slot), layout.slots[slot]))
        layout.put(row, slot, to)
        note(slot, isMoved: !layout.isOriginal(row, to))
    }

    /// Returns a moved partition and takes another, of a similar size, in its place.
    private mutating func replace(_ layout: inout Layout, _ slot: Int, _ threshold: Int64) {
        let row = Int(rowOfSlot[slot])
        let other = near(layout, row)
        guard problem.mandate.balances, other >= 0, rowOfSlot[other] >= 0, rowOfSlot[other] != rowOfSlot[slot] else {
            return
        }
        let otherRow = Int(rowOfSlot[other])
        let back = home(layout, slot)
        let (here, there) = (layout.slots[slot], layout.slots[other])
        guard back >= 0, there >= 0, there != here, mayTake(layout, row, back, sizes[row]),
            mayTake(layout, otherRow, here, sizes[otherRow] - sizes[row]), layout.isLegal(row, slot, back),
            layout.isLegal(otherRow, other, here)
        else { return }
        let before = shiftBase(layout, here, there, back)
        let moved =
            cost(row, back, layout) - cost(row, here, layout) + cost(otherRow, here, layout)
            - cost(otherRow, there, layout)
        layout.put(row, slot, back)
        layout.put(otherRow, other, here)
        let violated = shiftBase(layout, here, there, back) - before
        settle(&layout, (row, slot, here), (otherRow, other, there), violated, moved, threshold)
    }

    /// Exchanges what two slots hold.
    private mutating func exchange(_ layout: inout Layout, _ a: Int, _ b: Int, _ threshold: Int64) {
        guard problem.mandate.balances, b >= 0, rowOfSlot[b] >= 0, rowOfSlot[a] != rowOfSlot[b] else { return }
        let (rowA, rowB) = (Int(rowOfSlot[a]), Int(rowOfSlot[b]))
        let (here, there) = (layout.slots[a], layout.slots[b])
        guard here >= 0, there >= 0, here != there, mayTake(layout, rowA, there, sizes[rowA] - sizes[rowB]),
            mayTake(layout, rowB, here, sizes[rowB] - sizes[rowA]), layout.isLegal(rowA, a, there),
            layout.isLegal(rowB, b, here)
        else { return }
        let before = shiftBase(layout, here, there, -1)
        let moved =
            cost(rowA, there, layout) - cost(rowA, here, layout) + cost(rowB, here, layout) - cost(rowB, there, layout)
        layout.exchange(rowA, a, rowB, b)
        let violated = shiftBase(layout, here, there, -1) - before
        settle(&layout, (rowA, a, here), (rowB, b, there), violated, moved, threshold)
    }

    /// The violation of up to three different brokers.
    private func shiftBase(_ layout: Layout, _ a: Int32, _ b: Int32, _ c: Int32) -> Int64 {
        var total = bands.violation(Int(a), layout.load[Int(a)]) + bands.violation(Int(b), layout.load[Int(b)])
        if c >= 0, c != a, c != b { total += bands.violation(Int(c), layout.load[Int(c)]) }
        return total
    }

    /// Keeps a double step that was tried, or takes it back.
    private mutating func settle(
        _ layout: inout Layout, _ a: (row: Int, slot: Int, broker: Int32), _ b: (row: Int, slot: Int, broker: Int32),
        _ violated: Int64, _ moved: Int64, _ threshold: Int64
    ) {
        guard isBetter(violated, moved, threshold) else {
            layout.put(a.row, a.slot, a.broker)
            layout.put(b.row, b.slot, b.broker)
            return
        }
        violation += violated
        bytes += moved
        changes.append((Int32(truncatingIfNeeded: a.slot), a.broker))
        changes.append((Int32(truncatingIfNeeded: b.slot), b.broker))
        note(a.slot, isMoved: !layout.isOriginal(a.row, layout.slots[a.slot]))
        note(b.slot, isMoved: !layout.isOriginal(b.row, layout.slots[b.slot]))
    }
}
