import FleetModel

/// Runs the copies of a plan through the brokers' ports as a fluid: when each begins and ends, and how full disks get.
///
/// What Kafka does: fetchers of one destination share its downlink and its sources' uplinks max-min fairly. What
/// Gantry's executor does: it keeps each port's window full without barriers, at least `window` copies or as many as
/// carry a few rounds' bytes, the largest first, one new replica of a partition at a time, and starts a copy only when
/// the destination's disk has room for it with all that is under way. Time goes in rounds of a four-hundredth of the bound,
/// in which bytes are handed out exactly; so the cost does not grow with moves × brokers.
struct FluidSimulation {
    /// A way to keep ports busy.
    struct Window {
        /// Copies that a port may have under way at least.
        let copies: Int
        /// Whether large copies are kept from company that would make them late.
        let protectsLarge: Bool
        /// Whether copies of the busiest ports go first; else the largest.
        let byPort: Bool
    }

    /// The usual way, then others for plans in which every port is as busy as the busiest.
    static let windows = [
        Window(copies: 5, protectsLarge: true, byPort: true), Window(copies: 5, protectsLarge: true, byPort: false),
        Window(copies: 20, protectsLarge: false, byPort: true),
        Window(copies: 1 << 20, protectsLarge: false, byPort: true),
    ]

    /// Rounds that the bytes under way at a port must last, beyond `window`.
    private static let windowRounds: Int64 = 3
    /// A copy that takes more than a sixteenth of the bound by itself is large.
    private static let largeShare = 16
    private static let roundsToBound: Int64 = 400
    /// Unstarted copies of one port that are looked at in one round before it waits for the next.
    private static let lookahead = 16
    /// Passes that hand out the bytes of one round; what is left after them is handed out in the next round.
    private static let passes = 6

    /// How ports are kept busy.
    let window: Window
    private let perPort: Int32
    private let problem: PlanningProblem
    private(set) var transfers: TransferList
    private let source: [Int32]
    private let input: PlacementInput

    /// Milliseconds at which each copy begins and ends; −1 before.
    private(set) var start: [Int64]
    private(set) var end: [Int64]
    /// Copies in the order in which they began.
    private(set) var order: [Int32] = []
    private(set) var makespan: Int64 = 0
    private(set) var peak: [Int64]
    /// How a run ended.
    enum Outcome {
        /// All copies are made.
        case done
        /// Every destination waits for another's space: `copy` must go by way of `refuge` first.
        case needsDetour(copy: Int, refuge: Int32)
    }

    private var occupied: [Int64]
    private let uplink: [Int64]
    private let downlink: [Int64]
    private var roundMilliseconds: Int64
    private var now: Int64 = 0
    private var tasksUp: [Int32]
    private var tasksDown: [Int32]
    private var bytesUp: [Int64]
    private var bytesDown: [Int64]
    private var largestUp: [Int64]
    private var largestDown: [Int64]
    private let bound: Int64
    private let priority: [Int32]
    private var flight: [Int32] = []
    private var remaining: [Int64] = []
    private var busyChain: [Bool]
    private var doneInChain: [Int32]
    private var unstarted: Int
    private var queueUp: PortQueues
    private var queueDown: PortQueues

    init(
        _ problem: PlanningProblem, _ transfers: TransferList, source: [Int32], load: [Int64], bound: Int64,
        window: Window
    ) {
        (self.problem, self.transfers, self.source, input) = (problem, transfers, source, problem.input)
        self.window = window
        perPort = Int32(clamping: window.copies)
        let brokers = input.brokers.count
        start = [Int64](repeating: -1, count: transfers.chain.count)
        end = start
        (peak, occupied) = (load, load)
        uplink = input.brokers.map { max(1, $0.uplink.bytesPerSecond) }
        downlink = input.brokers.map { max(1, $0.downlink.bytesPerSecond) }
        roundMilliseconds = max(1, bound / Self.roundsToBound)
        tasksUp = [Int32](repeating: 0, count: brokers)
        tasksDown = tasksUp
        bytesUp = [Int64](repeating: 0, count: brokers)
        bytesDown = bytesUp
        largestUp = bytesUp
        largestDown = bytesUp
        self.bound = bound
        busyChain = [Bool](repeating: false, count: transfers.rows.count)
        doneInChain = [Int32](repeating: 0, count: transfers.rows.count)
        unstarted = transfers.chain.count
        priority = Self.priority(problem, transfers, source, bound, byPort: window.byPort)
        queueUp = PortQueues(brokers, priority) { copy in
            transfers.adding[copy] < 0 ? -1 : source[Int(transfers.chain[copy])]
        }
        queueDown = PortQueues(brokers, priority) { transfers.adding[$0] }
    }

    /// Copies in the order in which they should begin. Whole chains count: a partition with two copies to make begins
    /// before one as large with a single copy.
    private static func priority(
        _ problem: PlanningProblem, _ transfers: TransferList, _ source: [Int32], _ bound: Int64, byPort: Bool
    ) -> [Int32] {
        let input = problem.input
        var (up, down) = ([Int64](repeating: 0, count: input.brokers.count), input.brokers.map { _ in Int64(0) })
        func size(_ copy: Int) -> Int64 { input.sizes[Int(transfers.rows[Int(transfers.chain[copy])])] }
        for copy in transfers.chain.indices where transfers.adding[copy] >= 0 {
            up[Int(source[Int(transfers.chain[copy])])] += size(copy)
            down[Int(transfers.adding[copy])] += size(copy)
        }
        let least = (Int64(1) << levelShift) - 1
        func level(_ bytes: Int64, _ rate: BytesPerSecond) -> Int64 {
            Int64(clamping: Int128(Ports.milliseconds(bytes, rate.bytesPerSecond)) * 15 / Int128(max(1, bound)))
        }
        return SizeOrder.rows(
            transfers.chain.indices.map { copy -> Int64 in
                let chain = Int(transfers.chain[copy])
                guard transfers.adding[copy] >= 0 else { return 0 }
                let (from, to) = (Int(source[chain]), Int(transfers.adding[copy]))
                let weight = min(least, size(copy) * Int64(transfers.chainStart[chain + 1] - Int32(copy)))
                guard byPort else { return weight }
                let busiest = max(
                    level(up[from], input.brokers[from].uplink), level(down[to], input.brokers[to].downlink))
                return (min(busiest, 15) << levelShift) + weight
            })
    }

    /// Bits of a chain's bytes, below those of its ports' level.
    private static let levelShift: Int64 = 58

    private func size(_ copy: Int) -> Int64 { input.sizes[Int(transfers.rows[Int(transfers.chain[copy])])] }

    /// Runs to the end, or to where disks are so full that nothing can start. `mayHost` tells whether a list is legal
    /// with a broker in place of the one that a copy is meant for.
    /// - Returns: whether all copies are made, or which of them must go a way round.
    /// - Throws: `PlanningRefusal` when no order and no detour works.
    mutating func run(mayHost: (_ row: Int, _ inPlaceOf: Int32, Int32) -> Bool) throws(PlanningRefusal) -> Outcome {
        finishEmptySteps()
        // The first round goes by size alone: the largest copies find their ports free.
        for copy in priority.lazy.map(Int.init) where start[copy] < 0 && mayStart(copy) { begin(copy) }
        while unstarted > 0 || !flight.isEmpty {
            admit()
            if flight.isEmpty {
                if unstarted == 0 { break }
                return try detour(mayHost)
            }
            advance()
        }
        for copy in end.indices where end[copy] > makespan { end[copy] = makespan }
        return .done
    }

    /// Steps that copy nothing are done at once.
    private mutating func finishEmptySteps() {
        for copy in transfers.chain.indices where transfers.adding[copy] < 0 {
            start[copy] = 0
            end[copy] = 0
            order.append(Int32(truncatingIfNeeded: copy))
            unstarted -= 1
            release(copy)
        }
    }

    private mutating func admit() {
        for broker in occupied.indices {
            fill(broker, down: true)
            fill(broker, down: false)
        }
    }

    private mutating func fill(_ broker: Int, down: Bool) {
        var looked = 0
        var cursor = down ? queueDown.head(broker, start) : queueUp.head(broker, start)
        let stop = down ? queueDown.stop(broker) : queueUp.stop(broker)
        while cursor < stop, looked < Self.lookahead, hasRoom(broker, down: down) {
            let copy = Int(down ? queueDown.copies[cursor] : queueUp.copies[cursor])
            cursor += 1
            if start[copy] >= 0 { continue }
            looked += 1
            if mayStart(copy) { begin(copy) }
        }
    }

    private func hasRoom(_ broker: Int, down: Bool) -> Bool {
        if down {
            return tasksDown[broker] < perPort
                || bytesDown[broker] < Ports.bytes(downlink[broker], roundMilliseconds) * Self.windowRounds
        }
        return tasksUp[broker] < perPort
            || bytesUp[broker] < Ports.bytes(uplink[broker], roundMilliseconds) * Self.windowRounds
    }

    private func mayStart(_ copy: Int) -> Bool {
        let chain = Int(transfers.chain[copy])
        guard !busyChain[chain], transfers.chainStart[chain] + doneInChain[chain] == Int32(copy) else { return false }
        let to = Int(transfers.adding[copy])
        let from = Int(source[chain])
        guard hasRoom(to, down: true), hasRoom(from, down: false) else { return false }
        if window.protectsLarge,
            isHeldUp(largestUp[from], tasksUp[from], bytesUp[from], uplink[from])
                || isHeldUp(largestDown[to], tasksDown[to], bytesDown[to], downlink[to])
        {
            return false
        }
        return occupied[to] + size(copy) <= max(problem.ceiling[to], 0)
    }

    /// Whether the largest copy at a port, with those that wait for it, would end after the bound if it shared the port
    /// with one more: it then goes alone. Kafka has no rates a partition, so who must not wait is given only company
    /// that does not hold it up.
    private func isHeldUp(_ largest: Int64, _ sharers: Int32, _ bytes: Int64, _ rate: Int64) -> Bool {
        // A port that would run dry within two rounds takes whatever comes, and small copies are never late.
        guard sharers > 0, bytes > Ports.bytes(rate, roundMilliseconds) * 2 else { return false }
        let alone = Int128(largest) * 1000
        guard alone * Int128(Self.largeShare) > Int128(rate) * Int128(bound) else { return false }
        return alone * Int128(sharers + 1) * 10 > Int128(rate) * Int128(max(1, bound - now)) * 9
    }

    /// Bytes of the copies of the same partition that follow `copy`: they wait for it.
    private func restOfChain(_ copy: Int) -> Int64 {
        let chain = Int(transfers.chain[copy])
        return size(copy) * Int64(Int(transfers.chainStart[chain + 1]) - copy - 1)
    }

    private mutating func begin(_ copy: Int) {
        let chain = Int(transfers.chain[copy])
        let (from, to) = (Int(source[chain]), Int(transfers.adding[copy]))
        let bytes = size(copy)
        start[copy] = now
        order.append(Int32(truncatingIfNeeded: copy))
        unstarted -= 1
        busyChain[chain] = true
        occupied[to] += bytes
        peak[to] = max(peak[to], occupied[to])
        tasksUp[from] += 1
        tasksDown[to] += 1
        bytesUp[from] += bytes
        bytesDown[to] += bytes
        largestUp[from] = max(largestUp[from], bytes + restOfChain(copy))
        largestDown[to] = max(largestDown[to], bytes + restOfChain(copy))
        flight.append(Int32(truncatingIfNeeded: copy))
        remaining.append(bytes)
    }

    /// One round: hands out the bytes that each port carries, max-min fairly, and ends the copies that are done.
    private mutating func advance() {
        var budgetUp = uplink.map { Ports.bytes($0, roundMilliseconds) }
        var budgetDown = downlink.map { Ports.bytes($0, roundMilliseconds) }
        let (fullUp, fullDown) = (budgetUp, budgetDown)
        var sharersUp = [Int64](repeating: 0, count: uplink.count)
        var sharersDown = sharersUp
        for _ in 0..<Self.passes {
            for port in sharersUp.indices { (sharersUp[port], sharersDown[port]) = (0, 0) }
            var hungry = false
            for index in flight.indices where remaining[index] > 0 {
                let copy = Int(flight[index])
                let (from, to) = (Int(source[Int(transfers.chain[copy])]), Int(transfers.adding[copy]))
                guard budgetUp[from] > 0, budgetDown[to] > 0 else { continue }
                sharersUp[from] += 1
                sharersDown[to] += 1
                hungry = true
            }
            if !hungry { break }
            let (up, down) = (budgetUp, budgetDown)
            for index in flight.indices where remaining[index] > 0 {
                let copy = Int(flight[index])
                let (from, to) = (Int(source[Int(transfers.chain[copy])]), Int(transfers.adding[copy]))
                guard budgetUp[from] > 0, budgetDown[to] > 0, up[from] > 0, down[to] > 0 else { continue }
                let share = max(1, min(up[from] / max(1, sharersUp[from]), down[to] / max(1, sharersDown[to])))
                let bytes = min(share, remaining[index], budgetUp[from], budgetDown[to])
                remaining[index] -= bytes
                budgetUp[from] -= bytes
                budgetDown[to] -= bytes
                bytesUp[from] -= bytes
                bytesDown[to] -= bytes
            }
        }
        let before = now
        now += roundMilliseconds
        var kept = 0
        for port in largestUp.indices { (largestUp[port], largestDown[port]) = (0, 0) }
        for index in flight.indices {
            let copy = Int(flight[index])
            if remaining[index] > 0 {
                let (from, to) = (Int(source[Int(transfers.chain[copy])]), Int(transfers.adding[copy]))
                let left = remaining[index] + restOfChain(copy)
                largestUp[from] = max(largestUp[from], left)
                largestDown[to] = max(largestDown[to], left)
                flight[kept] = flight[index]
                remaining[kept] = remaining[index]
                kept += 1
                continue
            }
            let chain = Int(transfers.chain[copy])
            let (from, to) = (Int(source[chain]), Int(transfers.adding[copy]))
            end[copy] = now
            tasksUp[from] -= 1
            tasksDown[to] -= 1
            busyChain[chain] = false
            release(copy)
        }
        flight.removeLast(flight.count - kept)
        remaining.removeLast(remaining.count - kept)
        if flight.isEmpty, unstarted == 0 {
            // The last round ends when its busiest port does.
            var used: Int64 = 0
            for port in fullUp.indices {
                used = max(used, Ports.milliseconds(fullUp[port] - budgetUp[port], uplink[port]))
                used = max(used, Ports.milliseconds(fullDown[port] - budgetDown[port], downlink[port]))
            }
            makespan = before + min(used, roundMilliseconds)
        } else {
            makespan = now
        }
    }

    /// Gives back what the step's end frees.
    private mutating func release(_ copy: Int) {
        let chain = Int(transfers.chain[copy])
        doneInChain[chain] += 1
        let bytes = size(copy)
        if transfers.dropping[copy] >= 0 { occupied[Int(transfers.dropping[copy])] -= bytes }
        if transfers.chainStart[chain] + doneInChain[chain] == transfers.chainStart[chain + 1] {
            for index in Int(transfers.surplusStart[chain])..<Int(transfers.surplusStart[chain + 1]) {
                occupied[Int(transfers.surplus[index])] -= bytes
            }
        }
    }

    /// Nothing can start and nothing is under way: every destination waits for another's space. The smallest copy that
    /// frees space by going to a third broker first is the way out.
    private func detour(
        _ mayHost: (_ row: Int, _ inPlaceOf: Int32, Int32) -> Bool
    ) throws(PlanningRefusal) -> Outcome {
        let waiting = transfers.chain.indices.filter { copy in
            let chain = Int(transfers.chain[copy])
            // Who is copied from stays until the end.
            return start[copy] < 0 && transfers.dropping[copy] >= 0 && transfers.dropping[copy] != source[chain]
                && transfers.chainStart[chain] + doneInChain[chain] == Int32(copy)
        }.sorted { (size($0), $0) < (size($1), $1) }
        for copy in waiting {
            let row = Int(transfers.rows[Int(transfers.chain[copy])])
            for refuge in occupied.indices where problem.target[refuge] {
                let broker = Int32(truncatingIfNeeded: refuge)
                if occupied[refuge] + size(copy) <= problem.ceiling[refuge],
                    !input.slots[input.range(row)].contains(broker), mayHost(row, transfers.adding[copy], broker)
                {
                    return .needsDetour(copy: copy, refuge: broker)
                }
            }
        }
        throw PlanningRefusal(
            code: "disk-order",
            "\(unstarted) copies wait for each other's disk space, and no order of them and no way round works",
            objects: transfers.chain.indices.filter { start[$0] < 0 }.prefix(5).map {
                input.name(Int(transfers.rows[Int(transfers.chain[$0])]))
            }, count: unstarted,
            remedy: "free or add disk space on a target: \(ByteCount(smallestWaiting())) would let the next copy start")
    }

    private func smallestWaiting() -> Int64 {
        transfers.chain.indices.filter { start[$0] < 0 && transfers.adding[$0] >= 0 }.map {
            occupied[Int(transfers.adding[$0])] + size($0) - problem.ceiling[Int(transfers.adding[$0])]
        }.min() ?? 0
    }
}

/// The copies of each port in order of priority.
private struct PortQueues {
    private(set) var copies: [Int32]
    private var heads: [Int]
    private let starts: [Int]

    /// `port`: the port of a copy; −1 for none.
    init(_ ports: Int, _ priority: [Int32], port: (Int) -> Int32) {
        var starts = [Int](repeating: 0, count: ports + 1)
        for copy in priority {
            let port = Int(port(Int(copy)))
            if port >= 0 { starts[port + 1] += 1 }
        }
        for port in 0..<ports { starts[port + 1] += starts[port] }
        copies = [Int32](repeating: 0, count: starts[ports])
        var cursor = starts
        for copy in priority {
            let port = Int(port(Int(copy)))
            guard port >= 0 else { continue }
            copies[cursor[port]] = copy
            cursor[port] += 1
        }
        self.starts = starts
        heads = Array(starts.dropLast())
    }

    func stop(_ port: Int) -> Int { starts[port + 1] }

    /// The first copy of `port` that has not begun.
    mutating func head(_ port: Int, _ start: [Int64]) -> Int {
        while heads[port] < starts[port + 1], start[Int(copies[heads[port]])] >= 0 { heads[port] += 1 }
        return heads[port]
    }
}
