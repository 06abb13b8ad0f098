import FleetModel

/// Makes a plan of a finished layout: leaders, order of lists, schedule, report.
struct PlanBuilder {
    private let problem: PlanningProblem
    private var layout: Layout
    private let bands: Bands
    private let input: PlacementInput

    init(_ problem: PlanningProblem, _ layout: Layout, _ bands: Bands) {
        (self.problem, self.layout, self.bands, input) = (problem, layout, bands, problem.input)
    }

    /// `leadershipLast`: copies come from today's leaders, for comparison.
    func plan(leadershipLast: Bool = false) throws(PlanningRefusal) -> MovePlan {
        let leaders = balanceLeaders()
        let copies = copyCounts()
        let inbound = inboundBound(copies)
        let changing = copies.indices.filter { copies[$0] != 0 }.map { Int32(truncatingIfNeeded: $0) }
        let counts = changing.map { max(0, copies[Int($0)]) }
        let sources = try SourceChoice(
            problem, rows: changing, copies: counts, reachable: inbound / 2, fixed: leadershipLast)
        var sourceOf = [Int32](repeating: -1, count: input.partitionCount)
        for (index, row) in changing.enumerated() { sourceOf[Int(row)] = sources.source[index] }
        let transfers = TransferList(layout) { sourceOf[$0] }
        // In 128 bits nothing overflows on the way; a plan of centuries is cut to what fits.
        let bound = min(.max / 4, max(inbound, sources.uplinkBound, chainBound(transfers, sources.source)))
        let simulation = try simulate(transfers, sources.source, bound)

        let lists = finalLists(leaders.leader)
        var changes: [MovePlan.ListChange] = []
        // Lists whose order alone changes come on top.
        changes.reserveCapacity(changing.count * 2)
        var changeOf = [Int32](repeating: -1, count: input.partitionCount)
        for row in input.sizes.indices {
            let old = input.slots[input.range(row)]
            let new = lists[layout.range(row)]
            guard !old.elementsEqual(new) else { continue }
            changeOf[row] = Int32(truncatingIfNeeded: changes.count)
            changes.append(.init(partition: input.partition(row), from: ids(old), to: ids(new)))
        }
        let first = leadersFirst(simulation, sources.source, changeOf)
        let moves = moves(simulation, sources.source, changeOf, lists)
        let report = report(leaders, lists, simulation, bound)
        return MovePlan(
            event: problem.event, options: problem.options, changes: changes, leadersFirst: first, moves: moves,
            report: report, inputDigest: PlanDigest.of(input))
    }

    /// The placement once the plan is carried out.
    func outcome() -> PlacementInput {
        let lists = finalLists(balanceLeaders().leader)
        var outcome = input
        outcome.slots = lists
        outcome.offsets = layout.offsets
        for row in input.sizes.indices where !problem.untouchable[row] {
            outcome.leaders[row] = lists[layout.range(row)].first ?? -1
        }
        return outcome
    }

    /// Replicas that move: of which row, from where, to where.
    func moved() -> [(row: Int, from: Int32, to: Int32)] {
        var moved: [(row: Int, from: Int32, to: Int32)] = []
        for row in input.sizes.indices {
            let gone = input.slots[input.range(row)].filter { layout.slot(of: row, on: $0) < 0 }
            let come = layout.slots[layout.range(row)].filter { !layout.isOriginal(row, $0) }
            for (from, to) in zip(gone, come) { moved.append((row, from, to)) }
        }
        return moved
    }

    /// Has the replicas of `moved` go on.
    mutating func adopt(_ moved: [(row: Int, from: Int32, to: Int32)]) {
        for move in moved {
            let slot = layout.slot(of: move.row, on: move.from)
            if slot >= 0 { layout.put(move.row, slot, move.to) }
        }
    }

    /// The same with fewer bytes moved to an end as good, where `balancing` finds that.
    func bettered(_ balancing: Balancing) -> PlanBuilder? {
        guard let shorter = balancing.bettered(layout) else { return nil }
        var bettered = self
        bettered.layout = shorter
        return bettered
    }

    /// The smallest window that brings the makespan near its bound, else the one that brings it nearest: fewer copies
    /// under way mean less disk in use, fewer partitions behind, less to take back.
    private func simulate(
        _ transfers: TransferList, _ source: [Int32], _ bound: Int64
    ) throws(PlanningRefusal) -> FluidSimulation {
        var best: FluidSimulation?
        let load = input.loads()
        var transfers = transfers
        var detours = 0
        var columns = CopyColumns(input, transfers, source: source)
        let isEqual = columns.size.max() == columns.size.min()
        for window in CopyWindow.all {
            // Rounds are for copies of one size; of many others they are not worth their time.
            if window.order == .rounds, !isEqual, transfers.chain.count > Self.mostInRounds { continue }
            while true {
                var simulation = FluidSimulation(
                    problem, transfers, columns, source: source, load: load, bound: bound, window: window)
                let outcome = try simulation.run { row, replaced, broker in
                    let slot = layout.slot(of: row, on: replaced)
                    return slot >= 0 && layout.isLegal(row, slot, broker)
                }
                if case .needsDetour(let copy, let refuge) = outcome {
                    detours += 1
                    guard detours <= Self.mostDetours else {
                        throw PlanningRefusal(
                            code: "disk-order",
                            "disks are so full that more than \(Self.mostDetours) ways round are needed",
                            remedy: "free or add disk space on the targets")
                    }
                    transfers.insertDetour(copy, by: refuge)
                    columns = CopyColumns(input, transfers, source: source)
                    continue
                }
                if simulation.makespan < best?.makespan ?? .max { best = simulation }
                break
            }
            if let best, best.makespan <= bound + bound / 25 || transfers.chain.count > Self.mostCopies { return best }
        }
        guard let best else { throw PlanningRefusal(code: "schedule", "no schedule was found", remedy: "report this") }
        return best
    }

    /// Ways round for want of disk; a plan that needs more is better made after disks were added.
    private static let mostDetours = 256

    /// Copies of several sizes above which rounds are not tried.
    private static let mostInRounds = 20_000

    /// Copies above which other ways are not tried: the time to plan counts too.
    private static let mostCopies = 200_000

    private func ids(_ brokers: some Sequence<Int32>) -> [NodeID] { brokers.map { input.brokers[Int($0)].id } }

    // MARK: - Leaders

    private func balanceLeaders() -> LeaderBalance {
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(input.partitionCount + 1)
        var candidates: [Int32] = []
        candidates.reserveCapacity(layout.slots.count)
        var present: [Int32] = []
        present.reserveCapacity(input.partitionCount)
        for row in input.sizes.indices {
            let leader = input.presentLeader(row)
            let slots = layout.slots[layout.range(row)]
            if problem.untouchable[row] {
                if leader >= 0 { candidates.append(leader) }
            } else {
                let start = candidates.count
                for broker in slots where problem.mayLead[Int(broker)] { candidates.append(broker) }
                // Where nobody else holds it, a broker that should not lead does; where all are dead, nothing changes.
                if candidates.count == start {
                    for broker in slots where input.brokers[Int(broker)].state != .dead { candidates.append(broker) }
                }
                if candidates.count == start { candidates.append(contentsOf: slots.prefix(1)) }
            }
            let own = candidates[Int(offsets[row])...]
            present.append(own.contains(leader) ? leader : -1)
            offsets.append(Int32(truncatingIfNeeded: candidates.count))
        }
        var balance = LeaderBalance(
            isJudged: problem.mayLead, offsets: offsets, candidates: candidates, present: present)
        balance.run()
        return balance
    }

    /// The layout's slots with each leader in front; the others keep their order.
    private func finalLists(_ leader: [Int32]) -> [Int32] {
        var lists = layout.slots
        for row in input.sizes.indices where !problem.untouchable[row] {
            let range = layout.range(row)
            guard leader[row] >= 0, let slot = range.first(where: { lists[$0] == leader[row] }) else { continue }
            var position = slot
            while position > range.lowerBound {
                lists[position] = lists[position - 1]
                position -= 1
            }
            lists[range.lowerBound] = leader[row]
        }
        return lists
    }

    // MARK: - Bounds of time

    /// How many copies each partition needs; −1 where replicas only go.
    private func copyCounts() -> [Int32] {
        input.sizes.indices.map { row in
            var copies: Int32 = 0
            for slot in layout.range(row) where !layout.isOriginal(row, layout.slots[slot]) { copies += 1 }
            if copies == 0, layout.range(row).count < input.range(row).count { return -1 }
            return copies
        }
    }

    private func inboundBound(_ copies: [Int32]) -> Int64 {
        var inbound = [Int64](repeating: 0, count: input.brokers.count)
        for row in copies.indices where copies[row] > 0 {
            for slot in layout.range(row) where !layout.isOriginal(row, layout.slots[slot]) {
                inbound[Int(layout.slots[slot])] += input.sizes[row]
            }
        }
        return inbound.indices.map { Ports.milliseconds(inbound[$0], input.brokers[$0].downlink.bytesPerSecond) }.max()
            ?? 0
    }

    /// One partition's copies follow each other.
    private func chainBound(_ transfers: TransferList, _ source: [Int32]) -> Int64 {
        var bound: Int64 = 0
        for chain in transfers.rows.indices where source[chain] >= 0 {
            let up = input.brokers[Int(source[chain])].uplink.bytesPerSecond
            var time: Int64 = 0
            for copy in Int(transfers.chainStart[chain])..<Int(transfers.chainStart[chain + 1])
            where transfers.adding[copy] >= 0 {
                let down = input.brokers[Int(transfers.adding[copy])].downlink.bytesPerSecond
                let step = Ports.milliseconds(input.sizes[Int(transfers.rows[chain])], min(up, down))
                time = time.addingReportingOverflow(step).overflow ? .max : time + step
            }
            bound = max(bound, time)
        }
        return bound
    }

    // MARK: - Steps

    private func leadersFirst(
        _ simulation: FluidSimulation, _ source: [Int32], _ changeOf: [Int32]
    ) -> [MovePlan.LeaderStep] {
        simulation.transfers.rows.enumerated().compactMap { chain, row in
            guard source[chain] >= 0, source[chain] != input.presentLeader(Int(row)), changeOf[Int(row)] >= 0 else {
                return nil
            }
            return .init(change: Int(changeOf[Int(row)]), leader: input.brokers[Int(source[chain])].id)
        }
    }

    private func moves(
        _ simulation: FluidSimulation, _ source: [Int32], _ changeOf: [Int32], _ lists: [Int32]
    ) -> [MovePlan.Move] {
        let transfers = simulation.transfers
        return simulation.order.lazy.map(Int.init).map { copy in
            let chain = Int(transfers.chain[copy])
            let row = Int(transfers.rows[chain])
            let adding = transfers.adding[copy]
            return MovePlan.Move(
                change: Int(changeOf[row]), adding: adding < 0 ? nil : input.brokers[Int(adding)].id,
                source: adding < 0 ? nil : input.brokers[Int(source[chain])].id,
                target: target(transfers, copy, chain, row, lists),
                bytes: adding < 0 ? .zero : ByteCount(input.sizes[row]),
                wave: copy - Int(transfers.chainStart[chain]) + 1, start: .milliseconds(simulation.start[copy]),
                end: .milliseconds(simulation.end[copy]))
        }
    }

    /// The list once `copy` is done: brokers of later steps are still the ones that they replace.
    private func target(
        _ transfers: TransferList, _ copy: Int, _ chain: Int, _ row: Int, _ lists: [Int32]
    ) -> [NodeID] {
        let last = Int(transfers.chainStart[chain + 1])
        if copy + 1 == last { return ids(lists[layout.range(row)]) }
        var list = Array(lists[layout.range(row)])
        for later in ((copy + 1)..<last).reversed() where transfers.adding[later] >= 0 {
            guard let position = list.firstIndex(of: transfers.adding[later]) else { continue }
            if transfers.dropping[later] >= 0 {
                list[position] = transfers.dropping[later]
            } else {
                list.remove(at: position)
            }
        }
        return ids(
            list + transfers.surplus[Int(transfers.surplusStart[chain])..<Int(transfers.surplusStart[chain + 1])])
    }

    // MARK: - Report

    private func report(
        _ leaders: LeaderBalance, _ lists: [Int32], _ simulation: FluidSimulation, _ bound: Int64
    ) -> PlanReport {
        let before = input.loads()
        var leadersBefore = [Int](repeating: 0, count: before.count)
        var replicasBefore = leadersBefore
        var changes = 0
        for row in input.sizes.indices {
            let leader = input.presentLeader(row)
            if leader >= 0 { leadersBefore[Int(leader)] += 1 }
            if leader != leaders.leader[row] { changes += 1 }
            for slot in input.range(row) { replicasBefore[Int(input.slots[slot])] += 1 }
        }
        var moved: Int64 = 0
        var replicas = 0
        var detours: Int64 = 0
        for copy in simulation.transfers.chain.indices where simulation.transfers.adding[copy] >= 0 {
            let row = Int(simulation.transfers.rows[Int(simulation.transfers.chain[copy])])
            moved += input.sizes[row]
            replicas += 1
            if layout.slot(of: row, on: simulation.transfers.adding[copy]) < 0 { detours += input.sizes[row] }
        }
        let brokers = input.brokers.indices.map { broker in
            PlanReport.Broker(
                id: input.brokers[broker].id, host: input.brokers[broker].host, rack: input.brokers[broker].rack,
                role: problem.leaving[broker] ? .leaving : problem.target[broker] ? .target : .bystander,
                bytesBefore: ByteCount(before[broker]),
                bytesAfter: ByteCount(layout.load[broker]), replicasBefore: replicasBefore[broker],
                replicasAfter: Int(layout.count[broker]), leadersBefore: leadersBefore[broker],
                leadersAfter: Int(leaders.count[broker]),
                fair: bands.member[broker] ? ByteCount(bands.fair[broker]) : nil, low: ByteCount(bands.low[broker]),
                high: ByteCount(bands.high[broker]), peak: ByteCount(simulation.peak[broker]),
                ceiling: problem.ceiling[broker] == .max ? nil : ByteCount(problem.ceiling[broker]))
        }
        let missed = MissedBands(problem, layout, bands).all
        var judged = problem.options
        judged.tolerance = problem.tolerance
        let reached = brokers.map { ($0.id, $0.bytesAfter) }
        let lower = Bounds(input, Request(input, problem.event, judged), judged, reached, of: moved) { row in
            self.hasSameSet(row)
        }.value
        return PlanReport(
            bytes: ByteCount(moved), lowerBound: lower.bytes, replicasMoved: replicas, detourBytes: ByteCount(detours),
            makespan: .milliseconds(simulation.makespan), makespanBound: .milliseconds(min(bound, .max / 2)),
            brokers: brokers, missedBands: missed, tolerance: problem.tolerance,
            achievedTolerance: achievedTolerance(), window: Int(simulation.window.copies),
            leaders: certificate(leaders, changes), audit: SpreadAudit(problem, layout).audit,
            notes: input.notes + problem.notes)
    }

    private func hasSameSet(_ row: Int) -> Bool {
        layout.range(row).count == input.range(row).count
            && layout.range(row).allSatisfy { layout.isOriginal(row, layout.slots[$0]) }
    }

    private func achievedTolerance() -> PerMille {
        var worst: Int64 = 0
        for broker in bands.fair.indices where bands.member[broker] && bands.fair[broker] > 0 {
            let off = abs(layout.load[broker] - bands.fair[broker])
            worst = max(
                worst,
                Int64(clamping: (Int128(off) * 1000 + Int128(bands.fair[broker]) - 1) / Int128(bands.fair[broker])))
        }
        return PerMille(worst)
    }

    private func certificate(_ leaders: LeaderBalance, _ changes: Int) -> LeaderCertificate {
        let brokers = leaders.count.indices.filter { problem.mayLead[$0] }
        let most = brokers.map { leaders.count[$0] }.max() ?? 0
        let fewest = brokers.map { leaders.count[$0] }.min() ?? 0
        var (crowded, sparse): ([Int], [Int]) = ([], [])
        if most - fewest > 1 {
            crowded = leaders.closure(from: brokers.filter { leaders.count[$0] == most })
            sparse = leaders.closure(to: brokers.filter { leaders.count[$0] == fewest })
        }
        func ids(_ brokers: [Int]) -> [NodeID] { brokers.map { input.brokers[$0].id } }
        return LeaderCertificate(
            most: Int(most), fewest: Int(fewest), crowded: ids(crowded), sparse: ids(sparse), changes: changes)
    }
}

extension PlacementInput {
    /// Bytes on each broker.
    func loads() -> [Int64] {
        var loads = [Int64](repeating: 0, count: brokers.count)
        for row in sizes.indices {
            for slot in range(row) { loads[Int(slots[slot])] += sizes[row] }
        }
        return loads
    }
}
