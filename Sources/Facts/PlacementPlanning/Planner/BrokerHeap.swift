/// Brokers by a changing key, the largest on top; ties go to the lower index, so that the order never depends on
/// history. A search from the top finds the best broker that meets a condition without taking others off.
struct BrokerHeap {
    private var heap: [Int32] = []
    private var place: [Int32]
    private(set) var key: [Int64]
    private var frontier: [Int32] = []

    init(brokers: Int) {
        place = [Int32](repeating: -1, count: brokers)
        key = [Int64](repeating: 0, count: brokers)
    }

    mutating func insert(_ broker: Int, _ value: Int64) {
        key[broker] = value
        place[broker] = Int32(truncatingIfNeeded: heap.count)
        heap.append(Int32(truncatingIfNeeded: broker))
        rise(heap.count - 1)
    }

    mutating func update(_ broker: Int, _ value: Int64) {
        guard place[broker] >= 0 else { return }
        let before = key[broker]
        key[broker] = value
        if value > before { rise(Int(place[broker])) } else if value < before { sink(Int(place[broker])) }
    }

    private func precedes(_ a: Int32, _ b: Int32) -> Bool {
        let (keyA, keyB) = (key[Int(a)], key[Int(b)])
        return keyA != keyB ? keyA > keyB : a < b
    }

    private mutating func swapAt(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        place[Int(heap[a])] = Int32(truncatingIfNeeded: a)
        place[Int(heap[b])] = Int32(truncatingIfNeeded: b)
    }

    private mutating func rise(_ start: Int) {
        var node = start
        while node > 0, precedes(heap[node], heap[(node - 1) / 2]) {
            swapAt(node, (node - 1) / 2)
            node = (node - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var node = start
        while true {
            var best = node
            for child in [2 * node + 1, 2 * node + 2]
            where child < heap.count && precedes(heap[child], heap[best]) {
                best = child
            }
            if best == node { return }
            swapAt(node, best)
            node = best
        }
    }

    /// The broker with the largest key; −1 when there is none.
    var top: Int32 { heap.first ?? -1 }

    /// The `count` brokers with the largest keys above the smallest number, `excluded` left out.
    mutating func best(_ count: Int, except excluded: Int32) -> [Int32] {
        var found: [Int32] = []
        frontier.removeAll(keepingCapacity: true)
        if !heap.isEmpty { frontier.append(0) }
        while found.count < count, let node = popBest(), key[Int(heap[node])] > .min {
            if heap[node] != excluded { found.append(heap[node]) }
        }
        return found
    }

    /// Takes the best node off the frontier and puts its children there.
    private mutating func popBest() -> Int? {
        guard !frontier.isEmpty else { return nil }
        var first = 0
        for index in frontier.indices.dropFirst()
        where precedes(heap[Int(frontier[index])], heap[Int(frontier[first])]) {
            first = index
        }
        let node = Int(frontier[first])
        frontier.swapAt(first, frontier.count - 1)
        frontier.removeLast()
        if 2 * node + 1 < heap.count { frontier.append(Int32(truncatingIfNeeded: 2 * node + 1)) }
        if 2 * node + 2 < heap.count { frontier.append(Int32(truncatingIfNeeded: 2 * node + 2)) }
        return node
    }

    /// The broker with the largest key above `least` that meets `condition`; −1 when none does.
    mutating func best(above least: Int64 = .min, where condition: (Int32) -> Bool) -> Int32 {
        // Mostly the first is it, or not even the first is above.
        guard let first = heap.first, key[Int(first)] > least || least == .min else { return -1 }
        if condition(first) { return first }
        frontier.removeAll(keepingCapacity: true)
        if heap.count > 1 { frontier.append(1) }
        if heap.count > 2 { frontier.append(2) }
        while let node = popBest() {
            if key[Int(heap[node])] <= least, least != .min { return -1 }
            if condition(heap[node]) { return heap[node] }
        }
        return -1
    }
}
