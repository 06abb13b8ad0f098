import FleetModel

/// Runs the copies of a plan through the brokers' ports as a fluid: when each begins and ends, and how full disks get.
///
/// What Kafka does: fetchers of one destination share its downlink and its sources' uplinks max-min fairly. What
/// Gantry's executor does: it keeps each port's window full without barriers, at least `window` copies or as many as
/// carry a few rounds' bytes, one new replica of a partition at a time, and starts a copy only when the destination's
/// disk has room for it with all that is under way. Time goes in rounds of a four-hundredth of the bound, in which bytes
/// are handed out exactly; so the cost does not grow with moves × brokers.
struct FluidSimulation {
    /// Unstarted copies of one port that are looked at in one round before it waits for the next.
    private static let lookahead = 16
    /// Rounds that the bytes under way at a port must last, beyond `window`.
    private static let windowRounds: Int64 = 3
    /// A copy that takes more than a sixteenth of the bound by itself is large.
    private static let largeShare = 16
    private static let roundsToBound: Int64 = 400

    /// How ports are kept busy.
    let window: CopyWindow
    private(set) var transfers: TransferList
    private let problem: PlanningProblem
    private let columns: CopyColumns
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
    private let brokers: Int
    private let bound: Int64
    private let roundMilliseconds: Int64
    /// Bytes that each port carries in a round.
    private let roundBytes: [Int64]
    private let priority: [Int32]
    private var now: Int64 = 0
    private var flight: FlightTable
    private var queues: PortQueues
    /// Copies under way at each port, and the largest of them with what waits for it.
    private var tasks: [Int32]
    private var largest: [Int64]
    /// Downlinks at which something may begin, once all downlinks have had their turn.
    private var isOpenDown: [Bool]
    private var busyChain: [Bool]
    private var doneInChain: [Int32]
    private var unstarted: Int
    /// Where the first copy of `priority` that has not begun stands.
    private var firstWaiting = 0

    init(
        _ problem: PlanningProblem, _ transfers: TransferList, _ columns: CopyColumns, source: [Int32], load: [Int64],
        bound: Int64, window: CopyWindow
    ) {
        (self.problem, self.transfers, self.columns, self.source) = (problem, transfers, columns, source)
        (self.bound, self.window, input) = (bound, window, problem.input)
        brokers = input.brokers.count
        start = [Int64](repeating: -1, count: transfers.chain.count)
        end = start
        (peak, occupied) = (load, load)
        let round = max(1, bound / Self.roundsToBound)
        roundMilliseconds = round
        roundBytes = columns.rate.map { Ports.bytes($0, round) }
        flight = FlightTable(ports: columns.rate.count)
        tasks = [Int32](repeating: 0, count: columns.rate.count)
        largest = [Int64](repeating: 0, count: columns.rate.count)
        isOpenDown = [Bool](repeating: false, count: input.brokers.count)
        busyChain = [Bool](repeating: false, count: transfers.rows.count)
        doneInChain = [Int32](repeating: 0, count: transfers.rows.count)
        unstarted = transfers.chain.count
        priority =
            window.order == .rounds
            ? columns.priority(CopyRounds(columns))
            : columns.priority(bound: bound, byPort: window.order == .busiestPorts)
        queues = PortQueues(columns, priority)
    }

    /// Runs to the end, or to where disks are so full that nothing can start. `mayHost` tells whether a list is legal
    /// with a broker in place of the one that a copy is meant for.
    /// - Returns: whether all copies are made, or which of them must go a way round.
    /// - Throws: `PlanningRefusal` when no order and no detour works.
    mutating func run(mayHost: (_ row: Int, _ inPlaceOf: Int32, Int32) -> Bool) throws(PlanningRefusal) -> Outcome {
        finishEmptySteps()
        if window.order != .remaining {
            // The first round goes by priority alone: the first copies find their ports free.
            beginInOrder(from: 0)
        }
        while unstarted > 0 || !flight.isEmpty {
            if unstarted > 0 { admit() }
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
        for copy in columns.up.indices where columns.up[copy] < 0 {
            start[copy] = 0
            end[copy] = 0
            order.append(Int32(truncatingIfNeeded: copy))
            unstarted -= 1
            release(copy)
        }
    }

    // MARK: - What begins

    // Questions of this part are `mutating` and change nothing: one that only reads is given a copy of all of this, each
    // time it is asked.

    private mutating func admit() {
        if window.order == .rounds {
            while firstWaiting < priority.count, start[Int(priority[firstWaiting])] >= 0 { firstWaiting += 1 }
            beginInOrder(from: firstWaiting)
            return
        }
        if window.order == .remaining {
            for port in waitingPorts() { chase(port) }
            return
        }
        for port in brokers..<brokers * 2 { fill(port) }
        // Where every downlink that somebody waits for is full, uplinks need not be asked.
        var anyOpen = false
        for port in brokers..<brokers * 2 {
            isOpenDown[port - brokers] = queues.waiting[port] > 0 && isOpen(port)
            anyOpen = anyOpen || isOpenDown[port - brokers]
        }
        guard anyOpen else { return }
        for port in 0..<brokers { fill(port) }
    }

    /// Begins what can begin, by priority. By index: a sequence that is walked would have all of this copied at each step.
    private mutating func beginInOrder(from first: Int) {
        for place in first..<priority.count {
            let copy = Int(priority[place])
            if start[copy] < 0, mayStart(copy) { begin(copy) }
        }
    }

    private mutating func fill(_ port: Int) {
        guard queues.waiting[port] > 0, isOpen(port) else { return }
        var looked = 0
        var cursor = queues.head(port)
        let stop = queues.stop(port)
        while cursor < stop, looked < Self.lookahead {
            let copy = Int(queues.copies[cursor])
            cursor += 1
            if queues.hasBegun[copy] { continue }
            looked += 1
            if port < brokers, !isOpenDown[Int(columns.down[copy]) - brokers] { continue }
            guard mayStart(copy) else { continue }
            begin(copy)
            if !isOpen(port) { return }
        }
    }

    /// Ports that copies wait for and that have room, those first that still have most to do.
    private mutating func waitingPorts() -> [Int] {
        var ports: [(left: Int64, port: Int)] = []
        for port in tasks.indices where queues.waiting[port] > 0 && hasRoom(port) { ports.append((left(port), port)) }
        ports.sort { $0.left != $1.left ? $0.left > $1.left : $0.port < $1.port }
        return ports.map(\.port)
    }

    /// Milliseconds that `port` still needs for everything.
    private mutating func left(_ port: Int) -> Int64 {
        Ports.milliseconds(queues.bytes[port] + flight.bytes[port], columns.rate[port])
    }

    /// Gives `port` the copies whose other port, or whose own chain, has most to do.
    private mutating func chase(_ port: Int) {
        while queues.waiting[port] > 0, hasRoom(port) {
            var best: (left: Int64, copy: Int)?
            var looked = 0
            var cursor = queues.head(port)
            let stop = queues.stop(port)
            while cursor < stop, looked < Self.lookahead {
                let copy = Int(queues.copies[cursor])
                cursor += 1
                if queues.hasBegun[copy] { continue }
                looked += 1
                guard mayStart(copy) else { continue }
                let other = Int(columns.up[copy]) == port ? Int(columns.down[copy]) : Int(columns.up[copy])
                let alone = Ports.milliseconds(
                    columns.size[copy] + columns.rest[copy], min(columns.rate[port], columns.rate[other]))
                let left = max(left(other), alone)
                if left > best?.left ?? -1 { best = (left, copy) }
            }
            guard let best else { return }
            begin(best.copy)
        }
    }

    private mutating func hasRoom(_ port: Int) -> Bool {
        tasks[port] < window.copies || flight.bytes[port] < roundBytes[port] * Self.windowRounds
    }

    /// Whether anything may begin at `port`.
    private mutating func isOpen(_ port: Int) -> Bool { hasRoom(port) && !(window.protectsLarge && isHeldUp(port)) }

    private mutating func mayStart(_ copy: Int) -> Bool {
        let (from, to) = (Int(columns.up[copy]), Int(columns.down[copy]))
        guard hasRoom(to), hasRoom(from) else { return false }
        let chain = Int(transfers.chain[copy])
        guard !busyChain[chain], transfers.chainStart[chain] + doneInChain[chain] == Int32(copy) else { return false }
        if window.protectsLarge, isHeldUp(from) || isHeldUp(to) { return false }
        return occupied[to - brokers] + columns.size[copy] <= max(problem.ceiling[to - brokers], 0)
    }

    /// Whether the largest copy at a port, with those that wait for it, would end after the bound if it shared the port
    /// with one more: it then goes alone. Kafka has no rates a partition, so who must not wait is given only company
    /// that does not hold it up.
    private mutating func isHeldUp(_ port: Int) -> Bool {
        // A port that would run dry within two rounds takes whatever comes, and small copies are never late.
        guard tasks[port] > 0, flight.bytes[port] > roundBytes[port] * 2 else { return false }
        let alone = Int128(largest[port]) * 1000
        let rate = Int128(columns.rate[port])
        guard alone * Int128(Self.largeShare) > rate * Int128(bound) else { return false }
        return alone * Int128(tasks[port] + 1) * 10 > rate * Int128(max(1, bound - now)) * 9
    }

    private mutating func begin(_ copy: Int) {
        let (from, to) = (Int(columns.up[copy]), Int(columns.down[copy]))
        let bytes = columns.size[copy]
        start[copy] = now
        order.append(Int32(truncatingIfNeeded: copy))
        unstarted -= 1
        busyChain[Int(transfers.chain[copy])] = true
        occupied[to - brokers] += bytes
        peak[to - brokers] = max(peak[to - brokers], occupied[to - brokers])
        queues.take(copy, from, to, bytes)
        for port in [from, to] {
            tasks[port] += 1
            largest[port] = max(largest[port], bytes + columns.rest[copy])
        }
        flight.append(copy, columns.up[copy], columns.down[copy], bytes)
    }

    // MARK: - What goes on

    /// One round: hands out the bytes that each port carries, and ends the copies that are done.
    private mutating func advance() {
        var budget = roundBytes
        flight.advance(&budget)
        let before = now
        now += roundMilliseconds
        let done = flight.settle(columns, &largest)
        for copy in done {
            end[copy] = now
            tasks[Int(columns.up[copy])] -= 1
            tasks[Int(columns.down[copy])] -= 1
            busyChain[Int(transfers.chain[copy])] = false
            release(copy)
        }
        makespan = now
        guard flight.isEmpty, unstarted == 0 else { return }
        // The last round ends when its busiest port does.
        let used = budget.indices.map { Ports.milliseconds(roundBytes[$0] - budget[$0], columns.rate[$0]) }.max() ?? 0
        // Rounds of a few bytes carry more than the port would: the bound is proved, so it holds.
        makespan = max(bound, before + min(used, roundMilliseconds))
    }

    /// Gives back what the step's end frees.
    private mutating func release(_ copy: Int) {
        let chain = Int(transfers.chain[copy])
        doneInChain[chain] += 1
        let bytes = columns.size[copy]
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
        }.sorted { (columns.size[$0], $0) < (columns.size[$1], $1) }
        for copy in waiting {
            let row = Int(transfers.rows[Int(transfers.chain[copy])])
            for refuge in occupied.indices where problem.target[refuge] {
                let broker = Int32(truncatingIfNeeded: refuge)
                if occupied[refuge] + columns.size[copy] <= problem.ceiling[refuge],
                    !input.slots[input.range(row)].contains(broker), mayHost(row, transfers.adding[copy], broker)
                {
                    return .needsDetour(copy: copy, refuge: broker)
                }
            }
        }
        throw PlanningRefusal(
            code: "disk-order",
            "\(unstarted == 1 ? "a copy waits for" : "\(unstarted) copies wait for each other's") disk space, and no order of them and no way round works",
            objects: transfers.chain.indices.filter { start[$0] < 0 }.prefix(5).map {
                input.name(Int(transfers.rows[Int(transfers.chain[$0])]))
            }, count: unstarted,
            remedy: smallestWaiting().map {
                "make room for \(ByteCount($0.bytes)) more in \(input.brokers[$0.broker].room): that would let the next copy "
                    + "start"
            } ?? "free or add disk space on the targets")
    }

    private func smallestWaiting() -> (bytes: Int64, broker: Int)? {
        transfers.chain.indices.filter { start[$0] < 0 && transfers.adding[$0] >= 0 }.map {
            let broker = Int(transfers.adding[$0])
            return (bytes: occupied[broker] + columns.size[$0] - problem.ceiling[broker], broker: broker)
        }.min { $0.bytes < $1.bytes }
    }
}
