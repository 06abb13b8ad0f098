public import FleetModel
public import HealthRules
public import PlacementPlanning

/// Proves that data can be evened out, and tells whether there is anything to even out: a pure function of what was seen.
public struct RebalanceProof: Sendable {
    /// What is asked for.
    public struct Request: Sendable {
        /// The brokers among which it is evened out; nil: all.
        public var among: BrokerRange?
        /// Whether leaders alone are evened out, and no data moves.
        public var leadersOnly: Bool
        /// What wins where bytes are equal.
        public var profile: PlanningOptions.Profile
        /// How far a broker may lie from its fair share.
        public var tolerance: PerMille
        /// What the operator waives.
        public var accepted: [Acceptance]
        /// The throttle, which the plan's times are reckoned with.
        public var throttle: BytesPerSecond?
        /// Brokers of the layout that are to come: planned as if they were there already, and empty.
        public var joining: [NodeID] = []
        /// Racks of brokers that are to come.
        public var fleet: FleetSpecification?

        /// A request for these.
        public init(
            among: BrokerRange? = nil, leadersOnly: Bool = false,
            profile: PlanningOptions.Profile = .balanced, tolerance: PerMille = PerMille(100),
            accepted: [Acceptance] = [], throttle: BytesPerSecond?
        ) {
            self.among = among
            self.leadersOnly = leadersOnly
            self.profile = profile
            self.tolerance = tolerance
            self.accepted = accepted
            self.throttle = throttle
        }
    }

    /// Everything that forbids it and was not waived; empty when it can be done.
    public var blockers: [Blocker] = []
    /// What the operator should know besides.
    public var notes: [String] = []
    /// What will be moved; nil when it is forbidden, or nothing would become better.
    public var plan: MovePlan?

    /// Judges `request`.
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - snapshot: what was seen, with log directories.
    ///   - layout: the nodes of the cluster.
    public init(_ request: Request, snapshot: Snapshot, layout: ClusterLayout) {
        if let unseen = ClusterProof.unseen(snapshot) {
            blockers = [unseen]
            return
        }
        guard let cluster = snapshot.cluster.value, let registered = cluster.brokers.value else { return }
        var found = ClusterProof.cluster(cluster, layout) + ClusterProof.moves(cluster)
        if !request.leadersOnly { found += ClusterProof.dead(cluster, snapshot, layout) { _ in true } }
        var event = PlacementEvent.leaders
        if !request.leadersOnly {
            var among = BrokerSelection.all
            if let range = request.among {
                let reading = range.read(registered, leaving: [])
                if let note = reading.note { notes.append(note) }
                if let blocker = reading.blocker { found.append(blocker) }
                among = .only(reading.targets)
            }
            event = .rebalance(among: among)
        }
        blockers = request.accepted.remaining(found)
        for waived in found where !blockers.contains(waived) {
            notes.append("accepted: \(waived.code) (\(waived.object)): \(waived.reason)")
        }
        guard blockers.isEmpty else { return }
        do throws(PlanningRefusal) {
            try make(request, event, cluster, snapshot, layout)
        } catch {
            blockers = Blocker.blockers(error)
        }
    }

    private mutating func make(
        _ request: Request, _ event: PlacementEvent, _ cluster: ClusterObservation, _ snapshot: Snapshot,
        _ layout: ClusterLayout
    ) throws(PlanningRefusal) {
        let input = try PlacementInput(
            observed: cluster, hosts: snapshot.hosts, layout: layout, fleet: request.fleet,
            rate: request.throttle ?? PlanningBroker.defaultPort, running: .done, joining: request.joining)
        let options = PlanningOptions(profile: request.profile, tolerance: request.tolerance)
        let plan = try Planner.plan(input, event, options)
        if let broken = verify(plan, input).first { throw .unsound(broken) }
        let worth = RebalanceWorth(plan.report, tolerance: request.tolerance, leadersOnly: request.leadersOnly)
        guard !plan.isEmpty, worth.isWorthIt else {
            notes.append(worth.words)
            return
        }
        self.plan = plan
        notes += plan.report.notes
    }
}

/// Whether a plan makes anything better that an operator would notice. A planner can nearly always find another placement
/// that is as good: without this, each rebalance would find work that the one before has left.
struct RebalanceWorth {
    /// Brokers whose bytes lie outside their band, before and after, by how much in all.
    private let outside: (before: Int64, after: Int64)
    /// The same for replicas.
    private let replicas: (before: Int, after: Int)
    /// Most less fewest leaders.
    private let leaders: (before: Int, after: Int)
    /// Lists that share hosts or racks without need.
    private let spread: (before: Int, after: Int)
    private let total: Int64
    private let tolerance: PerMille
    private let leadersOnly: Bool

    /// Of all bytes, the share by which brokers must come nearer to their bands: less is no reason to move data.
    private static let leastShare: Int64 = 1000

    init(_ report: PlanReport, tolerance: PerMille, leadersOnly: Bool) {
        let members = report.brokers.filter { $0.role == .target }
        func violation(_ bytes: ByteCount, _ broker: PlanReport.Broker) -> Int64 {
            max(0, (broker.low - bytes).bytes, (bytes - broker.high).bytes)
        }
        outside = (
            members.reduce(0) { $0 + violation($1.bytesBefore, $1) },
            members.reduce(0) { $0 + violation($1.bytesAfter, $1) }
        )
        let mean = members.isEmpty ? 0 : members.reduce(0) { $0 + $1.replicasBefore } / members.count
        let room = max(1, mean * Int(tolerance.thousandths) / 1000)
        func spare(_ count: (PlanReport.Broker) -> Int) -> Int {
            members.reduce(0) { $0 + max(0, abs(count($1) - mean) - room) }
        }
        replicas = (spare(\.replicasBefore), spare(\.replicasAfter))
        func range(_ count: (PlanReport.Broker) -> Int) -> Int {
            let counts = report.brokers.filter { $0.role != .leaving }.map(count)
            return (counts.max() ?? 0) - (counts.min() ?? 0)
        }
        leaders = (range(\.leadersBefore), range(\.leadersAfter))
        spread = (
            report.audit.hostsBefore + report.audit.racksBefore, report.audit.hostsAfter + report.audit.racksAfter
        )
        total = report.brokers.reduce(0) { $0 + $1.bytesBefore.bytes }
        self.tolerance = report.tolerance
        self.leadersOnly = leadersOnly
    }

    var isWorthIt: Bool {
        // One leader more or less is what remains where the number of partitions is no multiple of that of brokers.
        if leaders.before > max(1, leaders.after) { return true }
        guard !leadersOnly else { return false }
        return outside.before - outside.after > total / Self.leastShare || replicas.after < replicas.before
            || spread.after < spread.before
    }

    /// Why nothing is to be done.
    var words: String {
        leadersOnly
            ? "leaders are as even as the replicas allow"
            : "bytes, replicas and leaders are even (within \(tolerance)), or as even as the partitions allow"
    }
}

extension PlanningRefusal {
    static func unsound(_ broken: PlanViolation) -> PlanningRefusal {
        PlanningRefusal(
            code: "plan-unsound", "the plan breaks a rule: \(broken.message)", objects: [broken.object],
            remedy: "report this with gantry plan … -o FILE; nothing was changed")
    }
}

extension Blocker {
    /// The planner's reasons.
    static func blockers(_ refusal: PlanningRefusal) -> [Blocker] {
        refusal.reasons.map {
            Blocker(
                code: $0.code, object: $0.objects.first ?? "the cluster", reason: $0.sentence, remedy: $0.remedy,
                count: max($0.count, $0.objects.count), examples: $0.objects)
        }
    }
}
