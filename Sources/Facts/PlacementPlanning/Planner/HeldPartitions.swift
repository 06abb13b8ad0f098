/// What every broker holds, the largest first, as the packing of `Rebalancer` takes from it.
struct HeldPartitions {
    /// Entries of all brokers, one broker's after another's: rows, and their sizes beside them, for a search by size goes
    /// through nothing else.
    private(set) var rows: [Int32]
    private(set) var sizes: [Int64]
    private let start: [Int32]
    /// The next entry that was not taken, itself for most.
    private var next: [Int32]
    /// Of each row, how many of its replicas moved.
    private(set) var movedSlots: [UInt8]
    private let frozen: [Bool]

    /// Entries of a donor's list that are looked at for one move.
    static let probes = 48

    init(_ layout: Layout, order: [Int32], frozen: [Bool]) {
        self.frozen = frozen
        let brokers = layout.load.count
        var start = [Int32](repeating: 0, count: brokers + 1)
        for broker in 0..<brokers { start[broker + 1] = start[broker] + layout.count[broker] }
        let count = Int(start[brokers])
        var rows = [Int32](repeating: 0, count: count)
        var sizes = [Int64](repeating: 0, count: count)
        var movedSlots = [UInt8](repeating: 0, count: layout.sizes.count)
        var cursor = start
        for row in order {
            let size = layout.sizes[Int(row)]
            for slot in layout.range(Int(row)) {
                let broker = layout.slots[slot]
                guard broker >= 0 else { continue }
                let entry = Int(cursor[Int(broker)])
                rows[entry] = row
                sizes[entry] = size
                cursor[Int(broker)] += 1
                if !layout.isOriginal(Int(row), broker) { movedSlots[Int(row)] &+= 1 }
            }
        }
        (self.rows, self.sizes, self.start, self.movedSlots) = (rows, sizes, start, movedSlots)
        next = (0...count).map { Int32(truncatingIfNeeded: $0) }
    }

    /// The end of the entries of `broker`.
    func end(_ broker: Int) -> Int { Int(start[broker + 1]) }

    /// How many entries `broker` has, taken ones included.
    func count(_ broker: Int) -> Int { Int(start[broker + 1] - start[broker]) }

    /// The first entry of `broker` whose size is at most `size`.
    func position(_ broker: Int, atMost size: Int64) -> Int {
        var (low, high) = (Int(start[broker]), Int(start[broker + 1]))
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle] > size { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first entry at or after `index` that was not taken.
    mutating func alive(_ index: Int) -> Int {
        var root = index
        while Int(next[root]) != root { root = Int(next[root]) }
        var node = index
        while Int(next[node]) != root && node != root {
            let following = Int(next[node])
            next[node] = Int32(truncatingIfNeeded: root)
            node = following
        }
        return root
    }

    /// The largest partition of `donor` up to `size`, larger than `least`, that `receiver` may take; `fresh`: none that
    /// moved already where there is another.
    mutating func candidate(
        _ layout: Layout, _ donor: Int, _ receiver: Int, atMost size: Int64, above least: Int64 = -1, fresh: Bool,
        probing most: Int = HeldPartitions.probes
    ) -> Int? {
        guard size > least else { return nil }
        let end = Int(start[donor + 1])
        var entry = alive(position(donor, atMost: size))
        var probes = 0
        var second: Int?
        while entry < end, probes < most, sizes[entry] > least {
            let row = Int(rows[entry])
            let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
            if slot >= 0, !frozen[row], layout.isLegal(row, slot, Int32(truncatingIfNeeded: receiver)) {
                if !fresh || movedSlots[row] == 0 { return entry }
                if second == nil { second = entry }
            }
            probes += 1
            entry = alive(entry + 1)
        }
        return second
    }

    /// The smallest partition of `donor` of `low` to `high` bytes that `receiver` may take.
    func smallest(_ layout: Layout, _ donor: Int, _ receiver: Int, from low: Int64, to high: Int64) -> Int? {
        guard low <= high else { return nil }
        var entry = position(donor, atMost: max(0, low - 1)) - 1
        let first = max(Int(start[donor]), entry - Self.probes + 1)
        while entry >= first, sizes[entry] <= high {
            let row = Int(rows[entry])
            let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
            if Int(next[entry]) == entry, slot >= 0, !frozen[row],
                layout.isLegal(row, slot, Int32(truncatingIfNeeded: receiver))
            {
                return entry
            }
            entry -= 1
        }
        return nil
    }

    /// Moves the partition of `entry` from `donor` to `receiver`.
    mutating func take(_ layout: inout Layout, _ entry: Int, _ donor: Int, _ receiver: Int) {
        let row = Int(rows[entry])
        let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
        layout.put(row, slot, Int32(truncatingIfNeeded: receiver))
        next[entry] = Int32(truncatingIfNeeded: entry + 1)
        movedSlots[row] &+= 1
    }
}
