/// The copies under way, with the bytes that each still lacks.
struct FlightTable {
    private(set) var copies: [Int32] = []
    private var up: [Int32] = []
    private var down: [Int32] = []
    private var remaining: [Int64] = []
    /// Bytes still to be carried by each port for the copies under way.
    private(set) var bytes: [Int64]
    private var active: [Int32] = []
    private var sharers: [Int64]
    private var share: [Int64]

    /// Passes that hand out the bytes of one round; what is left after them is handed out in the next round.
    private static let passes = 6

    init(ports: Int) {
        bytes = [Int64](repeating: 0, count: ports)
        (sharers, share) = (bytes, bytes)
    }

    var isEmpty: Bool { copies.isEmpty }

    mutating func append(_ copy: Int, _ up: Int32, _ down: Int32, _ size: Int64) {
        copies.append(Int32(truncatingIfNeeded: copy))
        self.up.append(up)
        self.down.append(down)
        remaining.append(size)
        bytes[Int(up)] += size
        bytes[Int(down)] += size
    }

    /// Hands out the bytes that each port carries in a round, max-min fairly among the copies that share it.
    mutating func advance(_ budget: inout [Int64]) {
        active.removeAll(keepingCapacity: true)
        for index in copies.indices { active.append(Int32(truncatingIfNeeded: index)) }
        Self.hand(up, down, &active, &remaining, &bytes, &sharers, &share, &budget)
    }

    /// Spans, for this is the planner's innermost loop.
    private static func hand(
        _ upArray: [Int32], _ downArray: [Int32], _ activeArray: inout [Int32], _ remainingArray: inout [Int64],
        _ bytesArray: inout [Int64], _ sharersArray: inout [Int64], _ shareArray: inout [Int64],
        _ budgetArray: inout [Int64]
    ) {
        let up = upArray.span
        let down = downArray.span
        var active = activeArray.mutableSpan
        var remaining = remainingArray.mutableSpan
        var bytes = bytesArray.mutableSpan
        var sharers = sharersArray.mutableSpan
        var share = shareArray.mutableSpan
        var budget = budgetArray.mutableSpan
        var hungry = active.count
        for _ in 0..<passes where hungry > 0 {
            for place in 0..<hungry {
                let index = Int(active[place])
                sharers[Int(up[index])] += 1
                sharers[Int(down[index])] += 1
            }
            for place in 0..<hungry {
                let index = Int(active[place])
                let (from, to) = (Int(up[index]), Int(down[index]))
                if sharers[from] > 0 {
                    share[from] = max(1, budget[from] / sharers[from])
                    sharers[from] = 0
                }
                if sharers[to] > 0 {
                    share[to] = max(1, budget[to] / sharers[to])
                    sharers[to] = 0
                }
            }
            var kept = 0
            for place in 0..<hungry {
                let index = Int(active[place])
                let (from, to) = (Int(up[index]), Int(down[index]))
                let part = min(min(share[from], share[to]), min(remaining[index], min(budget[from], budget[to])))
                remaining[index] -= part
                budget[from] -= part
                budget[to] -= part
                bytes[from] -= part
                bytes[to] -= part
                guard remaining[index] > 0, budget[from] > 0, budget[to] > 0 else { continue }
                active[kept] = active[place]
                kept += 1
            }
            hungry = kept
        }
    }

    /// Takes out the copies that are done and returns them; `largest` becomes the most that one of the others, with those
    /// that wait for it, still has to carry at each port.
    mutating func settle(_ columns: CopyColumns, _ largest: inout [Int64]) -> [Int] {
        for port in largest.indices { largest[port] = 0 }
        var done: [Int] = []
        var kept = 0
        for index in copies.indices {
            let copy = Int(copies[index])
            guard remaining[index] > 0 else {
                done.append(copy)
                continue
            }
            let left = remaining[index] + columns.rest[copy]
            let (from, to) = (Int(up[index]), Int(down[index]))
            largest[from] = max(largest[from], left)
            largest[to] = max(largest[to], left)
            (copies[kept], up[kept], down[kept]) = (copies[index], up[index], down[index])
            remaining[kept] = remaining[index]
            kept += 1
        }
        let gone = copies.count - kept
        copies.removeLast(gone)
        up.removeLast(gone)
        down.removeLast(gone)
        remaining.removeLast(gone)
        return done
    }
}
