public import FleetModel
public import HealthRules
public import PlacementPlanning

/// Proves that brokers can be taken out of a cluster, before anything moves: a pure function of what was seen. A refusal
/// names each blocker with its code and the smallest remedy.
public struct RemovalProof: Sendable {
    /// What is asked for.
    public struct Request: Sendable {
        /// The brokers that are to leave.
        public var brokers: [NodeID]
        /// Brokers that may receive; nil: all others.
        public var onto: BrokerRange?
        /// Brokers that leave in the same operation, earlier or later: they receive nothing either.
        public var alsoLeaving: [NodeID]
        /// Hosts that are known to be gone for good.
        public var goneHosts: Set<HostName>
        /// What the operator waives.
        public var accepted: [Acceptance]
        /// The throttle, which the plan's times are reckoned with.
        public var throttle: BytesPerSecond?

        /// A request for these.
        public init(
            brokers: [NodeID], onto: BrokerRange? = nil, alsoLeaving: [NodeID] = [], goneHosts: Set<HostName> = [],
            accepted: [Acceptance] = [], throttle: BytesPerSecond?
        ) {
            self.brokers = brokers
            self.onto = onto
            self.alsoLeaving = alsoLeaving
            self.goneHosts = goneHosts
            self.accepted = accepted
            self.throttle = throttle
        }
    }

    /// Everything that forbids it and was not waived; empty when it can be done.
    public var blockers: [Blocker] = []
    /// What would forbid it and was waived.
    public var waived: [Blocker] = []
    /// What the operator should know besides.
    public var notes: [String] = []
    /// What will be moved; nil when it is forbidden.
    public var plan: MovePlan?
    /// Partitions whose records only dead brokers have and the operator gives up, with the brokers that carry them on.
    public var givenUp: [ReplicaTarget] = []
    /// The leaving brokers that do not serve.
    public var dead: Set<NodeID> = []
    /// Lists of partitions after the plan, for the proof of a later stage.
    public var lists: [TopicPartition: [NodeID]] = [:]

    /// Judges `request`.
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - snapshot: what was seen, with log directories and settings.
    ///   - layout: the nodes of the cluster.
    ///   - lists: partitions that earlier stages will have brought elsewhere.
    public init(
        _ request: Request, snapshot: Snapshot, layout: ClusterLayout, lists: [TopicPartition: [NodeID]] = [:]
    ) {
        if let unseen = ClusterProof.unseen(snapshot) {
            blockers = [unseen]
            return
        }
        guard let cluster = snapshot.cluster.value, let registered = cluster.brokers.value,
            let table = cluster.partitions.value
        else { return }
        let known = Dictionary(registered.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
        let leaving = Set(request.brokers + request.alsoLeaving)
        dead = Set(request.brokers.filter { known[$0]?.fenced != false })
        var found: [Blocker] = []
        found += Self.members(request, cluster, known, snapshot, layout)
        found += Self.partitions(request, cluster, table, snapshot, layout, leaving: leaving)
        var onto = BrokerSelection.all
        if let range = request.onto {
            let reading = range.read(registered, leaving: leaving)
            if let note = reading.note { notes.append(note) }
            if let blocker = reading.blocker { found.append(blocker) }
            onto = .only(reading.targets)
        } else if !request.alsoLeaving.isEmpty {
            onto = .only(registered.map(\.id).filter { !leaving.contains($0) && known[$0]?.fenced == false })
        }
        if !registered.contains(where: { !$0.fenced && !leaving.contains($0.id) }) {
            found.append(
                Blocker(
                    code: "last-broker", object: "the cluster", reason: "no running broker would remain",
                    remedy: "add brokers first: gantry addbroker HOST COUNT"))
        }
        if found.allSatisfy({ Acceptance.waivable.contains($0.code) }) {
            found += plan(request, cluster, layout, onto, lists, snapshot.hosts)
        }
        blockers = request.accepted.remaining(found)
        waived = found.filter { !blockers.contains($0) }
        notes += waived.map { "accepted: \($0.code) (\($0.object)): \($0.reason)" }
        if !blockers.isEmpty { plan = nil }
    }

    /// Brokers, hosts and controllers.
    private static func members(
        _ request: Request, _ cluster: ClusterObservation, _ known: [NodeID: RegisteredBroker], _ snapshot: Snapshot,
        _ layout: ClusterLayout
    ) -> [Blocker] {
        var found = ClusterProof.cluster(cluster, layout)
        for id in request.brokers {
            let node = layout.node(id)
            if let node, node.role != .broker {
                found.append(
                    Blocker(
                        code: "not-a-broker", object: "node \(id)", reason: "it is a \(node.role.rawValue)",
                        remedy: "name brokers: gantry clusterstatus lists them"))
            } else if node == nil, known[id] == nil {
                found.append(
                    Blocker(
                        code: "unknown-broker", object: "broker \(id)",
                        reason: "neither the journal nor Kafka knows it",
                        remedy: "gantry clusterstatus lists the brokers there are"))
            }
            guard let host = node?.host, !request.goneHosts.contains(host) else { continue }
            let remedy: String
            switch snapshot.host(host)?.state {
            case .ok?, nil: continue
            case .unreachable(_, let words)?: remedy = WaysOut.silent(host, words)
            case .dockerDown(_, let words)?:
                remedy = "\(words): what runs there has to be stopped before its id is given up"
            }
            found.append(
                Blocker(
                    code: "host-unreachable", object: "host \(host)",
                    reason: "broker \(id) can't be stopped and removed there: "
                        + (snapshot.host(host)?.state.reason ?? ""),
                    remedy: remedy))
        }
        return found
    }

    /// Partitions that stand in the way, each kind once with its examples; lost data by topic.
    private static func partitions(
        _ request: Request, _ cluster: ClusterObservation, _ table: PartitionTable, _ snapshot: Snapshot,
        _ layout: ClusterLayout, leaving: Set<NodeID>
    ) -> [Blocker] {
        var found = ClusterProof.moves(cluster)
        let ids = Set(leaving.map(\.rawValue))
        found += ClusterProof.dead(cluster, snapshot, layout, except: leaving) {
            $0.replicas.contains(where: ids.contains)
        }
        let sole = SoleReplicas(cluster, leaving: leaving)
        var offline: [TopicPartition] = []
        var thin: [TopicPartition] = []
        for row in table.rows where !row.topic.isCanary && !sole.isLost(row) {
            if row.leader == nil {
                offline.append(row.name)
            } else if row.isUnderMinInSync,
                row.replicas.contains(where: { !row.inSync.contains($0) && !ids.contains($0) })
            {
                thin.append(row.name)
            }
        }
        for (topic, partitions) in sole.byTopic {
            found.append(
                Blocker(
                    code: "sole-replica", object: "topic \(topic)",
                    reason:
                        "the only replicas of \(Mover.examples(partitions)) are on brokers that are dead: their data goes with them",
                    remedy: "start the broker again, or give the data up: --accept sole-replica=\(topic)"))
        }
        if !offline.isEmpty {
            found.append(
                Blocker(
                    code: "partitions-offline", object: counted(offline.count, "partition"),
                    reason: "they have no leader to copy from: \(Mover.examples(offline))",
                    remedy: "start the brokers that hold them", count: offline.count,
                    examples: offline.prefix(ClusterProof.examples).map(\.description)))
        }
        if !thin.isEmpty {
            found.append(
                Blocker(
                    code: "partitions-under-min-isr", object: counted(thin.count, "partition"),
                    reason:
                        "brokers that stay are missing from their ISR: \(Mover.examples(thin))",
                    remedy: "bring those brokers back first", count: thin.count,
                    examples: thin.prefix(ClusterProof.examples).map(\.description)))
        }
        return found
    }

    private mutating func plan(
        _ request: Request, _ cluster: ClusterObservation, _ layout: ClusterLayout, _ onto: BrokerSelection,
        _ lists: [TopicPartition: [NodeID]], _ hosts: [HostObservation]
    ) -> [Blocker] {
        // Partitions that nobody can copy any more are no part of a plan: they count as where they will go on, empty.
        let leaving = Set(request.brokers + request.alsoLeaving)
        givenUp = SoleReplicas(cluster, leaving: leaving).targets(onto)
        let lists = lists.merging(givenUp.map { ($0.partition, $0.replicas) }) { $1 }
        let input: PlacementInput
        do throws(PlanningRefusal) {
            input = try PlacementInput(
                observed: cluster, hosts: hosts, layout: layout, rate: request.throttle ?? PlanningBroker.defaultPort,
                running: .done,
                lists: lists)
        } catch {
            return Blocker.blockers(error)
        }
        let drained = request.brokers.filter { id in input.brokers.contains { $0.id == id } }
        let event = PlacementEvent.drain(brokers: drained, onto: onto)
        let found = plan(input, event, PlanningOptions(), lists)
        // Each narrowing is accepted by itself: one that nobody named is not waived by the other.
        let accepted = found.filter { request.accepted.remaining([$0]).isEmpty }
        let narrower = Set(accepted.compactMap { SpreadDomain(rawValue: $0.code) })
        guard !narrower.isEmpty else { return found }
        return accepted + plan(input, event, PlanningOptions(narrower: narrower), lists)
    }

    /// Plans under these options.
    /// - Returns: why there is no plan; empty where there is one.
    private mutating func plan(
        _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions,
        _ lists: [TopicPartition: [NodeID]]
    ) -> [Blocker] {
        do throws(PlanningRefusal) {
            let plan = try Planner.plan(input, event, options)
            if let broken = verify(plan, input).first { throw .unsound(broken) }
            self.plan = plan
            self.lists = lists
            for change in plan.changes { self.lists[change.partition] = change.to }
            notes += plan.report.notes
            return []
        } catch {
            return Blocker.blockers(error)
        }
    }
}
