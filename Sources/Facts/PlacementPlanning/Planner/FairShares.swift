/// What each broker should hold, by water-filling: every broker the same bytes a unit of weight, as far as its disk,
/// its host and its rack allow.
///
/// A host or rack can hold no more than its limit of replicas of each partition; what it cannot take rises elsewhere.
/// Without that, "balanced within 10 %" is infeasible on uneven racks and a planner moves data for ever.
struct FairShares {
    /// The share of each broker; 0 for those that take no part.
    private(set) var share: [Int64]

    private let weight: [Int64]
    private let floor: [Int64]
    private let ceiling: [Int64]

    private struct Host {
        let cap: Int64
        let brokers: ArraySlice<Int>
    }

    private struct Rack {
        let cap: Int64
        var hosts: [Host]
    }

    /// Fixed-point bits of a level: bytes a unit of weight.
    private static let fraction: Int128 = 20

    /// - Parameters:
    ///   - total: bytes to be shared.
    ///   - members: the brokers that take part.
    ///   - weight: of each broker.
    ///   - floor: bytes that a broker holds in any case.
    ///   - ceiling: bytes that it can hold, at least its floor.
    ///   - hostOf: the host of each broker.
    ///   - rackOf: the rack of each broker.
    ///   - hostCap: bytes that each host can hold.
    ///   - rackCap: bytes that each rack can hold.
    init(
        total: Int64, members: [Int], weight: [Int64], floor: [Int64], ceiling: [Int64], hostOf: [Int32],
        rackOf: [Int32], hostCap: [Int64], rackCap: [Int64]
    ) {
        share = [Int64](repeating: 0, count: weight.count)
        (self.weight, self.floor, self.ceiling) = (weight, floor, ceiling)
        let sorted = members.sorted { (rackOf[$0], hostOf[$0], $0) < (rackOf[$1], hostOf[$1], $1) }
        var racks: [Rack] = []
        var start = 0
        while start < sorted.count {
            let (rack, host) = (rackOf[sorted[start]], hostOf[sorted[start]])
            var end = start
            while end < sorted.count, rackOf[sorted[end]] == rack, hostOf[sorted[end]] == host { end += 1 }
            if start == 0 || rackOf[sorted[start - 1]] != rack {
                racks.append(Rack(cap: rackCap[Int(rack)], hosts: []))
            }
            racks[racks.count - 1].hosts.append(Host(cap: hostCap[Int(host)], brokers: sorted[start..<end]))
            start = end
        }
        func inHost(_ host: Host, _ level: Int128) -> Int64 {
            min(host.cap, Self.sum(host.brokers) { held($0, level) })
        }
        func inRack(_ rack: Rack, _ level: Int128) -> Int64 {
            min(rack.cap, Self.sum(rack.hosts) { inHost($0, level) })
        }
        let level = Self.level(total) { level in Self.sum(racks) { inRack($0, level) } }
        for rack in racks {
            var rackLevel = level
            if inRack(rack, level) >= rack.cap {
                rackLevel = min(level, Self.level(rack.cap) { level in Self.sum(rack.hosts) { inHost($0, level) } })
            }
            for host in rack.hosts {
                var hostLevel = rackLevel
                if inHost(host, rackLevel) >= host.cap {
                    hostLevel = min(
                        rackLevel, Self.level(host.cap) { level in Self.sum(host.brokers) { held($0, level) } })
                }
                for broker in host.brokers { share[broker] = held(broker, hostLevel) }
            }
        }
    }

    private func held(_ broker: Int, _ level: Int128) -> Int64 {
        let filled = Int64(clamping: (level &* Int128(weight[broker])) >> Self.fraction)
        return min(ceiling[broker], Self.most, max(floor[broker], filled))
    }

    /// Twice the largest total; every load is held below it, so that two of them add up without overflow.
    private static let most = PlacementInput.maximumTotal * 2

    private static func sum<Part>(_ parts: some Sequence<Part>, _ bytes: (Part) -> Int64) -> Int64 {
        parts.reduce(Int64(0)) { min(most, $0 + bytes($1)) }
    }

    /// The lowest level at which `filled` reaches `total`; the highest there is when it never does.
    private static func level(_ total: Int64, _ filled: (Int128) -> Int64) -> Int128 {
        var (low, high) = (Int128(0), Int128(1) << 81)
        while low < high {
            let middle = (low + high) >> 1
            if filled(middle) >= total { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
