/// Water in connected vessels: the shares of brokers inside hosts inside racks, each vessel with a top.
indirect enum Vessel {
    /// A broker: its weight, what it holds at least and at most.
    case broker(Int, weight: Int64, floor: Int64, top: Int64)
    /// A host, a rack or the cluster: what it holds at most, and what is inside.
    case group(top: Int64, [Vessel])

    /// Contents at a level in 2⁻²⁰ bytes a unit of weight.
    func contents(_ level: UInt128) -> Int128 {
        switch self {
        case .broker(_, let weight, let floor, let top):
            min(Int128(top), max(Int128(floor), Int128(clamping: (level * UInt128(weight)) >> 20)))
        case .group(let top, let inside):
            min(Int128(top), inside.reduce(Int128(0)) { $0 + $1.contents(level) })
        }
    }

    /// Pours `water` in; calls `share` for each broker.
    func pour(_ water: Int128, _ share: (Int, Int64) -> Void) {
        switch self {
        case .broker(let index, _, _, _): share(index, Int64(clamping: water))
        case .group(_, let inside):
            // A broker alone on its host, as nearly all are, needs no search.
            if inside.count == 1, case .broker(let index, let weight, let floor, _) = inside[0] {
                let level = Self.level(water, weight, floor: floor)
                share(index, Int64(clamping: inside[0].contents(min(Self.highest, level))))
                return
            }
            func lacks(_ level: UInt128) -> Bool { inside.reduce(Int128(0)) { $0 + $1.contents(level) } < water }
            // Usual levels are far below the highest: the search begins with low ones.
            var (low, high) = (UInt128(0), UInt128(1) << 28)
            while high < Self.highest, lacks(high) { (low, high) = (high + 1, min(Self.highest, high << 4)) }
            while low < high {
                let middle = (low + high) / 2
                if lacks(middle) { low = middle + 1 } else { high = middle }
            }
            for vessel in inside { vessel.pour(vessel.contents(low), share) }
        }
    }

    /// Above every level that there can be.
    private static let highest = UInt128(1) << 82

    /// The lowest level at which a broker of that weight and floor holds `water`.
    private static func level(_ water: Int128, _ weight: Int64, floor: Int64) -> UInt128 {
        if water <= Int128(floor) { return 0 }
        if weight <= 0 { return highest }
        return ((UInt128(water) << 20) + UInt128(weight) - 1) / UInt128(weight)
    }
}
