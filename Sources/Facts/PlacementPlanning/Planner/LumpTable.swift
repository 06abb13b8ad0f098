/// Large partitions in a table of their own: a search over a thousand of them should not go through a layout of a million.
struct LumpTable {
    /// The row and the size of each.
    private(set) var rows: [Int32] = []
    private(set) var sizes: [Int64] = []
    /// Where each replica lies, in the order of its slots; −1 for none.
    private(set) var broker: [Int32] = []
    /// Where each lay before.
    private(set) var origin: [Int32] = []
    /// Replicas that may move.
    private(set) var movable: [(lump: Int32, place: Int32)] = []

    private var start: [Int32] = [0]
    private var originStart: [Int32] = [0]
    private let hostOf: [Int32]
    private let rackOf: [Int32]
    private let limits: SpreadLimits

    /// - Parameters:
    ///   - problem: tells which replicas may move.
    ///   - layout: where they lie.
    ///   - order: rows, the largest first.
    ///   - largest: what is larger stays.
    ///   - most: with so many movable replicas the table is full.
    init(
        _ problem: PlanningProblem, _ layout: Layout, _ order: ArraySlice<Int32>, upTo largest: Int64, most: Int
    ) {
        (hostOf, rackOf, limits) = (layout.hostOf, layout.rackOf, layout.limits)
        for row in order.lazy.map(Int.init) {
            guard movable.count < most else { return }
            let lump = Int32(truncatingIfNeeded: rows.count)
            for slot in layout.range(row) {
                if layout.slots[slot] >= 0, layout.sizes[row] <= largest, problem.mayMove(row, slot, layout) {
                    movable.append((lump, Int32(truncatingIfNeeded: broker.count)))
                }
                broker.append(layout.slots[slot])
            }
            origin.append(contentsOf: problem.input.slots[problem.input.range(row)])
            rows.append(Int32(truncatingIfNeeded: row))
            sizes.append(layout.sizes[row])
            start.append(Int32(truncatingIfNeeded: broker.count))
            originStart.append(Int32(truncatingIfNeeded: origin.count))
        }
    }

    /// Places of the replicas of `lump` in `broker`, and of those before in `origin`.
    func range(_ lump: Int) -> Range<Int> { Int(start[lump])..<Int(start[lump + 1]) }
    func originRange(_ lump: Int) -> Range<Int> { Int(originStart[lump])..<Int(originStart[lump + 1]) }

    func isOriginal(_ lump: Int, _ wanted: Int32) -> Bool {
        for entry in originRange(lump) where origin[entry] == wanted { return true }
        return false
    }

    func holds(_ lump: Int, _ wanted: Int32) -> Bool {
        for place in range(lump) where broker[place] == wanted { return true }
        return false
    }

    /// Whether the replica in `place` may lie on `wanted`.
    func isLegal(_ lump: Int, _ place: Int, _ wanted: Int32) -> Bool {
        limits.allow(wanted, in: place, of: range(lump), broker, hostOf, rackOf)
    }

    /// Puts a replica onto another broker.
    mutating func put(_ place: Int, _ to: Int32) { broker[place] = to }
}
