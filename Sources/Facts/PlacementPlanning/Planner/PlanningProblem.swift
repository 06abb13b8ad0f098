import FleetModel

/// A request against an input, resolved to indices and checked: who leaves, who may receive, what may move.
struct PlanningProblem {
    let input: PlacementInput
    let event: PlacementEvent
    let options: PlanningOptions

    /// Brokers that must hold nothing at the end.
    private(set) var leaving: [Bool]
    /// Brokers that may receive replicas.
    private(set) var target: [Bool]
    /// Brokers whose bytes the fair shares are worked out for.
    private(set) var member: [Bool]
    /// Brokers that may lead.
    private(set) var mayLead: [Bool]
    /// Replicas that each partition is to have.
    private(set) var factor: [Int32]
    /// Partitions whose replicas stay.
    private(set) var frozen: [Bool]
    /// Partitions whose order and leader stay too.
    private(set) var untouchable: [Bool]
    /// Brokers among which a rebalance moves data, where it is not all of them.
    private var range: [Bool]?
    /// Bytes that no plan exceeds on a broker; `Int64.max` without a known capacity.
    private(set) var ceiling: [Int64]
    /// What the event lets a plan move.
    let mandate: Mandate
    /// How far a broker may lie from its share: what was asked for, or the smallest that is not disproved.
    let tolerance: PerMille
    /// How many replicas a host and a rack may hold.
    private(set) var limits: SpreadLimits
    /// What the plan's reader should know.
    private(set) var notes: [String] = []

    init(_ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions) throws(PlanningRefusal) {
        (self.input, self.event, self.options) = (input, event, options)
        let brokers = input.brokers
        guard !brokers.isEmpty else {
            throw PlanningRefusal(code: "empty", "the cluster has no broker", remedy: "give a snapshot with brokers")
        }
        leaving = [Bool](repeating: false, count: brokers.count)
        target = brokers.map { $0.state == .live && $0.weight > 0 }
        member = brokers.map { $0.state == .live }
        ceiling = brokers.map { Self.ceiling($0.capacity, options.headroom) }
        factor = (0..<input.partitionCount).map { Int32(truncatingIfNeeded: input.range($0).count) }
        mandate = Mandate(event)
        tolerance = mandate.balances ? smallestTolerance(input, event, options) : options.tolerance
        mayLead = brokers.map { $0.state != .dead }
        frozen = []
        untouchable = []
        limits = SpreadLimits(hostOf: [], rackOf: [], hostCount: 0, rackCount: 0, largest: 0) { _ in false }

        try resolveEvent()
        try freeze()
        let withoutLeaders = try indices(options.withoutLeaders)
        for index in withoutLeaders { mayLead[index] = false }
        for index in brokers.indices where leaving[index] {
            (target[index], member[index], mayLead[index]) = (false, false, false)
        }
        try checkTargets()
        try checkFactors()
        if tolerance > options.tolerance {
            notes.append(
                "no placement brings every broker within \(options.tolerance) of its share: partitions are too large to "
                    + "be spread so evenly; planned with \(tolerance), the smallest tolerance that is not disproved")
        }
    }

    /// Whether the replica in `slot` of `layout` may move for balance's sake: a broker outside the sharing keeps what it
    /// had, whatever its state.
    func mayMove(_ row: Int, _ slot: Int, _ layout: Layout) -> Bool {
        let broker = layout.slots[slot]
        return !frozen[row] && (broker < 0 || member[Int(broker)] || !layout.isOriginal(row, broker))
    }

    /// Leaves the replicas of `row` where they are: its list breaks the spread and can't be mended.
    mutating func leave(_ row: Int) { frozen[row] = true }

    /// The bytes of `capacity` less the headroom.
    static func ceiling(_ capacity: ByteCount?, _ headroom: PerMille) -> Int64 {
        guard let capacity else { return .max }
        return capacity.bytes - scaled(capacity.bytes, min(1000, headroom.thousandths), 1000)
    }

    /// `value` · `numerator` / `denominator` without overflow on the way.
    static func scaled(_ value: Int64, _ numerator: Int64, _ denominator: Int64) -> Int64 {
        Int64(clamping: Int128(value) * Int128(numerator) / Int128(max(1, denominator)))
    }

    private func indices(_ ids: [NodeID]) throws(PlanningRefusal) -> [Int] {
        var found: [Int] = []
        var unknown: [NodeID] = []
        for id in ids {
            if let index = input.brokerIndex(id) { found.append(index) } else { unknown.append(id) }
        }
        guard unknown.isEmpty else {
            throw PlanningRefusal(
                code: "unknown-broker", "there is no broker \(unknown.map(\.description).joined(separator: ", "))",
                remedy: "name brokers of the cluster: \(Self.summary(input.brokers.map(\.id)))")
        }
        return found
    }

    private static func summary(_ ids: [NodeID]) -> String {
        let shown = ids.prefix(20).map(\.description).joined(separator: ", ")
        return ids.count > 20 ? "\(shown), … (\(ids.count))" : shown
    }

    private mutating func resolveEvent() throws(PlanningRefusal) {
        switch event {
        case .drain(let brokers, let onto):
            for index in try indices(brokers) { leaving[index] = true }
            try restrict(to: onto)
        case .rebalance(let among):
            range = try restrict(to: among)
        case .replace(let old, let new):
            for index in try indices([old]) { leaving[index] = true }
            try restrict(to: .only([new]))
        case .replicationFactor(let topics, let wanted):
            guard (1...PlacementInput.maximumReplicas).contains(wanted) else {
                throw PlanningRefusal(
                    code: "factor", "a replication factor of \(wanted) is impossible",
                    remedy: "choose 1 to \(input.brokers.count)")
            }
            let selected = try selection(topics)
            for row in factor.indices where selected[Int(input.topicOf[row])] {
                factor[row] = Int32(truncatingIfNeeded: wanted)
            }
            noteWithoutSpare(wanted, selected)
        case .repairSpread, .leaders: break
        }
    }

    /// A list of no more replicas than `min.insync.replicas` serves only while all of them do; Kafka takes it silently.
    private mutating func noteWithoutSpare(_ wanted: Int, _ selected: [Bool]) {
        let thin = input.topics.indices.filter {
            selected[$0] && input.minInSync[input.topics[$0]].map { wanted <= Int($0) } ?? false
        }
        guard let first = thin.first else { return }
        let names = thin.prefix(5).map { input.topics[$0] }.joined(separator: ", ") + (thin.count > 5 ? ", …" : "")
        let subject = thin.count == 1 ? "topic \(input.topics[first]) has" : "\(thin.count) topics (\(names)) have"
        let isFewer = thin.contains { input.minInSync[input.topics[$0]].map { wanted < Int($0) } ?? false }
        notes.append(
            "\(subject) a min.insync.replicas that leaves \(counted(wanted, "replica")) no spare: producers with acks=all wait "
                + (isFewer ? "while any is away, and before Kafka 3.7 always" : "while any is away")
                + "; lower it with kafka-configs.sh, or choose a higher factor")
    }

    /// Lets nobody else receive or share; who was chosen, nil for all.
    @discardableResult private mutating func restrict(to selection: BrokerSelection) throws(PlanningRefusal) -> [Bool]?
    {
        guard case .only(let ids) = selection else { return nil }
        let chosen = try indices(ids)
        var isChosen = [Bool](repeating: false, count: input.brokers.count)
        for index in chosen {
            if leaving[index] {
                throw PlanningRefusal(
                    code: "range", "broker \(input.brokers[index].id) is to be drained and to receive at once",
                    remedy: "leave it out of the targets")
            }
            if input.brokers[index].state != .live {
                notes.append("broker \(input.brokers[index].id) is \(input.brokers[index].state.rawValue): no target")
            }
            isChosen[index] = true
        }
        for index in target.indices where !isChosen[index] { (target[index], member[index]) = (false, false) }
        return isChosen
    }

    private func selection(_ topics: TopicSelection) throws(PlanningRefusal) -> [Bool] {
        switch topics {
        case .all: return [Bool](repeating: true, count: input.topics.count)
        case .only(let names):
            var selected = [Bool](repeating: false, count: input.topics.count)
            for name in names {
                guard let index = input.topicIndex(name) else {
                    throw PlanningRefusal(
                        code: "unknown-topic", "there is no topic '\(name)'", remedy: "name topics of the cluster")
                }
                selected[index] = true
            }
            return selected
        }
    }

    /// Names that match no topic are no mistake here: a list of pins outlives its topics.
    private mutating func freeze() throws(PlanningRefusal) {
        var pinned = [Bool](repeating: false, count: input.topics.count)
        var excluded = pinned
        for index in options.pinnedTopics.compactMap(input.topicIndex) { pinned[index] = true }
        for index in options.excludedTopics.compactMap(input.topicIndex) { excluded[index] = true }
        let chosen = input.isSelected(options.partitions)
        untouchable = input.topicOf.indices.map { row in
            !chosen[row] || excluded[Int(input.topicOf[row])] || liesOutside(row)
        }
        frozen = input.topicOf.indices.map {
            untouchable[$0] || pinned[Int(input.topicOf[$0])] || !mandate.moves
        }
        var stuck: [String] = []
        var count = 0
        var (isPinned, isExcluded, isUnchosen) = (false, false, false)
        for row in frozen.indices where pinned[Int(input.topicOf[row])] || untouchable[row] {
            if input.slots[input.range(row)].contains(where: { leaving[Int($0)] }) {
                count += 1
                if stuck.count < 5 { stuck.append(input.name(row)) }
                isPinned = isPinned || pinned[Int(input.topicOf[row])]
                isExcluded = isExcluded || excluded[Int(input.topicOf[row])]
                isUnchosen = isUnchosen || !chosen[row]
            } else if factor[row] != Int32(input.range(row).count) {
                factor[row] = Int32(truncatingIfNeeded: input.range(row).count)
            }
        }
        guard count == 0 else {
            let ways = [
                isPinned ? "take their topics out of --pin, or into the file of --topics-to-move" : nil,
                isExcluded ? "take their topics out of --exclude" : nil,
                isUnchosen ? "take them into the file of --only-partitions" : nil,
            ]
            throw PlanningRefusal(
                code: "pinned",
                "\(counted(count, "partition")) pinned, excluded or not chosen \(count == 1 ? "lies" : "lie") on brokers that leave",
                objects: stuck, count: count,
                remedy: "let these move too: " + ways.compactMap { $0 }.joined(separator: "; "))
        }
    }

    /// Whether a rebalance of a range has nothing to do with the partition: no replica of it lies there.
    private func liesOutside(_ row: Int) -> Bool {
        guard let range else { return false }
        return !input.slots[input.range(row)].contains { range[Int($0)] }
    }

    private func checkTargets() throws(PlanningRefusal) {
        guard mandate.moves, input.partitionCount > 0, !target.contains(true) else { return }
        // Leaving brokers that hold nothing can go even when nothing could receive.
        let anyLeaves = input.slots.contains { leaving[Int($0)] }
        guard anyLeaves || mandate.balances else { return }
        throw PlanningRefusal(
            code: "targets", "no broker is left that could receive data",
            remedy: "add a broker, or name a range FIRST LAST with brokers that are live and have a weight above 0")
    }

    private mutating func checkFactors() throws(PlanningRefusal) {
        let remaining = leaving.count { !$0 }
        let largest = Int(factor.max() ?? 0)
        let brokers = input.brokers.count
        limits = SpreadLimits(
            hostOf: input.hostOf, rackOf: input.rackOf, hostCount: input.hostCount, rackCount: input.rackCount,
            largest: largest
        ) { [leaving] in !leaving[$0] }
        guard mandate.moves, largest > 0 else { return }
        var reasons: [PlanningRefusal.Reason] = []
        let beyond = rows { Int(self.factor[$0]) > remaining && !self.frozen[$0] }
        if beyond.count > 0 {
            reasons.append(
                .init(
                    code: "factor",
                    message:
                        "\(counted(beyond.count, "partition")) should have up to \(counted(largest, "replica")), and "
                        + "\(counted(remaining, "broker")) can hold them",
                    objects: beyond.examples, count: beyond.count,
                    remedy:
                        "add \(counted(largest - remaining, "broker")), or lower these topics' factor to \(remaining)"))
        } else if leaving.contains(true) {
            let before = SpreadLimits(
                hostOf: input.hostOf, rackOf: input.rackOf, hostCount: input.hostCount, rackCount: input.rackCount,
                largest: largest
            ) { _ in true }
            for (domain, kind, before, after) in [
                (SpreadDomain.hosts, "host", before.host, limits.host), (.racks, "rack", before.rack, limits.rack),
            ] where !options.narrower.contains(domain) {
                let narrowed = rows { row in
                    let factor = Int(self.factor[row])
                    return after[factor] > before[factor] && !self.frozen[row]
                        && self.input.slots[self.input.range(row)].contains { self.leaving[Int($0)] }
                }
                guard narrowed.count > 0 else { continue }
                let domains = Set(
                    (0..<brokers).filter { !leaving[$0] }.map {
                        domain == .hosts ? input.hostOf[$0] : input.rackOf[$0]
                    })
                let wanted = narrowed.largestFactor
                reasons.append(
                    .init(
                        code: domain.rawValue,
                        message:
                            "\(counted(narrowed.count, "partition")) with up to \(counted(wanted, "replica")) would have to share "
                            + "\(kind)s: \(counted(domains.count, kind)) \(domains.count == 1 ? "remains" : "remain")",
                        objects: narrowed.examples, count: narrowed.count,
                        remedy:
                            "add \(counted(max(1, wanted - domains.count), kind)), or lower these topics' factor to "
                            + "\(domains.count), or accept the narrower spread with --accept \(domain.rawValue)"))
            }
        }
        if !reasons.isEmpty { throw PlanningRefusal(reasons) }
    }

    /// Partitions that meet a condition: how many, the first few topics, the largest factor among them.
    func rows(_ condition: (Int) -> Bool) -> (count: Int, examples: [String], largestFactor: Int) {
        var count = 0
        var largest: Int32 = 0
        var topics: [Int32] = []
        for row in factor.indices where condition(row) {
            count += 1
            largest = max(largest, factor[row])
            if topics.count < 5, topics.last != input.topicOf[row] { topics.append(input.topicOf[row]) }
        }
        return (count, topics.map { "topic \(input.topics[Int($0)])" }, Int(largest))
    }
}
