import FleetModel

/// Places what is large against a broker's band, before all the rest flows around it.
///
/// Where a handful of partitions fills a broker, which of them lie together decides how much else must move. Small
/// partitions are taken as a fluid here: after the large ones are placed, at least what lies above the bands or what
/// lacks below them must flow, whichever is more. That value changes with every step of a large one and can be kept up to
/// date at no cost, so a search by threshold accepting (Dueck, Scheuer 1990) over the large ones sees the whole plan.
struct LumpPlacement {
    private let problem: PlanningProblem
    private let bands: Bands
    private let targets: [Int32]
    private var lumps: LumpTable
    private var numbers = PseudoRandom()

    /// Bytes on each broker, and those of them in large partitions.
    private var load: [Int64]
    private var large: [Int64]
    private var above: Int64 = 0
    private var below: Int64 = 0
    private var moved: Int64 = 0
    /// Bytes of large partitions beyond the bands: no flow of small ones mends that.
    private var stuck: Int64 = 0

    private static let mostSlots = 4000
    private static let stepsASlot = 400
    private static let mostSteps = 300_000
    /// Weight of a byte that is stuck against a byte moved.
    private static let weight: Int64 = 4
    /// A large byte counts one part in so many more than a small one: where they are equal, small ones flow.
    private static let preference: Int64 = 512

    /// A partition is large from one part in `share` of the upper end of a usual band: who holds a giant has another.
    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32], share: Int64) {
        (self.problem, self.bands, load) = (problem, bands, layout.load)
        let highs = layout.load.indices.filter { problem.target[$0] }.map { bands.high[$0] }.sorted()
        let least = max(1, (highs.isEmpty ? 0 : highs[highs.count / 2]) / share)
        lumps = LumpTable(
            problem, layout, order.prefix { layout.sizes[Int($0)] >= least }, upTo: bands.largest, most: Self.mostSlots)
        large = [Int64](repeating: 0, count: layout.load.count)
        for lump in lumps.sizes.indices {
            for place in lumps.range(lump) where lumps.broker[place] >= 0 {
                large[Int(lumps.broker[place])] += lumps.sizes[lump]
                if !lumps.isOriginal(lump, lumps.broker[place]) { moved += lumps.sizes[lump] }
            }
        }
        targets = layout.load.indices.filter { problem.target[$0] && bands.member[$0] }.map {
            Int32(truncatingIfNeeded: $0)
        }
        for broker in layout.load.indices { count(broker, 1) }
    }

    /// Adds a broker's part to the sums, or takes it out.
    private mutating func count(_ broker: Int, _ sign: Int64) {
        guard bands.member[broker] else { return }
        above += sign * max(0, load[broker] - bands.high[broker])
        below += sign * max(0, bands.low[broker] - load[broker])
        stuck += sign * max(0, large[broker] - bands.high[broker])
    }

    private var value: Int64 { moved + moved / Self.preference + max(above, below) + Self.weight * stuck }

    /// Searches, and puts what was found into `layout`, the same that this was made of.
    mutating func run(_ layout: inout Layout) {
        let count = lumps.movable.count
        guard count > 1, targets.count > 1 else { return }
        let first = value
        var best = lumps.broker
        var bestValue = first
        let steps = min(Self.mostSteps, count * Self.stepsASlot)
        let start = max(1, lumps.sizes[Int(lumps.movable[count / 4].lump)] / 2)
        // Where there are few, every step counts.
        let cooling = layout.slots.count <= Self.few ? 1 : Self.cooling
        var threshold: Int64 = 0
        for step in 0..<steps {
            if step % cooling == 0 {
                let remaining = Int128(steps - step)
                threshold =
                    remaining * 5 < steps ? 0 : Int64(Int128(start) * remaining * remaining / Int128(steps * steps))
            }
            propose(threshold)
            if value < bestValue, step % Self.check == 0 || step == steps - 1 {
                best = lumps.broker
                bestValue = value
            }
        }
        for (lump, row) in lumps.rows.enumerated() {
            for (place, slot) in zip(lumps.range(lump), layout.range(Int(row))) where layout.slots[slot] != best[place]
            {
                layout.put(Int(row), slot, best[place])
            }
        }
    }

    /// Steps between two looks at what is best, and between two thresholds.
    private static let check = 256
    private static let cooling = 16
    private static let few = 1_000

    private mutating func propose(_ threshold: Int64) {
        let (lump, place) = pick()
        let here = lumps.broker[place]
        let size = lumps.sizes[lump]
        let before = value
        switch numbers.below(4) {
        case 0, 1:
            let to = numbers.below(2) == 0 ? home(lump) : targets[numbers.below(targets.count)]
            guard to >= 0, to != here, mayTake(lump, to, size), lumps.isLegal(lump, place, to) else { return }
            shift(lump, place, to)
            if value - before > threshold { shift(lump, place, here) }
        default:
            let (other, otherPlace) = pick()
            let there = lumps.broker[otherPlace]
            let otherSize = lumps.sizes[other]
            guard lump != other, here != there, mayTake(lump, there, size - otherSize),
                mayTake(other, here, otherSize - size), lumps.isLegal(lump, place, there),
                lumps.isLegal(other, otherPlace, here)
            else { return }
            shift(lump, place, there)
            shift(other, otherPlace, here)
            if value - before > threshold {
                shift(other, otherPlace, there)
                shift(lump, place, here)
            }
        }
    }

    private mutating func pick() -> (Int, Int) {
        let entry = lumps.movable[numbers.below(lumps.movable.count)]
        return (Int(entry.lump), Int(entry.place))
    }

    private mutating func home(_ lump: Int) -> Int32 {
        let origins = lumps.originRange(lump)
        let broker = lumps.origin[origins.lowerBound + numbers.below(origins.count)]
        return problem.leaving[Int(broker)] || lumps.holds(lump, broker) ? -1 : broker
    }

    private func mayTake(_ lump: Int, _ broker: Int32, _ size: Int64) -> Bool {
        (problem.target[Int(broker)] || lumps.isOriginal(lump, broker))
            && (size <= 0 || load[Int(broker)] + size <= problem.ceiling[Int(broker)])
    }

    private mutating func shift(_ lump: Int, _ place: Int, _ to: Int32) {
        let from = lumps.broker[place]
        let (a, b) = (Int(from), Int(to))
        let size = lumps.sizes[lump]
        count(a, -1)
        count(b, -1)
        load[a] -= size
        load[b] += size
        large[a] -= size
        large[b] += size
        if lumps.isOriginal(lump, from) { moved += size }
        if lumps.isOriginal(lump, to) { moved -= size }
        lumps.put(place, to)
        count(a, 1)
        count(b, 1)
    }
}
