import FleetModel

/// The copies of a plan in flat columns: a partition's copies are a chain, done one after the other.
struct TransferList {
    /// Rows of partitions whose replica set changes, ascending.
    private(set) var rows: [Int32] = []
    /// `chainStart[i]..<chainStart[i + 1]` are the copies of `rows[i]`.
    private(set) var chainStart: [Int32] = [0]
    /// Index into `rows` of each copy.
    private(set) var chain: [Int32] = []
    /// Broker that receives; −1 where replicas only go.
    private(set) var adding: [Int32] = []
    /// Broker whose replica goes once the copy is there; −1 for none.
    private(set) var dropping: [Int32] = []

    /// `surplusStart[i]..<surplusStart[i + 1]`: brokers that `surplus` names lose `rows[i]` with its last step, for a
    /// smaller factor.
    private(set) var surplus: [Int32] = []
    private(set) var surplusStart: [Int32] = [0]

    /// The difference between the old lists and those of `layout`.
    ///
    /// A new replica is paired with one that goes on the same host, else the same rack, so that a list is legal between
    /// two moves too wherever that is possible.
    init(_ layout: Layout, last: (Int) -> Int32) {
        let input = layout.input
        var added: [Int32] = []
        var removed: [Int32] = []
        for row in input.sizes.indices {
            added.removeAll(keepingCapacity: true)
            removed.removeAll(keepingCapacity: true)
            for slot in layout.range(row) where !layout.isOriginal(row, layout.slots[slot]) {
                added.append(layout.slots[slot])
            }
            for slot in input.range(row) where layout.slot(of: row, on: input.slots[slot]) < 0 {
                removed.append(input.slots[slot])
            }
            if added.isEmpty, removed.isEmpty { continue }
            let index = Int32(truncatingIfNeeded: rows.count)
            rows.append(Int32(truncatingIfNeeded: row))
            let source = last(row)
            var pairs = added.map { broker -> (Int32, Int32) in
                let best = removed.indices.min {
                    Self.distance(layout, broker, removed[$0]) < Self.distance(layout, broker, removed[$1])
                }
                return (broker, best.map { removed.remove(at: $0) } ?? -1)
            }
            // The broker that is copied from gives up its replica last.
            if let index = pairs.firstIndex(where: { $0.1 == source }) { pairs.append(pairs.remove(at: index)) }
            if pairs.isEmpty { pairs.append((-1, -1)) }
            surplus.append(contentsOf: removed)
            surplusStart.append(Int32(truncatingIfNeeded: surplus.count))
            for pair in pairs {
                chain.append(index)
                adding.append(pair.0)
                dropping.append(pair.1)
            }
            chainStart.append(Int32(truncatingIfNeeded: chain.count))
        }
    }

    /// Lets `copy` go by way of `refuge`: first there, which frees the old place, then on.
    mutating func insertDetour(_ copy: Int, by refuge: Int32) {
        adding.insert(refuge, at: copy)
        dropping.insert(dropping[copy], at: copy)
        dropping[copy + 1] = refuge
        chain.insert(chain[copy], at: copy)
        for index in Int(chain[copy]) + 1..<chainStart.count { chainStart[index] += 1 }
    }

    private static func distance(_ layout: Layout, _ a: Int32, _ b: Int32) -> Int {
        if layout.hostOf[Int(a)] == layout.hostOf[Int(b)] { return 0 }
        return layout.rackOf[Int(a)] == layout.rackOf[Int(b)] ? 1 : 2
    }
}
