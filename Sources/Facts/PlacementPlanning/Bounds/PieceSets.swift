/// Sets of some pieces that fit below a limit, ascending by their bytes: one half of the sets of twice as many pieces.
struct PieceSets {
    private(set) var bytes: [Int64] = [0]
    private(set) var members: [UInt64] = [0]
    /// The set without its last piece, and that piece.
    private var parent: [Int32] = [-1]
    private var last: [Int32] = [-1]

    /// - Parameters:
    ///   - pieces: indices of pieces below 64.
    ///   - sizes: bytes of every piece, above 0.
    ///   - limit: bytes that no set exceeds.
    init(_ pieces: [Int], sizes: [Int64], limit: Int64) {
        var sets: [(bytes: Int64, members: UInt64)] = [(0, 0)]
        for piece in pieces {
            for index in sets.indices where sets[index].bytes + sizes[piece] <= limit {
                sets.append((sets[index].bytes + sizes[piece], sets[index].members | 1 << UInt64(piece)))
            }
        }
        sets.sort { ($0.bytes, $0.members) < ($1.bytes, $1.members) }
        var place: [UInt64: Int32] = [:]
        for (index, set) in sets.enumerated() { place[set.members] = Int32(truncatingIfNeeded: index) }
        bytes = sets.map(\.bytes)
        members = sets.map(\.members)
        last = sets.map { $0.members == 0 ? -1 : Int32(63 - $0.members.leadingZeroBitCount) }
        parent = zip(sets, last).map { set, last in last < 0 ? -1 : place[set.members & ~(1 << UInt64(last))] ?? -1 }
    }

    /// What each set costs where its pieces cost `cost` each. A set is larger than its parent, so that it comes later.
    func costs(_ cost: [Int64], into costs: inout [Int64]) {
        costs[0] = 0
        for index in 1..<max(1, bytes.count) { costs[index] = costs[Int(parent[index])] + cost[Int(last[index])] }
    }
}

/// The smallest value of a window of indices whose ends both only move down.
struct FallingWindow {
    private var queue: [Int32]
    private var head = 0
    private var tail = 0
    private var start: Int

    /// An empty window that ends at `count`.
    init(count: Int) {
        queue = [Int32](repeating: 0, count: count)
        start = count
    }

    /// Empties it for another pass.
    mutating func reset(count: Int) { (head, tail, start) = (0, 0, count) }

    /// The index of the smallest of `values` in `range`; −1 where it is empty.
    mutating func least(in range: Range<Int>, of values: [Int64]) -> Int {
        while start > range.lowerBound {
            start -= 1
            while tail > head, values[Int(queue[tail - 1])] >= values[start] { tail -= 1 }
            queue[tail] = Int32(truncatingIfNeeded: start)
            tail += 1
        }
        while head < tail, Int(queue[head]) >= range.upperBound { head += 1 }
        return head < tail ? Int(queue[head]) : -1
    }
}
