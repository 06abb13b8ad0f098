/// A heap a rack where racks are few, so that racks that a partition may not use are not searched; else one heap.
struct RackHeaps {
    private static let most = 32
    private var heaps: [BrokerHeap]
    private let heapOf: [Int32]

    init(_ layout: Layout) {
        let racks = Int(layout.rackOf.max() ?? 0) + 1
        heapOf = racks <= Self.most ? layout.rackOf : [Int32](repeating: 0, count: layout.rackOf.count)
        heaps = (0..<(racks <= Self.most ? racks : 1)).map { _ in BrokerHeap(brokers: layout.rackOf.count) }
    }

    mutating func insert(_ broker: Int, _ key: Int64) { heaps[Int(heapOf[broker])].insert(broker, key) }

    mutating func update(_ broker: Int, _ key: Int64) { heaps[Int(heapOf[broker])].update(broker, key) }

    /// The broker with the largest key above `least` that may hold `slot` of `partition` and meets `condition`; −1 when
    /// none does.
    mutating func best(
        for partition: Int, _ slot: Int, _ layout: Layout, above least: Int64 = .min,
        where condition: (Int32) -> Bool = { _ in true }
    ) -> Int32 {
        best(above: least, in: { layout.hasRackRoom(partition, slot, $0) }) {
            layout.isLegal(partition, slot, $0) && condition($0)
        }
    }

    private mutating func best(
        above least: Int64, in mayUse: (Int32) -> Bool, where condition: (Int32) -> Bool
    ) -> Int32 {
        var best: Int32 = -1
        var bestKey = least
        for index in heaps.indices where heaps.count == 1 || mayUse(Int32(truncatingIfNeeded: index)) {
            let found = heaps[index].best(above: bestKey, where: condition)
            if found >= 0 { (best, bestKey) = (found, heaps[index].key[Int(found)]) }
        }
        return best
    }
}
