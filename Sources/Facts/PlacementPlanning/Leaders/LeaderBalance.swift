/// Which replica of each partition leads, so that leaders are as even as the replicas allow, with the fewest changes.
///
/// An optimal semi-matching by min-cost flow: a partition costs nothing at its present leader and one elsewhere. Units
/// above the common level are shipped along shortest paths of replicas (broker b leads a partition that c also holds),
/// with potentials and blocking flows, so that work is a few passes over the partitions and not one a unit.
/// Source: Harvey, Ladner, Lovász, Tamir, "Semi-matchings for bipartite graphs and load balancing".
struct LeaderBalance {
    /// The broker that leads each partition; −1 where no replica may.
    private(set) var leader: [Int32]
    /// Partitions that each broker leads.
    private(set) var count: [Int32]

    let offsets: [Int32]
    let candidates: [Int32]
    private let present: [Int32]
    private let capacity: [Int32]
    /// Brokers whose leaders are to be even: the dead lead what nobody else can.
    private let isJudged: [Bool]
    private(set) var first: [Int32]
    private(set) var following: [Int32]
    private var preceding: [Int32]
    private var potential: [Int32]
    private var distance: [Int32]
    private var hops: [Int32]
    private var cursor: [Int32]
    /// `arcs[(a · brokers + b) · 3 + c]`: partitions that a leads and b could lead at a cost of c − 1. Kept where brokers
    /// are few against partitions; else empty.
    private(set) var arcs: [Int32] = []

    private static let unreachable = Int32.max
    /// Rounds of raising the lowest: each halves what is between them and who can give.
    private static let raises = 64
    /// Leaderships that are handed on one by one at the end, at most: there are hardly ever any.
    private static let settlings = 1_000

    /// - Parameters:
    ///   - isJudged: of each broker, whether its leaders are to be even.
    ///   - offsets: `offsets[p]..<offsets[p + 1]` are the entries of partition `p` in `candidates`.
    ///   - candidates: brokers that may lead each partition.
    ///   - present: the broker that leads now; −1 when none of the candidates does.
    init(isJudged: [Bool], offsets: [Int32], candidates: [Int32], present: [Int32]) {
        self.isJudged = isJudged
        let brokers = isJudged.count
        (self.offsets, self.candidates, self.present) = (offsets, candidates, present)
        leader = present
        count = [Int32](repeating: 0, count: brokers)
        var capacity = count
        for candidate in candidates { capacity[Int(candidate)] += 1 }
        self.capacity = capacity
        first = [Int32](repeating: -1, count: brokers)
        following = [Int32](repeating: -1, count: present.count)
        preceding = following
        potential = [Int32](repeating: 0, count: brokers)
        distance = potential
        hops = potential
        cursor = first
        for broker in present where broker >= 0 { count[Int(broker)] += 1 }
        for partition in present.indices where present[partition] < 0 {
            var best: Int32 = -1
            for entry in Int(offsets[partition])..<Int(offsets[partition + 1]) {
                let candidate = candidates[entry]
                if best < 0 || count[Int(candidate)] < count[Int(best)] { best = candidate }
            }
            leader[partition] = best
            if best >= 0 { count[Int(best)] += 1 }
        }
        for partition in leader.indices.reversed() where leader[partition] >= 0 { link(partition) }
        if brokers * brokers * 3 <= candidates.count {
            arcs = [Int32](repeating: 0, count: brokers * brokers * 3)
            for partition in leader.indices where leader[partition] >= 0 { countArcs(partition, 1) }
        }
    }

    /// Adds the arcs of `partition` from its leader, or takes them out.
    private mutating func countArcs(_ partition: Int, _ sign: Int32) {
        let from = leader[partition]
        let base = Int(from) * count.count
        let own = cost(partition, from)
        for entry in Int(offsets[partition])..<Int(offsets[partition + 1]) where candidates[entry] != from {
            arcs[(base + Int(candidates[entry])) * 3 + Int(cost(partition, candidates[entry]) - own) + 1] += sign
        }
    }

    /// The least cost of handing a partition from one broker to another; nil where there is none.
    func leastArc(_ from: Int, _ to: Int) -> Int32? {
        let base = (from * count.count + to) * 3
        for step in 0..<3 where arcs[base + step] > 0 { return Int32(truncatingIfNeeded: step - 1) }
        return nil
    }

    /// Evens out.
    mutating func run() {
        let level = commonLevel()
        ship(level)
        ship(level + 1)
        var next = level + 2
        // What is left above can't reach the common level: continue at the lowest level that it does reach.
        while let reached = lowestReached(above: next - 1), reached + 1 < (count.max() ?? 0) {
            next = max(next, reached + 1)
            ship(next)
            next += 1
        }
        raiseLowest()
        settleEnds()
    }

    /// Brokers that could lead more.
    private var able: [Int] { count.indices.filter { isJudged[$0] && capacity[$0] > count[$0] } }

    /// Brokers below the common level that nothing above it reached: takes from those that can give, level by level.
    private mutating func raiseLowest() {
        for _ in 0..<Self.raises {
            let able = able
            guard let lowest = able.map({ count[$0] }).min() else { return }
            let givers = closure(to: able.filter { count[$0] == lowest })
            guard let highest = givers.map({ count[$0] }).max(), highest - lowest > 1 else { return }
            ship(lowest + (highest - lowest + 1) / 2)
        }
    }

    /// Shipping by cost can leave the ends apart where a level was lowered in between. Then the shortest chains settle it,
    /// whatever they cost; each makes the whole more even, so that it ends.
    private mutating func settleEnds() {
        for _ in 0..<Self.settlings {
            guard let lowest = able.map({ count[$0] }).min(), let highest = highestFree(), highest - lowest > 1 else {
                return
            }
            if handDown(from: { $0 >= lowest + 2 }, to: { $0 == lowest }) { continue }
            if handDown(from: { $0 == highest }, to: { $0 <= highest - 2 }) { continue }
            return
        }
    }

    /// The most that a broker leads which could hand anything on.
    private func highestFree() -> Int32? {
        var highest: Int32?
        for partition in leader.indices where leader[partition] >= 0 && offsets[partition + 1] - offsets[partition] > 1
        {
            let broker = Int(leader[partition])
            if isJudged[broker] { highest = max(highest ?? 0, count[broker]) }
        }
        return highest
    }

    /// Hands one leadership on by the shortest chain from a broker with one number of them to one with the other.
    private mutating func handDown(from isSource: (Int32) -> Bool, to isTarget: (Int32) -> Bool) -> Bool {
        var cameBy = [Int32](repeating: -1, count: count.count)
        var isSeen = count.map(isSource)
        var queue = isSeen.indices.filter { isSeen[$0] }
        var next = 0
        while next < queue.count {
            var partition = first[queue[next]]
            next += 1
            while partition >= 0 {
                for entry in Int(offsets[Int(partition)])..<Int(offsets[Int(partition) + 1]) {
                    let other = Int(candidates[entry])
                    guard !isSeen[other] else { continue }
                    isSeen[other] = true
                    cameBy[other] = partition
                    guard isTarget(count[other]), capacity[other] > count[other] else {
                        queue.append(other)
                        continue
                    }
                    var at = other
                    count[other] += 1
                    while cameBy[at] >= 0 {
                        let row = Int(cameBy[at])
                        let before = Int(leader[row])
                        hand(row, to: Int32(truncatingIfNeeded: at))
                        at = before
                    }
                    count[at] -= 1
                    return true
                }
                partition = following[Int(partition)]
            }
        }
        return false
    }

    /// The largest level that all brokers could reach together, each up to what it holds.
    private func commonLevel() -> Int32 {
        let led = count.reduce(0) { $0 + Int($1) }
        var (low, high) = (Int32(0), capacity.max() ?? 0)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if capacity.reduce(0, { $0 + Int(min($1, middle)) }) <= led { low = middle } else { high = middle - 1 }
        }
        return low
    }

    private mutating func link(_ partition: Int) {
        let broker = Int(leader[partition])
        following[partition] = first[broker]
        preceding[partition] = -1
        if first[broker] >= 0 { preceding[Int(first[broker])] = Int32(truncatingIfNeeded: partition) }
        first[broker] = Int32(truncatingIfNeeded: partition)
    }

    private mutating func hand(_ partition: Int, to broker: Int32) {
        let (before, after) = (preceding[partition], following[partition])
        if before >= 0 { following[Int(before)] = after } else { first[Int(leader[partition])] = after }
        if after >= 0 { preceding[Int(after)] = before }
        if !arcs.isEmpty { countArcs(partition, -1) }
        leader[partition] = broker
        if !arcs.isEmpty { countArcs(partition, 1) }
        link(partition)
    }

    private func cost(_ partition: Int, _ broker: Int32) -> Int32 { present[partition] == broker ? 0 : 1 }

    private func hasRoom(_ broker: Int, _ level: Int32) -> Bool {
        count[broker] < level && count[broker] < capacity[broker]
    }

    /// Ships what brokers lead above `level` to brokers that lead less, as far as replicas allow, at the least cost.
    private mutating func ship(_ level: Int32) {
        while level >= 0, let (cost, reach) = shortestPaths(level) {
            for broker in potential.indices { potential[broker] += min(distance[broker], reach) }
            if !blockingFlow(level, cost, reach) { return }
        }
    }

    /// Distances from all brokers above `level`, by reduced cost and then by hops; the true cost of reaching the cheapest
    /// broker with room, and the largest reduced distance of those as cheap. Nil when none is reached.
    ///
    /// Brokers above the level were so from the beginning and have potential 0: the true cost of a broker is its
    /// distance and its potential.
    private mutating func shortestPaths(_ level: Int32) -> (cost: Int32, reach: Int32)? {
        var settled = [Bool](repeating: false, count: count.count)
        var open = OpenBrokers()
        for broker in count.indices {
            distance[broker] = count[broker] > level ? 0 : Self.unreachable
            hops[broker] = 0
            if count[broker] > level { open.insert(broker, distance: 0, hops: 0) }
        }
        var found: (cost: Int32, reach: Int32)?
        while true {
            var nearest = open.popFirst()
            while let broker = nearest, settled[broker] { nearest = open.popFirst() }
            guard let next = nearest else { return found }
            // No potential is negative: what is farther than the cheapest is not as cheap.
            if let found, distance[next] > found.cost { return found }
            settled[next] = true
            if hasRoom(next, level) {
                let cost = distance[next] + potential[next]
                if cost < found?.cost ?? .max {
                    found = (cost, distance[next])
                } else if cost == found?.cost {
                    found = (cost, max(distance[next], found?.reach ?? 0))
                }
            }
            let (travelled, step) = (distance[next], hops[next] + 1)
            if !arcs.isEmpty {
                for other in count.indices where !settled[other] {
                    guard let arc = leastArc(next, other) else { continue }
                    let through = travelled + potential[next] + arc - potential[other]
                    if through < distance[other] || (through == distance[other] && step < hops[other]) {
                        distance[other] = through
                        hops[other] = step
                        open.insert(other, distance: through, hops: step)
                    }
                }
                continue
            }
            var partition = first[next]
            while partition >= 0 {
                let row = Int(partition)
                let base = travelled + potential[next] - cost(row, Int32(truncatingIfNeeded: next))
                for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                    let other = Int(candidates[entry])
                    if settled[other] { continue }
                    let through = base + cost(row, candidates[entry]) - potential[other]
                    if through < distance[other] || (through == distance[other] && step < hops[other]) {
                        distance[other] = through
                        hops[other] = step
                        open.insert(other, distance: through, hops: step)
                    }
                }
                partition = following[row]
            }
        }
    }

    /// Augments along admissible arcs, each of no reduced cost and one hop further, until none is left.
    private mutating func blockingFlow(_ level: Int32, _ cost: Int32, _ reach: Int32) -> Bool {
        cursor = first
        var path: [(broker: Int32, partition: Int32)] = []
        var progress = false
        for source in count.indices {
            while count[source] > level {
                path.removeAll(keepingCapacity: true)
                var here = Int32(truncatingIfNeeded: source)
                while !hasRoom(Int(here), level) || potential[Int(here)] != cost {
                    if let other = advance(here, reach) {
                        path.append((here, cursor[Int(here)]))
                        here = other
                        continue
                    }
                    guard let back = path.popLast() else { break }
                    // A dead end: nothing leads here again in this round.
                    hops[Int(here)] = -1
                    here = back.broker
                }
                guard !path.isEmpty else { break }
                count[source] -= 1
                count[Int(here)] += 1
                for (index, step) in path.enumerated() {
                    cursor[Int(step.broker)] = following[Int(step.partition)]
                    hand(Int(step.partition), to: index + 1 < path.count ? path[index + 1].broker : here)
                }
                progress = true
            }
        }
        return progress
    }

    /// Moves the cursor of `here` to its next partition with an admissible arc; the broker that the arc leads to.
    private mutating func advance(_ here: Int32, _ reach: Int32) -> Int32? {
        let step = hops[Int(here)] + 1
        if !arcs.isEmpty, !mayAdvance(Int(here), step, reach) { return nil }
        while cursor[Int(here)] >= 0 {
            let row = Int(cursor[Int(here)])
            let base = potential[Int(here)] - cost(row, here)
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                let other = candidates[entry]
                if other != here, hops[Int(other)] == step, distance[Int(other)] <= reach,
                    base + cost(row, other) == potential[Int(other)]
                {
                    return other
                }
            }
            cursor[Int(here)] = following[row]
        }
        return nil
    }

    /// Whether `here` leads any partition with an admissible arc.
    private func mayAdvance(_ here: Int, _ step: Int32, _ reach: Int32) -> Bool {
        for other in count.indices where hops[other] == step && distance[other] <= reach {
            let arc = Int(potential[other] - potential[here]) + 1
            if (0..<3).contains(arc), arcs[(here * count.count + other) * 3 + arc] > 0 { return true }
        }
        return false
    }
}
