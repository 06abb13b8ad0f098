/// Brokers that a search for shortest paths has reached, the nearest first: by distance, then hops, then index. One that was
/// reached again on a shorter way is in here twice.
struct OpenBrokers {
    /// Distance, hops and index in one number, so that one comparison orders them; a binary heap.
    private var heap: [UInt64] = []

    private static let bits: UInt64 = 20

    mutating func insert(_ broker: Int, distance: Int32, hops: Int32) {
        let key =
            UInt64(truncatingIfNeeded: Int(distance) + 1 << Self.bits) << (2 * Self.bits)
            | UInt64(truncatingIfNeeded: hops) << Self.bits | UInt64(truncatingIfNeeded: broker)
        heap.append(key)
        var node = heap.count - 1
        while node > 0, heap[(node - 1) / 2] > key {
            heap[node] = heap[(node - 1) / 2]
            node = (node - 1) / 2
        }
        heap[node] = key
    }

    /// Takes the nearest out; nil when there is none.
    mutating func popFirst() -> Int? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            var node = 0
            while 2 * node + 1 < heap.count {
                var child = 2 * node + 1
                if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
                if heap[child] >= last { break }
                heap[node] = heap[child]
                node = child
            }
            heap[node] = last
        }
        return Int(first & (1 << Self.bits - 1))
    }
}
