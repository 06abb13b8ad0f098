/// Places what is large against a broker's band, before all the rest flows around it.
///
/// Where a handful of partitions fills a broker, which of them lie together decides how much else must move. Small
/// partitions are taken as a fluid here: after the large ones are placed, at least what lies above the bands or what
/// lacks below them must flow, whichever is more. That value changes with every step of a large one and can be kept up to
/// date at no cost, so a search by threshold accepting (Dueck, Scheuer 1990) over the large ones sees the whole plan.
struct LumpPlacement {
    private let problem: PlanningProblem
    private let bands: Bands
    private let sizes: [Int64]
    private let slots: [(row: Int32, slot: Int32)]
    private let targets: [Int32]
    private var numbers = PseudoRandom()

    /// Bytes on each broker in large partitions.
    private var large: [Int64]
    private var above: Int64 = 0
    private var below: Int64 = 0
    private var moved: Int64 = 0
    /// Bytes of large partitions beyond the bands: no flow of small ones mends that.
    private var stuck: Int64 = 0

    /// A partition is large from one part in so many of the widest band.
    private static let share: Int64 = 16
    private static let mostSlots = 4000
    private static let stepsASlot = 400
    private static let mostSteps = 300_000
    /// Weight of a byte that is stuck against a byte moved.
    private static let weight: Int64 = 4
    /// A large byte counts one part in so many more than a small one: where they are equal, small ones flow.
    private static let preference: Int64 = 512

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32]) {
        (self.problem, self.bands, sizes) = (problem, bands, layout.sizes)
        let least = max(
            1, (layout.load.indices.filter { problem.target[$0] }.map { bands.high[$0] }.max() ?? 0) / Self.share)
        var slots: [(row: Int32, slot: Int32)] = []
        large = [Int64](repeating: 0, count: layout.load.count)
        for row in order where layout.sizes[Int(row)] >= least && slots.count < Self.mostSlots {
            for slot in layout.range(Int(row)) where layout.slots[slot] >= 0 {
                large[Int(layout.slots[slot])] += layout.sizes[Int(row)]
                if problem.mayMove(Int(row), slot, layout) { slots.append((row, Int32(truncatingIfNeeded: slot))) }
                if !layout.isOriginal(Int(row), layout.slots[slot]) { moved += layout.sizes[Int(row)] }
            }
        }
        self.slots = slots
        targets = layout.load.indices.filter { problem.target[$0] && bands.member[$0] }.map {
            Int32(truncatingIfNeeded: $0)
        }
        for broker in layout.load.indices where bands.member[broker] { count(broker, layout.load[broker], 1) }
    }

    /// Adds a broker's part to the sums, or takes it out.
    private mutating func count(_ broker: Int, _ load: Int64, _ sign: Int64) {
        guard bands.member[broker] else { return }
        above += sign * max(0, load - bands.high[broker])
        below += sign * max(0, bands.low[broker] - load)
        stuck += sign * max(0, large[broker] - bands.high[broker])
    }

    private var value: Int64 { moved + moved / Self.preference + max(above, below) + Self.weight * stuck }

    mutating func run(_ layout: inout Layout) {
        guard slots.count > 1, targets.count > 1 else { return }
        let first = value
        // The places of the large ones alone: the whole layout is a thousand times as much.
        var best = places(layout)
        var bestValue = first
        let steps = min(Self.mostSteps, slots.count * Self.stepsASlot)
        let start = max(1, sizes[Int(slots[slots.count / 4].row)] / 2)
        for step in 0..<steps {
            let remaining = Int64(steps - step)
            let threshold =
                remaining * 5 < Int64(steps)
                ? 0
                : Int64(
                    Int128(start) * Int128(remaining) * Int128(remaining) / (Int128(steps) * Int128(steps)))
            propose(&layout, threshold)
            if value < bestValue, step % Self.check == 0 || step == steps - 1 {
                best = places(layout)
                bestValue = value
            }
        }
        for (entry, broker) in zip(slots, best) { layout.put(Int(entry.row), Int(entry.slot), broker) }
    }

    private func places(_ layout: Layout) -> [Int32] { slots.map { layout.slots[Int($0.slot)] } }

    /// Steps between two looks at what is best.
    private static let check = 256

    private mutating func propose(_ layout: inout Layout, _ threshold: Int64) {
        let (row, slot) = pick()
        let here = layout.slots[slot]
        let before = value
        switch numbers.below(4) {
        case 0, 1:
            let to = numbers.below(2) == 0 ? home(layout, row) : targets[numbers.below(targets.count)]
            guard to >= 0, to != here, mayTake(layout, row, to, sizes[row]), layout.isLegal(row, slot, to) else {
                return
            }
            shift(&layout, row, slot, to)
            if value - before > threshold { shift(&layout, row, slot, here) }
        default:
            let (other, otherSlot) = pick()
            let there = layout.slots[otherSlot]
            guard row != other, here != there, mayTake(layout, row, there, sizes[row] - sizes[other]),
                mayTake(layout, other, here, sizes[other] - sizes[row]), layout.isLegal(row, slot, there),
                layout.isLegal(other, otherSlot, here)
            else { return }
            shift(&layout, row, slot, there)
            shift(&layout, other, otherSlot, here)
            if value - before > threshold {
                shift(&layout, other, otherSlot, there)
                shift(&layout, row, slot, here)
            }
        }
    }

    private mutating func pick() -> (Int, Int) {
        let entry = slots[numbers.below(slots.count)]
        return (Int(entry.row), Int(entry.slot))
    }

    private mutating func home(_ layout: Layout, _ row: Int) -> Int32 {
        let range = layout.input.range(row)
        let broker = layout.input.slots[range.lowerBound + numbers.below(range.count)]
        return problem.leaving[Int(broker)] || layout.slot(of: row, on: broker) >= 0 ? -1 : broker
    }

    private func mayTake(_ layout: Layout, _ row: Int, _ broker: Int32, _ size: Int64) -> Bool {
        (problem.target[Int(broker)] || layout.isOriginal(row, broker))
            && (size <= 0 || layout.load[Int(broker)] + size <= problem.ceiling[Int(broker)])
    }

    private mutating func shift(_ layout: inout Layout, _ row: Int, _ slot: Int, _ to: Int32) {
        let from = layout.slots[slot]
        let size = sizes[row]
        count(Int(from), layout.load[Int(from)], -1)
        count(Int(to), layout.load[Int(to)], -1)
        large[Int(from)] -= size
        large[Int(to)] += size
        if layout.isOriginal(row, from) { moved += size }
        if layout.isOriginal(row, to) { moved -= size }
        layout.put(row, slot, to)
        count(Int(from), layout.load[Int(from)], 1)
        count(Int(to), layout.load[Int(to)], 1)
    }
}
