import FleetModel

/// Judges a plan by the rules alone, apart from the planner: what it does to `input`, in which order, and whether what it
/// says of itself is true. Run in every test and again before every execution.
///
/// - Returns: every rule broken, at most `PlanVerifier.most`; empty for a plan that may be executed.
public func verify(_ plan: MovePlan, _ input: PlacementInput) -> [PlanViolation] {
    var verifier = PlanVerifier(plan, input)
    verifier.run()
    return verifier.violations
}

/// Collects what `verify` finds.
struct PlanVerifier {
    /// Enough to see what is wrong; a broken plan would have one for each partition.
    static let most = 100

    private let plan: MovePlan
    private let input: PlacementInput
    private let request: Request
    private(set) var violations: [PlanViolation] = []

    /// The row of each change, −1 for a partition that is not in the input.
    private var rowOf: [Int] = []
    /// Lists at the end, by row; nil where nothing changes.
    private var lists: [[Int32]?] = []

    init(_ plan: MovePlan, _ input: PlacementInput) {
        (self.plan, self.input) = (plan, input)
        request = Request(input, plan.event, plan.options)
    }

    /// What lists break that come from elsewhere: nothing is known of an order of moves or of a report.
    static func judge(
        _ changes: [MovePlan.ListChange], _ event: PlacementEvent, _ options: PlanningOptions, _ input: PlacementInput
    ) -> [PlanViolation] {
        let plan = MovePlan(
            event: event, options: options, changes: changes, leadersFirst: [], moves: [], report: .none,
            inputDigest: "")
        var verifier = PlanVerifier(plan, input)
        verifier.readChanges()
        verifier.checkLists()
        return verifier.violations
    }

    private mutating func fail(_ rule: String, _ object: String, _ message: String) {
        if violations.count < Self.most { violations.append(.init(rule: rule, object: object, message: message)) }
    }

    mutating func run() {
        readChanges()
        // A plan for other partitions is not judged further.
        guard violations.isEmpty else { return }
        checkLists()
        checkMoves()
        checkReport()
        checkLeaders()
    }

    private func indices(_ ids: [NodeID]) -> [Int32]? {
        var found: [Int32] = []
        for id in ids {
            guard let index = input.brokerIndex(id) else { return nil }
            found.append(Int32(truncatingIfNeeded: index))
        }
        return found
    }

    private func old(_ row: Int) -> ArraySlice<Int32> { input.slots[input.range(row)] }

    private func final(_ row: Int) -> [Int32] { lists[row] ?? Array(old(row)) }

    private mutating func readChanges() {
        lists = Array(repeating: nil, count: input.partitionCount)
        var last: TopicPartition?
        for change in plan.changes {
            let name = change.partition.description
            guard let row = input.row(of: change.partition) else {
                fail("from", name, "is not among the partitions")
                rowOf.append(-1)
                continue
            }
            rowOf.append(row)
            if lists[row] != nil || last == change.partition { fail("from", name, "is listed twice") }
            last = change.partition
            if change.from != input.replicas(of: row) {
                fail("from", name, "has other replicas than the plan was made for")
            }
            guard let list = indices(change.to) else {
                fail("target", name, "goes to a broker that is not listed")
                continue
            }
            lists[row] = list
        }
    }

    // MARK: - Lists

    private mutating func checkLists() {
        var rule = SpreadRule(input, sites: input.brokers.indices.filter { !request.leaves[$0] })
        var removed = [Int64](repeating: 0, count: input.brokers.count)
        for row in input.sizes.indices {
            let old = Array(old(row))
            let new = final(row)
            let name = input.name(row)
            if new.count != request.factor[row] {
                fail("factor", name, "has \(counted(new.count, "replica")) instead of \(request.factor[row])")
            }
            if Set(new).count != new.count { fail("distinct", name, "has a broker twice") }
            for broker in new.lazy.map(Int.init) {
                if request.leaves[broker] {
                    fail("leaving", name, "stays on broker \(input.brokers[broker].id), which is to be empty")
                }
                if !request.mayReceive[broker], !old.contains(Int32(broker)) {
                    fail("target", name, "goes to broker \(input.brokers[broker].id), which may not receive")
                }
            }
            if request.ordered[row], new != old { fail("pinned", name, "is excluded, or has nothing in the range") }
            let sameSet = old.count == new.count && old.allSatisfy(new.contains)
            if request.stays[row], !sameSet { fail("pinned", name, "may not move") }
            // A list that was broken before and is left alone is the audit's business.
            if !sameSet { checkSpread(new, beside: old, name, &rule) }
            if !request.mandate.balances { unasked(row, old, new, &rule, &removed) }
        }
        let before = input.loads()
        var after = [Int64](repeating: 0, count: before.count)
        for row in input.sizes.indices {
            for broker in final(row) { after[Int(broker)] += input.sizes[row] }
        }
        for broker in after.indices where after[broker] > max(request.ceiling[broker], before[broker]) {
            fail(
                "disk", "broker \(input.brokers[broker].id)",
                "ends with \(ByteCount(after[broker])), above \(ByteCount(request.ceiling[broker]))")
        }
        // What nobody asked for may make room for what was asked for, and serves nothing else.
        for broker in removed.indices
        where removed[broker] > 0 && after[broker] + removed[broker] <= request.ceiling[broker] {
            fail("unasked", "broker \(input.brokers[broker].id)", "gives \(ByteCount(removed[broker])) that may stay")
        }
    }

    /// Hosts and racks of a list that changes: what arrives shares none without need, and what stays neither, where lists
    /// are mended or moved for balance.
    private mutating func checkSpread(_ new: [Int32], beside old: [Int32], _ name: String, _ rule: inout SpreadRule) {
        let isForced = !request.mandate.mends && !request.mandate.balances
        let kept = rule.isKept(new, judging: isForced ? new.filter { !old.contains($0) } : new)
        if !kept.host { fail("host", name, "shares a host without need") }
        if !kept.rack { fail("rack", name, "shares a rack without need") }
    }

    /// Adds up what brokers lose of `row` that nothing forces them to give.
    private func unasked(
        _ row: Int, _ old: [Int32], _ new: [Int32], _ rule: inout SpreadRule, _ removed: inout [Int64]
    ) {
        let staying = old.filter { !request.leaves[Int($0)] }
        let factor = request.factor[row]
        // Of a list that is mended all may move.
        if request.mandate.mends, rule.isKept(old, judging: old) != (true, true) { return }
        let kept = request.mandate.kept(of: staying.count, legal: staying.count, factor: factor)
        let gone = staying.filter { !new.contains($0) }
        // Which of a list's replicas goes is open: the one that goes beyond need is any of them.
        for broker in gone.dropFirst(staying.count - kept) { removed[Int(broker)] += input.sizes[row] }
    }

    // MARK: - Moves

    /// Replays the moves: lists in between, one new replica at a time, disks, what is copied.
    private mutating func checkMoves() {
        var lists = plan.changes.map(\.from)
        var copied: Int64 = 0
        var lastEnd = [Duration](repeating: .zero, count: plan.changes.count)
        var finished = [Bool](repeating: false, count: plan.changes.count)
        var leader = plan.changes.indices.map { index -> NodeID? in
            let present = input.presentLeader(rowOf[index])
            return present < 0 ? nil : input.brokers[Int(present)].id
        }
        for step in plan.leadersFirst {
            guard plan.changes.indices.contains(step.change), lists[step.change].contains(step.leader) else {
                fail("source", "leader step", "names a leader that is no replica")
                continue
            }
            leader[step.change] = step.leader
        }
        var events: [(time: Duration, isStart: Bool, broker: Int, bytes: Int64)] = []
        for (index, move) in plan.moves.enumerated() {
            guard plan.changes.indices.contains(move.change) else {
                fail("moves", "move \(index)", "belongs to no change")
                continue
            }
            let row = rowOf[move.change]
            let name = input.name(row)
            let size = input.sizes[row]
            if finished[move.change] { fail("moves", name, "is moved after its end") }
            if index > 0, move.start < plan.moves[index - 1].start { fail("moves", name, "is out of order") }
            if move.start < lastEnd[move.change] || move.end < move.start {
                fail("moves", name, "has two new replicas at a time")
            }
            lastEnd[move.change] = move.end
            let added = move.target.filter { !lists[move.change].contains($0) }
            if added.count > 1 || added.first != move.adding { fail("moves", name, "adds other replicas than it says") }
            if let source = move.source {
                let dead = input.brokerIndex(source).map { input.brokers[$0].state == .dead } ?? true
                if dead || !lists[move.change].contains(source) || source != leader[move.change] {
                    fail("source", name, "is copied from broker \(source), which does not lead it then")
                }
            }
            if let adding = move.adding, let broker = input.brokerIndex(adding) {
                copied += size
                if move.bytes.bytes != size {
                    fail("bytes", name, "counts \(move.bytes) instead of \(ByteCount(size))")
                }
                events.append((move.start, true, broker, size))
            }
            for gone in lists[move.change] where !move.target.contains(gone) {
                if let broker = input.brokerIndex(gone) { events.append((move.end, false, broker, -size)) }
                // Kafka then elects the first of the target's list that is in sync.
                if leader[move.change] == gone { leader[move.change] = move.target.first }
            }
            lists[move.change] = move.target
            finished[move.change] = move.target == plan.changes[move.change].to
        }
        for (index, change) in plan.changes.enumerated()
        where Set(lists[index]) != Set(change.to) || (lists[index] != change.from && lists[index] != change.to) {
            fail("moves", change.partition.description, "is not moved to its list")
        }
        if copied != plan.report.bytes.bytes {
            fail("bytes", "plan", "says \(plan.report.bytes) and copies \(ByteCount(copied))")
        }
        checkDisks(events)
    }

    /// What ends at an instant frees its space before what begins then takes any.
    private mutating func checkDisks(_ events: [(time: Duration, isStart: Bool, broker: Int, bytes: Int64)]) {
        var held = input.loads()
        let sorted = events.enumerated().sorted { a, b in
            a.element.time != b.element.time
                ? a.element.time < b.element.time
                : a.element.isStart != b.element.isStart ? b.element.isStart : a.offset < b.offset
        }
        for (_, event) in sorted {
            held[event.broker] += event.bytes
            if event.isStart, held[event.broker] > request.ceiling[event.broker] {
                fail(
                    "disk", "broker \(input.brokers[event.broker].id)",
                    "holds \(ByteCount(held[event.broker])) while data moves, above "
                        + "\(ByteCount(request.ceiling[event.broker]))")
            }
        }
    }

    // MARK: - What the plan says of itself

    private mutating func checkReport() {
        var options = plan.options
        if request.mandate.balances {
            options.tolerance = smallestTolerance(input, plan.event, options)
            if plan.report.tolerance != options.tolerance {
                fail("bound", "plan", "is planned with \(plan.report.tolerance), not disproved is \(options.tolerance)")
            }
        }
        let reached = plan.report.brokers.map { ($0.id, $0.bytesAfter) }
        let bound = Bounds(input, request, options, reached, of: plan.report.bytes.bytes) { [self] row in
            let new = final(row)
            return new.count == input.range(row).count && old(row).allSatisfy(new.contains)
        }.value
        if plan.report.lowerBound != bound.bytes {
            fail("bound", "plan", "claims a lower bound of \(plan.report.lowerBound), which is \(bound.bytes)")
        }
        if plan.report.bytes < bound.forcedBytes {
            fail("bound", "plan", "copies less than the request forces")
        }
        checkBrokers()
        var arriving = [Int64](repeating: 0, count: input.brokers.count)
        for move in plan.moves {
            if let broker = move.adding.flatMap(input.brokerIndex) { arriving[broker] += move.bytes.bytes }
        }
        for broker in arriving.indices {
            let rate = Int128(max(1, input.brokers[broker].downlink.bytesPerSecond))
            let least = Int64(clamping: Int128(arriving[broker]) * 1000 / rate)
            if plan.report.makespan < .milliseconds(least) {
                fail("bound", "broker \(input.brokers[broker].id)", "would receive faster than its port allows")
            }
        }
    }

    /// What the report says of each broker.
    private mutating func checkBrokers() {
        var after = [Int64](repeating: 0, count: input.brokers.count)
        for row in input.sizes.indices {
            for broker in final(row) { after[Int(broker)] += input.sizes[row] }
        }
        guard plan.report.brokers.map(\.id) == input.brokers.map(\.id) else {
            fail("report", "plan", "reports on other brokers than there are")
            return
        }
        let missed = plan.report.missedBands.map(\.broker)
        for (index, broker) in plan.report.brokers.enumerated() {
            if broker.bytesAfter.bytes != after[index] {
                fail("report", "broker \(broker.id)", "ends with \(ByteCount(after[index])), not \(broker.bytesAfter)")
            }
            if broker.fair != nil, !(broker.low...max(broker.low, broker.high)).contains(broker.bytesAfter),
                !missed.contains(broker.id)
            {
                fail("report", "broker \(broker.id)", "ends outside its band, which is not said")
            }
        }
    }

    private mutating func checkLeaders() {
        var led = [Int](repeating: 0, count: input.brokers.count)
        let certificate = plan.report.leaders
        let crowded = Set(certificate.crowded.compactMap(input.brokerIndex))
        let sparse = Set(certificate.sparse.compactMap(input.brokerIndex))
        let quiet = plan.options.withoutLeaders
        for row in input.sizes.indices {
            let list = final(row)
            let leader = request.ordered[row] ? input.presentLeader(row) : list.first ?? -1
            guard leader >= 0 else { continue }
            led[Int(leader)] += 1
            let living = list.map(Int.init).filter { input.brokers[$0].state != .dead }
            var able = living.filter { !quiet.contains(input.brokers[$0].id) }
            if able.isEmpty { able = living }
            if request.ordered[row] || living.isEmpty { able = [Int(leader)] }
            if living.isEmpty, list != Array(old(row)), Set(list) == Set(old(row)) {
                fail("leaders", input.name(row), "has dead replicas only, and their order changes")
            }
            if !able.contains(Int(leader)) { fail("leaders", input.name(row), "is led by a broker that may not lead") }
            if crowded.contains(Int(leader)), !able.allSatisfy(crowded.contains) {
                fail("leaders", input.name(row), "could be led outside the brokers said to be crowded")
            }
            if !sparse.contains(Int(leader)), able.contains(where: sparse.contains) {
                fail("leaders", input.name(row), "could be led by one of the brokers said to be sparse")
            }
        }
        let able = input.brokers.indices.filter {
            input.brokers[$0].state != .dead && !request.leaves[$0] && !quiet.contains(input.brokers[$0].id)
        }
        let most = able.map { led[$0] }.max() ?? 0
        let fewest = able.map { led[$0] }.min() ?? 0
        if most != certificate.most || fewest != certificate.fewest {
            fail(
                "leaders", "plan",
                "says brokers lead \(certificate.fewest) to \(certificate.most), they lead \(fewest) to \(most)")
        }
        guard most - fewest > 1 else { return }
        let mostMean = crowded.isEmpty ? 0 : (crowded.reduce(0) { $0 + led[$1] } + crowded.count - 1) / crowded.count
        let fewestMean = sparse.isEmpty ? Int.max : sparse.reduce(0) { $0 + led[$1] } / sparse.count
        if mostMean < most { fail("leaders", "plan", "does not prove that a broker must lead \(most)") }
        if fewestMean > fewest { fail("leaders", "plan", "does not prove that a broker can lead only \(fewest)") }
    }
}

extension PlanReport {
    /// Nothing that could be judged.
    fileprivate static let none = PlanReport(
        bytes: .zero, lowerBound: .zero, replicasMoved: 0, detourBytes: .zero, makespan: .zero, makespanBound: .zero,
        brokers: [], missedBands: [], tolerance: PerMille(0), achievedTolerance: PerMille(0), window: 0,
        leaders: LeaderCertificate(most: 0, fewest: 0, crowded: [], sparse: [], changes: 0),
        audit: .init(hostsBefore: 0, hostsAfter: 0, racksBefore: 0, racksAfter: 0), notes: [])
}
