import FleetModel

/// Runs the copies of a plan through the brokers' ports as a fluid: when each begins and ends, and how full disks get.
///
/// What Kafka does: fetchers of one destination share its downlink and its sources' uplinks max-min fairly. What
/// Gantry's executor does: it keeps each port's window full without barriers, at least `window` copies or as many as
/// carry a few rounds' bytes, the largest first, one new replica of a partition at a time, and starts a copy only when
/// the destination's disk has room for it with all that is under way. Time goes in rounds of a four-hundredth of the bound,
/// in which bytes are handed out exactly; so the cost does not grow with moves × brokers.
struct FluidSimulation {
    /// Copies that a port may have under way at least: the usual number, then wider ones for plans in which every port
    /// is as busy as the busiest.
    static let windows = [5, 20, 1 << 20]
    /// Rounds that the bytes under way at a port must last, beyond `window`.
    private static let windowRounds: Int64 = 3
    private static let roundsToBound: Int64 = 400
    /// Unstarted copies of one port that are looked at in one round before it waits for the next.
    private static let lookahead = 16
    /// Passes that hand out the bytes of one round; what is left after them is handed out in the next round.
    private static let passes = 6

    /// Copies that a port may have under way at least.
    let window: Int
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
    /// Detours: copies that go to a third broker first, and what they cost.
    private(set) var detours: [Detour] = []

    /// A copy that goes a way round.
    struct Detour {
        /// The copy that now ends at `refuge`.
        let copy: Int32
        /// The broker that it was meant for.
        let destination: Int32
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
        _ problem: PlanningProblem, _ transfers: TransferList, source: [Int32], load: [Int64], bound: Int64, window: Int
    ) {
        (self.problem, self.transfers, self.source, input) = (problem, transfers, source, problem.input)
        (self.window, perPort) = (window, Int32(clamping: window))
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
        // Whole chains count: a partition with two copies to make begins before one as large with a single copy.
        let weight = transfers.chain.indices.map { copy -> Int64 in
            let chain = Int(transfers.chain[copy])
            let left = Int64(transfers.chainStart[chain + 1]) - Int64(copy)
            return problem.input.sizes[Int(transfers.rows[chain])] * left
        }
        priority = SizeOrder.rows(weight)
        queueUp = PortQueues(brokers, priority) { copy in
            transfers.adding[copy] < 0 ? -1 : source[Int(transfers.chain[copy])]
        }
        queueDown = PortQueues(brokers, priority) { transfers.adding[$0] }
    }

    private func size(_ copy: Int) -> Int64 { input.sizes[Int(transfers.rows[Int(transfers.chain[copy])])] }

    /// Runs to the end.
    /// - Throws: `PlanningRefusal` when disks are so full that no order and no detour works.
    mutating func run() throws(PlanningRefusal) {
        finishEmptySteps()
        // The first round goes by size alone: the largest copies find their ports free.
        for copy in priority.lazy.map(Int.init) where start[copy] < 0 && mayStart(copy) { begin(copy) }
        while unstarted > 0 || !flight.isEmpty {
            admit()
            if flight.isEmpty {
                if unstarted == 0 { break }
                try detour()
                continue
            }
            advance()
        }
        for copy in end.indices where end[copy] > makespan { end[copy] = makespan }
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
        let left = max(1, bound - now)
        if tasksUp[from] > 0, isLate(largestUp[from], tasksUp[from], uplink[from], left) { return false }
        if tasksDown[to] > 0, isLate(largestDown[to], tasksDown[to], downlink[to], left) { return false }
        return occupied[to] + size(copy) <= max(problem.ceiling[to], 0)
    }

    /// Whether the largest copy at a port, sharing it with one more, would end after the bound: it then goes alone. Kafka
    /// has no rates a partition, so who must not wait is given company that does not hold it up.
    private func isLate(_ bytes: Int64, _ sharers: Int32, _ rate: Int64, _ left: Int64) -> Bool {
        Int128(bytes) * Int128(sharers + 1) * 1000 > Int128(rate) * Int128(left) * 8 / 10
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
        largestUp[from] = max(largestUp[from], bytes)
        largestDown[to] = max(largestDown[to], bytes)
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
                largestUp[from] = max(largestUp[from], remaining[index])
                largestDown[to] = max(largestDown[to], remaining[index])
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

    /// Nothing can start and nothing is under way: every destination waits for another's space. The smallest copy goes
    /// to a third broker first, which frees its old place.
    private mutating func detour() throws(PlanningRefusal) {
        throw PlanningRefusal(
            code: "disk-order",
            "\(unstarted) copies wait for each other's disk space, and no order of them works",
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
