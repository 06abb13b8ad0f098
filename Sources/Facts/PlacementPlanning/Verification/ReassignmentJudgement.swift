public import FleetModel

/// What a reassignment that another tool made does to a placement, and which rules it breaks: judged by the rules that
/// Gantry's own plans are judged by.
///
/// `kafka-reassign-partitions.sh` hands a whole file to the cluster at once, so every broker holds what it had and all
/// that arrives until the last copy is there, and each partition is copied from its leader of now.
public struct ReassignmentJudgement: Sendable {
    /// One broker before and after.
    public struct Broker: Hashable, Sendable {
        /// The broker.
        public var id: NodeID
        /// Bytes before.
        public var bytesBefore: Int64 = 0
        /// Bytes after.
        public var bytesAfter: Int64 = 0
        /// Replicas before.
        public var replicasBefore = 0
        /// Replicas after.
        public var replicasAfter = 0
        /// Partitions led before.
        public var leadersBefore = 0
        /// Partitions whose preferred leader it is after; of those that are not named, what it leads now.
        public var leadersAfter = 0
        /// What it had and all that arrives: the most it holds while everything is copied at once.
        public var peak: Int64 = 0
    }

    /// Partitions whose list changes, by topic and number.
    public let changes: [MovePlan.ListChange]
    /// Partitions that are named and have that list already.
    public let unchanged: Int
    /// Replicas that are copied.
    public let replicasMoved: Int
    /// Bytes of these.
    public let bytes: ByteCount
    /// What no plan for the request undercuts; nil where no request was named.
    public let lowerBound: ByteCount?
    /// No schedule of these copies is faster, each partition being copied from its present leader.
    public let makespanBound: Duration
    /// Partitions that get another preferred leader.
    public let leaderChanges: Int
    /// Every broker, by id.
    public let brokers: [Broker]
    /// Rules that are broken: such a reassignment is not to be executed. At most a hundred.
    public let violations: [PlanViolation]
    /// What is allowed and falls short of the request: replicas that move and could stay (`unasked`), brokers that a
    /// rebalance leaves outside their band (`band`).
    public let shortcomings: [PlanViolation]

    /// Judges `rows` on `input`, for `event` where one is named; otherwise anything may move, and every list keeps its
    /// length.
    /// - Throws: `PlanningRefusal` for an event that makes no sense here: a broker that there is not, too few hosts.
    public init(
        _ rows: [Reassignment], _ input: PlacementInput, for event: PlacementEvent?,
        _ options: PlanningOptions = PlanningOptions()
    ) throws(PlanningRefusal) {
        if let event { _ = try PlanningProblem(input, event, options) }
        var changes: [MovePlan.ListChange] = []
        var unchanged = 0
        for asked in rows.sorted(by: { $0.partition < $1.partition }) {
            // A partition that is not there has no list; the verifier says so.
            let from = input.row(of: asked.partition).map(input.replicas(of:)) ?? []
            if from == asked.replicas {
                unchanged += 1
            } else {
                changes.append(.init(partition: asked.partition, from: from, to: asked.replicas))
            }
        }
        var tally = Tally(input)
        for change in changes { tally.add(change) }
        var broken = PlanVerifier.judge(changes, event ?? .rebalance(among: .all), options, input)
        broken += tally.violations(ceilings: Request(input, event ?? .leaders, options).ceiling)
        self.changes = changes
        self.unchanged = unchanged
        violations = broken.filter { $0.rule != Self.unasked }
        var shortcomings = broken.filter { $0.rule == Self.unasked }
        brokers = tally.brokers
        replicasMoved = tally.replicas
        bytes = ByteCount(tally.bytes)
        leaderChanges = changes.count { $0.from.first != $0.to.first }
        makespanBound = tally.makespanBound
        lowerBound = event.map { event in
            var judged = options
            if Mandate(event).balances {
                judged.tolerance = smallestTolerance(input, event, options)
                shortcomings += tally.outsideBands(event, judged)
            }
            let reached = tally.brokers.map { (broker: $0.id, bytes: ByteCount($0.bytesAfter)) }
            return lowerBounds(input, event, judged, accepting: reached).bytes
        }
        self.shortcomings = shortcomings
    }

    private static let unasked = "unasked"
}

/// Adds up what each broker has, gets and gives.
private struct Tally {
    private let input: PlacementInput
    private(set) var brokers: [ReassignmentJudgement.Broker]
    private(set) var replicas = 0
    private(set) var bytes: Int64 = 0
    private var given: [Int64]
    private var taken: [Int64]
    private var sourceless: [TopicPartition] = []

    init(_ input: PlacementInput) {
        self.input = input
        brokers = input.brokers.map { .init(id: $0.id) }
        (given, taken) = (brokers.map { _ in 0 }, brokers.map { _ in 0 })
        for row in input.sizes.indices {
            for broker in input.slots[input.range(row)].lazy.map(Int.init) {
                brokers[broker].bytesBefore += input.sizes[row]
                brokers[broker].replicasBefore += 1
            }
            let leader = Int(input.presentLeader(row))
            if leader >= 0 { brokers[leader].leadersBefore += 1 }
        }
        for broker in brokers.indices {
            brokers[broker].bytesAfter = brokers[broker].bytesBefore
            brokers[broker].peak = brokers[broker].bytesBefore
            brokers[broker].replicasAfter = brokers[broker].replicasBefore
            brokers[broker].leadersAfter = brokers[broker].leadersBefore
        }
    }

    mutating func add(_ change: MovePlan.ListChange) {
        guard let row = input.row(of: change.partition) else { return }
        let size = input.sizes[row]
        let arriving = change.to.filter { !change.from.contains($0) }.compactMap(input.brokerIndex)
        for broker in change.from.filter({ !change.to.contains($0) }).compactMap(input.brokerIndex) {
            brokers[broker].bytesAfter -= size
            brokers[broker].replicasAfter -= 1
        }
        for broker in arriving {
            // Ids of a list are distinct and sizes bounded, so that no sum overflows; a broker that is named for more
            // than can be is at the end of what a number holds.
            brokers[broker].bytesAfter = Self.sum(brokers[broker].bytesAfter, size)
            brokers[broker].peak = Self.sum(brokers[broker].peak, size)
            brokers[broker].replicasAfter += 1
            taken[broker] = Self.sum(taken[broker], size)
            bytes = Self.sum(bytes, size)
            replicas += 1
        }
        let leader = Int(input.presentLeader(row))
        if leader >= 0 { brokers[leader].leadersAfter -= 1 }
        if let first = change.to.first.flatMap(input.brokerIndex) { brokers[first].leadersAfter += 1 }
        guard !arriving.isEmpty else { return }
        let alive = change.from.compactMap(input.brokerIndex).filter { input.brokers[$0].state != .dead }
        let source = leader >= 0 && alive.contains(leader) ? leader : alive.first
        guard let source else {
            sourceless.append(change.partition)
            return
        }
        for _ in arriving { given[source] = Self.sum(given[source], size) }
    }

    private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    var makespanBound: Duration {
        var longest: Int64 = 0
        for (index, broker) in input.brokers.enumerated() {
            longest = max(
                longest, Ports.milliseconds(given[index], broker.uplink.bytesPerSecond),
                Ports.milliseconds(taken[index], broker.downlink.bytesPerSecond))
        }
        return .milliseconds(min(longest, .max / 2))
    }

    /// Brokers that `event` would bring into a band, and that end outside it.
    func outsideBands(_ event: PlacementEvent, _ options: PlanningOptions) -> [PlanViolation] {
        let request = Request(input, event, options)
        var rule = SpreadRule(input, sites: input.brokers.indices.filter { !request.leaves[$0] })
        let total = input.sizes.indices.reduce(Int128(0)) {
            $0 + Int128(input.sizes[$1]) * Int128(request.factor[$1])
        }
        var maker = BandMaker(input, request, &rule, total: total)
        let bands = maker.bands(options.tolerance)
        return brokers.indices.compactMap { index in
            let (low, high, after) = (bands.low[index], bands.high[index], brokers[index].bytesAfter)
            guard request.shares[index], after < low || after > high else { return nil }
            return PlanViolation(
                rule: "band", object: "broker \(brokers[index].id)",
                message: "ends with \(ByteCount(after)), outside \(ByteCount(low)) to \(ByteCount(high))")
        }
    }

    /// What is broken on the way: copies without a source, and disks that are too small for old and new together.
    func violations(ceilings: [Int64]) -> [PlanViolation] {
        let sources = sourceless.prefix(PlanVerifier.most).map {
            PlanViolation(
                rule: "source", object: $0.description, message: "can't be copied: none of its replicas is alive")
        }
        let disks = brokers.indices.compactMap { index -> PlanViolation? in
            let broker = brokers[index]
            // What is too much in the end is said already.
            guard broker.peak > max(ceilings[index], broker.bytesBefore), broker.bytesAfter <= ceilings[index] else {
                return nil
            }
            return PlanViolation(
                rule: "disk", object: "broker \(broker.id)",
                message: "holds up to \(ByteCount(broker.peak)) while all is copied at once, above "
                    + "\(ByteCount(ceilings[index]))")
        }
        return sources + disks
    }
}
