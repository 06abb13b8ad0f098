import FleetModel

/// Evens out what the receivers of a drain take in, since the busiest of them ends last: a broker with much room would
/// otherwise take much of the data while the lines of the others idle. No band is left and no byte more is copied.
struct Arrivals {
    private let problem: PlanningProblem
    private let bands: Bands
    private let receivers: [Int]
    /// Slots that are on their way to a broker, the largest partitions first, and their partitions.
    private var coming: [[(row: Int, slot: Int)]]
    private var bytes: [Int64]

    /// Receivers are even enough within this part of their average.
    private static let evenEnough: Int64 = 50
    /// Detours that are tried in all.
    private var budget = 300

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32]) {
        (self.problem, self.bands) = (problem, bands)
        receivers = layout.load.indices.filter { problem.target[$0] }
        coming = Array(repeating: [], count: layout.load.count)
        bytes = Array(repeating: 0, count: layout.load.count)
        for row in order.lazy.map(Int.init) where !problem.frozen[row] && layout.sizes[row] > 0 {
            for slot in layout.range(row) where layout.slots[slot] >= 0 {
                let broker = layout.slots[slot]
                guard problem.target[Int(broker)], !layout.isOriginal(row, broker) else { continue }
                coming[Int(broker)].append((row, slot))
                bytes[Int(broker)] += layout.sizes[row]
            }
        }
    }

    /// Gives partitions of the busiest receiver to others until it is even with them, or none can go.
    mutating func even(_ layout: inout Layout) {
        let all = coming.reduce(0) { $0 + $1.count }
        // Each round shortens the busiest receiver's time; as many as there are partitions are more than ever needed.
        for _ in 0..<all {
            guard let busiest = receivers.max(by: { time($0) < time($1) }), isTooBusy(busiest) else { return }
            if let step = relief(of: busiest, layout, under: time(busiest)) {
                take(step, &layout)
            } else if !relieveByTwo(busiest, &layout) {
                return
            }
        }
    }

    private struct Step {
        var index: Int
        var giver: Int
        var receiver: Int
    }

    private mutating func take(_ step: Step, _ layout: inout Layout) {
        let (row, slot) = coming[step.giver].remove(at: step.index)
        layout.put(row, slot, Int32(truncatingIfNeeded: step.receiver))
        coming[step.receiver].append((row, slot))
        bytes[step.giver] -= layout.sizes[row]
        bytes[step.receiver] += layout.sizes[row]
    }

    /// Undoes a step that was the last.
    private mutating func takeBack(_ step: Step, _ layout: inout Layout) {
        let (row, slot) = coming[step.receiver].removeLast()
        layout.put(row, slot, Int32(truncatingIfNeeded: step.giver))
        coming[step.giver].insert((row, slot), at: step.index)
        bytes[step.receiver] -= layout.sizes[row]
        bytes[step.giver] += layout.sizes[row]
    }

    /// Where none of the busiest receiver's partitions may go to one with time to spare: through a third.
    private mutating func relieveByTwo(_ busiest: Int, _ layout: inout Layout) -> Bool {
        let limit = time(busiest)
        for between in receivers where between != busiest {
            for (index, arrival) in coming[busiest].enumerated() {
                budget -= 1
                guard budget > 0 else { return false }
                guard mayGo(arrival, from: busiest, to: between, layout) else { continue }
                let first = Step(index: index, giver: busiest, receiver: between)
                take(first, &layout)
                if let second = relief(of: between, layout, under: limit, atLeast: layout.sizes[arrival.row]) {
                    take(second, &layout)
                    return true
                }
                takeBack(first, &layout)
            }
        }
        return false
    }

    private func time(_ broker: Int, _ more: Int64 = 0) -> Int64 {
        Ports.milliseconds(bytes[broker] + more, problem.input.brokers[broker].downlink.bytesPerSecond)
    }

    private func isTooBusy(_ busiest: Int) -> Bool {
        var (total, lines) = (Int128(0), Int128(0))
        for broker in receivers {
            total += Int128(bytes[broker])
            lines += Int128(problem.input.brokers[broker].downlink.bytesPerSecond)
        }
        let rate = Int128(problem.input.brokers[busiest].downlink.bytesPerSecond)
        // Its share of what comes, by its line.
        let share = total * rate / max(1, lines)
        return Int128(bytes[busiest]) > share + share / Int128(Self.evenEnough)
    }

    /// The largest partition of `giver`, of `least` bytes or more, that another receiver may take and still be done
    /// before `limit`; of those receivers, the one that is done first.
    private func relief(of giver: Int, _ layout: Layout, under limit: Int64, atLeast least: Int64 = 0) -> Step? {
        let others = receivers.filter { $0 != giver }.sorted { (time($0), $0) < (time($1), $1) }
        for (index, arrival) in coming[giver].enumerated() where layout.sizes[arrival.row] >= least {
            for receiver in others {
                guard time(receiver, layout.sizes[arrival.row]) < limit else { break }
                if mayGo(arrival, from: giver, to: receiver, layout) {
                    return Step(index: index, giver: giver, receiver: receiver)
                }
            }
        }
        return nil
    }

    private func mayGo(_ arrival: (row: Int, slot: Int), from: Int, to: Int, _ layout: Layout) -> Bool {
        let size = layout.sizes[arrival.row]
        let (here, there) = (layout.load[from], layout.load[to])
        let broker = Int32(truncatingIfNeeded: to)
        return there + size <= problem.ceiling[to] && layout.isLegal(arrival.row, arrival.slot, broker)
            && bands.violation(from, here - size) <= bands.violation(from, here)
            && bands.violation(to, there + size) <= bands.violation(to, there)
    }
}
