/// The three brokers with the greatest keys, and the best of those that are near, of all that were taken. Of equal ones
/// the first stays.
struct FewBest {
    private var best: [(key: Int64, broker: Int32)] = []
    private var near: (key: Int64, broker: Int32) = (.min, -1)

    mutating func take(_ broker: Int, _ key: Int64, isNear: Bool) {
        let entry = (key: key, broker: Int32(truncatingIfNeeded: broker))
        if isNear, key > near.key { near = entry }
        if best.count < 3 {
            best.append(entry)
        } else if key > best[2].key {
            best[2] = entry
        } else {
            return
        }
        best.sort { $0.key > $1.key }
    }

    /// The best first, the near one last where it is none of them.
    var brokers: [Int32] {
        let others = best.map(\.broker)
        return others.contains(near.broker) || near.broker < 0 ? others : others + [near.broker]
    }
}
