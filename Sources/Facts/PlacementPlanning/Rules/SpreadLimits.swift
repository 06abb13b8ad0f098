/// How many replicas of one partition a host and a rack may hold, for each replication factor.
///
/// One, where there are hosts (racks) enough; otherwise the smallest number with which the factor can be reached at
/// all, so that replicas are spread as well as can be. Hosts come first: the limit of a rack is what remains possible
/// once the limit of hosts is kept. Where each host lies in one rack the two limits are a laminar matroid: a legal
/// part of a list can always be completed.
struct SpreadLimits: Equatable {
    /// Limits by factor, up to the largest that was asked for.
    let host: [Int32]
    let rack: [Int32]

    /// The limits among the brokers that `available` names, for factors up to `largest`.
    init(hostOf: [Int32], rackOf: [Int32], hostCount: Int, rackCount: Int, largest: Int, available: (Int) -> Bool) {
        var cells: [(host: Int32, rack: Int32)] = []
        for broker in hostOf.indices where available(broker) { cells.append((hostOf[broker], rackOf[broker])) }
        cells.sort { ($0.host, $0.rack) < ($1.host, $1.rack) }
        var onHost = [Int32](repeating: 0, count: hostCount)
        for cell in cells { onHost[Int(cell.host)] += 1 }
        var host: [Int32] = [0]
        var rack: [Int32] = [0]
        for factor in stride(from: 1, through: max(1, largest), by: 1) {
            // Beyond the brokers there is no legal list; the caller refuses before it asks.
            let reachable = min(factor, cells.count)
            var hostLimit: Int32 = 1
            while onHost.reduce(0, { $0 + Int(min($1, hostLimit)) }) < reachable { hostLimit += 1 }
            var inRack = [Int32](repeating: 0, count: rackCount)
            var index = 0
            while index < cells.count {
                var end = index
                while end < cells.count, cells[end] == cells[index] { end += 1 }
                inRack[Int(cells[index].rack)] += min(Int32(truncatingIfNeeded: end - index), hostLimit)
                index = end
            }
            var rackLimit: Int32 = 1
            while inRack.reduce(0, { $0 + Int(min($1, rackLimit)) }) < reachable { rackLimit += 1 }
            host.append(hostLimit)
            rack.append(rackLimit)
        }
        (self.host, self.rack) = (host, rack)
    }

    /// Whether the replica in `place` may lie on `broker`: no other one of its list does, and host and rack have room.
    ///
    /// Asked for every replica that a search looks at, hence inlined.
    ///
    /// - Parameters:
    ///   - broker: where it would lie.
    ///   - place: its own, which does not count.
    ///   - range: the places of the replica's list.
    ///   - holders: who holds each place; −1 for nobody.
    ///   - hostOf: the host of each broker.
    ///   - rackOf: the rack of each.
    /// - Returns: whether it may.
    @inline(__always)
    func allow(
        _ broker: Int32, in place: Int, of range: Range<Int>, _ holders: [Int32], _ hostOf: [Int32], _ rackOf: [Int32]
    ) -> Bool {
        let (host, rack) = (hostOf[Int(broker)], rackOf[Int(broker)])
        var onHost: Int32 = 0
        var inRack: Int32 = 0
        for other in range where other != place {
            let holder = holders[other]
            if holder < 0 { continue }
            if holder == broker { return false }
            if hostOf[Int(holder)] == host { onHost += 1 }
            if rackOf[Int(holder)] == rack { inRack += 1 }
        }
        return onHost < self.host[range.count] && inRack < self.rack[range.count]
    }
}
