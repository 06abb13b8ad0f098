import FleetModel

/// Which replica each partition is copied from. Kafka copies from the leader, so this is who leads meanwhile.
///
/// Leaders stay where they are as long as their uplinks are not what the plan waits for; partitions of brokers that
/// leave or are dead get the surviving replica whose uplink is least busy, the largest first.
struct SourceChoice {
    /// The source of each entry of `TransferList.rows`; −1 where nothing is copied.
    private(set) var source: [Int32]
    /// Milliseconds below which no choice of sources brings the uplinks.
    private(set) var uplinkBound: Int64 = 0

    private static let budget = 400_000

    /// Chooses for `copies` of each of `rows`. Uplinks need not be faster than `reachable`, in milliseconds. `fixed`: who
    /// leads serves, whoever it is.
    ///
    /// - Throws: `PlanningRefusal` for partitions without any living replica.
    init(
        _ problem: PlanningProblem, rows: [Int32], copies: [Int32], reachable: Int64, fixed: Bool = false
    ) throws(PlanningRefusal) {
        let input = problem.input
        source = [Int32](repeating: -1, count: rows.count)
        let rate = input.brokers.map { max(1, $0.uplink.bytesPerSecond) }
        var out = [Int64](repeating: 0, count: rate.count)
        var lost: [Int] = []
        var options: [Int32] = []
        var optionStart: [Int32] = [0]
        var open: [Int32] = []
        for (index, row) in rows.lazy.map(Int.init).enumerated() {
            let start = options.count
            if copies[index] > 0 {
                for slot in input.range(row) where Self.mayServe(problem, input.slots[slot], fixed) {
                    options.append(input.slots[slot])
                }
                if options.count == start {
                    // Nobody but a broker that leaves holds it: it serves until its copy is done.
                    for slot in input.range(row) where input.brokers[Int(input.slots[slot])].state != .dead {
                        options.append(input.slots[slot])
                    }
                }
                if options.count == start { lost.append(row) }
            }
            optionStart.append(Int32(truncatingIfNeeded: options.count))
            guard options.count > start else { continue }
            let leader = input.presentLeader(row)
            if problem.untouchable[row] || options[start...].contains(leader) {
                source[index] = options[start...].contains(leader) ? leader : options[start]
                out[Int(source[index])] += input.sizes[row] * Int64(copies[index])
            } else {
                open.append(Int32(truncatingIfNeeded: index))
            }
        }
        guard lost.isEmpty else {
            throw PlanningRefusal(
                code: "no-source",
                "\(counted(lost.count, "partition", "has", "have")) no living replica to copy from",
                objects: lost.prefix(5).map(input.name), count: lost.count,
                remedy: "bring one of their brokers back, or accept the loss of these partitions and delete them")
        }
        func bytes(_ index: Int) -> Int64 { input.sizes[Int(rows[index])] * Int64(copies[index]) }
        open.sort { (bytes(Int($1)), $0) < (bytes(Int($0)), $1) }
        for index in open.lazy.map(Int.init) {
            var best: Int32 = -1
            var bestTime = Int64.max
            for option in options[Int(optionStart[index])..<Int(optionStart[index + 1])] {
                let time = Ports.milliseconds(out[Int(option)] + bytes(index), rate[Int(option)])
                if time < bestTime { (best, bestTime) = (option, time) }
            }
            source[index] = best
            out[Int(best)] += bytes(index)
        }
        if fixed { return }
        relieve(
            bytes: (0..<rows.count).map(bytes), options: options, optionStart: optionStart, rate: rate, out: &out,
            reachable: reachable)
    }

    private static func mayServe(_ problem: PlanningProblem, _ broker: Int32, _ whileLeaving: Bool) -> Bool {
        (whileLeaving || !problem.leaving[Int(broker)]) && problem.input.brokers[Int(broker)].state != .dead
    }

    /// Moves sources off the busiest uplink as long as that helps and uplinks are what the plan waits for; then proves
    /// how far that is from the best.
    private mutating func relieve(
        bytes: [Int64], options: [Int32], optionStart: [Int32], rate: [Int64], out: inout [Int64], reachable: Int64
    ) {
        var served = [[Int32]](repeating: [], count: rate.count)
        for index in source.indices where source[index] >= 0 {
            served[Int(source[index])].append(Int32(truncatingIfNeeded: index))
        }
        func time(_ broker: Int, _ extra: Int64 = 0) -> Int64 { Self.time(out[broker] + extra, rate[broker]) }
        var settled = [Bool](repeating: false, count: rate.count)
        func busiest() -> Int? {
            out.indices.filter { !settled[$0] }.max { (time($0), $1) < (time($1), $0) }
        }
        let enough = Int64(clamping: Int128(reachable) * Int128(Self.fine))
        var steps = 0
        while let top = busiest(), time(top) > enough, steps < Self.budget {
            // The move that leaves the later of the two ports earliest.
            var best: (later: Int64, position: Int, to: Int32)?
            for (position, index) in served[top].enumerated() {
                for option in options[Int(optionStart[Int(index)])..<Int(optionStart[Int(index) + 1])]
                where Int(option) != top {
                    steps += 1
                    let later = max(time(Int(option), bytes[Int(index)]), time(top, -bytes[Int(index)]))
                    if later < (best?.later ?? time(top)) { best = (later, position, option) }
                }
            }
            if let best {
                let index = served[top].remove(at: best.position)
                served[Int(best.to)].append(index)
                source[Int(index)] = best.to
                out[top] -= bytes[Int(index)]
                out[Int(best.to)] += bytes[Int(index)]
                continue
            }
            // Nobody can take anything as things are; somebody may, once others have taken something from him.
            guard let path = handOver(from: top, served, bytes, options, optionStart, rate, out, &steps) else {
                settled[top] = true
                continue
            }
            for (index, to) in path.lazy.map({ (Int($0.index), Int($0.to)) }) {
                let from = Int(source[index])
                served[from].removeAll { Int($0) == index }
                served[to].append(Int32(truncatingIfNeeded: index))
                source[index] = Int32(truncatingIfNeeded: to)
                out[from] -= bytes[index]
                out[to] += bytes[index]
            }
        }
        let order = out.indices.sorted { (time($1), $0) < (time($0), $1) }
        uplinkBound =
            UplinkBound(bytes: bytes, options: options, optionStart: optionStart, rate: rate, busiest: order)
            .milliseconds
    }

    /// Parts of a millisecond that times of uplinks are compared in: many small copies make one together.
    private static let fine: Int64 = 1_000_000

    private static func time(_ bytes: Int64, _ rate: Int64) -> Int64 {
        let (parts, isLarge) = bytes.multipliedReportingOverflow(by: 1000 * fine)
        return isLarge ? Int64(clamping: Int128(bytes) * Int128(1000 * fine) / Int128(rate)) : parts / rate
    }

    /// Sources that change hands from one broker to the next, so that `top` ends below what it has and nobody ends
    /// where it was: the shortest such chain; nil when there is none.
    private func handOver(
        from top: Int, _ served: [[Int32]], _ bytes: [Int64], _ options: [Int32], _ optionStart: [Int32],
        _ rate: [Int64], _ out: [Int64], _ steps: inout Int
    ) -> [(index: Int32, to: Int32)]? {
        func time(_ broker: Int, _ extra: Int64) -> Int64 { Self.time(out[broker] + extra, rate[broker]) }
        let limit = time(top, 0)
        var arrived = [Int32](repeating: -1, count: rate.count)
        var cameFrom = arrived
        var queue = [top]
        var next = 0
        while next < queue.count, steps < Self.budget {
            let broker = queue[next]
            next += 1
            let more = arrived[broker] < 0 ? 0 : bytes[Int(arrived[broker])]
            for index in served[broker] where time(broker, more - bytes[Int(index)]) < limit {
                for option in options[Int(optionStart[Int(index)])..<Int(optionStart[Int(index) + 1])]
                where Int(option) != top && arrived[Int(option)] < 0 {
                    steps += 1
                    arrived[Int(option)] = index
                    cameFrom[Int(option)] = Int32(truncatingIfNeeded: broker)
                    guard time(Int(option), bytes[Int(index)]) < limit else {
                        queue.append(Int(option))
                        continue
                    }
                    var path: [(index: Int32, to: Int32)] = []
                    var at = Int(option)
                    while at != top {
                        path.append((arrived[at], Int32(truncatingIfNeeded: at)))
                        at = Int(cameFrom[at])
                    }
                    return path
                }
            }
        }
        return nil
    }
}
