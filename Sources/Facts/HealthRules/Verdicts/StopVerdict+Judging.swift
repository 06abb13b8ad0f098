public import FleetModel

extension StopVerdict {
    /// A voter has caught up while it fetched within this time of the newest fetch: `controller.quorum.fetch.timeout.ms`
    /// is 2 s, and as much again for what a busy machine delays.
    private static let voterDelay: Duration = .seconds(4)

    /// Whether all of `nodes` may be stopped at once.
    /// - Parameters:
    ///   - nodes: brokers and controllers; what is in neither layout nor cluster is nobody's loss.
    ///   - snapshot: what was seen, topic settings included.
    ///   - layout: the nodes of the cluster.
    /// - Returns: the verdict on the group as a whole.
    public static func together(_ nodes: [NodeID], snapshot: Snapshot, layout: ClusterLayout) -> StopVerdict {
        judge([nodes], snapshot, layout).first ?? StopVerdict(causes: [])
    }

    /// Whether each of `nodes` may be stopped while all others run. One pass over the partitions, however many nodes.
    /// - Returns: a verdict for each node, in their order.
    public static func singly(_ nodes: [NodeID], snapshot: Snapshot, layout: ClusterLayout) -> [StopVerdict] {
        judge(nodes.map { [$0] }, snapshot, layout)
    }

    /// A verdict for each group of nodes that would be stopped at once; a node is in one group at most.
    private static func judge(
        _ groups: [[NodeID]], _ snapshot: Snapshot, _ layout: ClusterLayout
    ) -> [StopVerdict] {
        func all(_ code: Code, _ detail: String) -> [StopVerdict] {
            groups.map { _ in StopVerdict(causes: [Cause(code, nodes: [], detail: detail)]) }
        }
        guard let cluster = snapshot.cluster.value else {
            return all(.unknown, snapshot.cluster.reason ?? "Kafka does not answer")
        }
        guard cluster.clusterID == layout.clusterID else {
            return all(
                .otherCluster, "it answers as cluster \(cluster.clusterID), and this one is \(layout.clusterID)")
        }
        var causes: [[Cause]] = groups.map { _ in [] }
        let statuses = BrokerStatus.all(expected: layout, snapshot: snapshot)
        let down = down(snapshot, layout)
        for (index, group) in groups.enumerated() {
            causes[index] += recovering(group, statuses, snapshot)
            causes[index] += quorum(group, cluster, layout, down)
        }
        let brokers = groups.map { group in group.filter { layout.node($0)?.role != .controller } }
        switch cluster.partitions {
        case .unknown(let reason):
            for (index, group) in brokers.enumerated() where !group.isEmpty {
                causes[index].append(Cause(.unknown, nodes: group, detail: reason))
            }
        case .known(let table):
            let waysBack = waysBack(statuses, snapshot)
            for (index, found) in partitions(brokers, table, down, waysBack).enumerated() { causes[index] += found }
        }
        // In the codes' order, each once.
        return causes.map { StopVerdict(causes: $0).joined(StopVerdict(causes: [])) }
    }

    /// Nodes whose containers are known not to run: Kafka takes seconds to notice that one has died, and counts on it
    /// meanwhile.
    private static func down(_ snapshot: Snapshot, _ layout: ClusterLayout) -> Set<NodeID> {
        var (down, alive): (Set<NodeID>, Set<NodeID>) = ([], [])
        for (_, container) in snapshot.containers {
            guard let node = container.node, container.clusterID ?? layout.clusterID == layout.clusterID else {
                continue
            }
            if container.isAlive { alive.insert(node) } else { down.insert(node) }
        }
        return down.subtracting(alive)
    }

    // MARK: Brokers

    private static func recovering(
        _ group: [NodeID], _ statuses: [BrokerStatus], _ snapshot: Snapshot
    ) -> [Cause] {
        let found = group.filter { id in
            guard let status = statuses.first(where: { $0.id == id }), status.state == .fenced,
                status.container == ContainerState.running.rawValue
            else { return false }
            // One that dies again and again recovers nothing; a restart may be what mends it.
            return !snapshot.containers.contains { _, container in
                container.node == id && container.isCrashLooping(at: snapshot.takenAt)
            }
        }
        return found.isEmpty ? [] : [Cause(.recovering, nodes: found)]
    }

    /// How each broker that does not run comes back. One that runs and does not serve yet is only to be waited for.
    private static func waysBack(_ statuses: [BrokerStatus], _ snapshot: Snapshot) -> [Int32: String] {
        var ways: [Int32: String] = [:]
        let start = snapshot.hosts.allSatisfy { $0.state == .ok } ? "bootstrap" : nil
        for broker in statuses {
            // Of a host that was not looked at nothing is known.
            guard let host = broker.host, snapshot.host(host) != nil, broker.state != .running,
                broker.container != ContainerState.running.rawValue
            else { continue }
            let name = "broker \(broker.id) on \(host)"
            if case .unreachable(_, let remedy)? = snapshot.host(host)?.state {
                ways[broker.id.rawValue] = "\(name) is away with its host: \(WaysOut.silent(host, remedy))"
            } else {
                ways[broker.id.rawValue] = "bring \(name) back (gantry \(start ?? "restart \(broker.id)"))"
            }
        }
        return ways
    }

    /// What one pass over the partitions finds for each group.
    private static func partitions(
        _ groups: [[NodeID]], _ table: PartitionTable, _ down: Set<NodeID>, _ waysBack: [Int32: String]
    ) -> [[Cause]] {
        let down = Set(down.map(\.rawValue))
        var groupOf: [Int32: Int] = [:]
        for (index, group) in groups.enumerated() { for id in group { groupOf[id.rawValue] = index } }
        var found = Array(repeating: [Code: About](), count: groups.count)
        for row in table.rows where !row.topic.isCanary {
            var leaving: [(group: Int, nodes: [NodeID])] = []
            let inSync = down.isEmpty ? row.inSync : row.inSync.filter { !down.contains($0) }[...]
            for raw in inSync {
                guard let group = groupOf[raw], let id = NodeID(rawValue: raw) else { continue }
                if let place = leaving.firstIndex(where: { $0.group == group }) {
                    leaving[place].nodes.append(id)
                } else {
                    leaving.append((group, [id]))
                }
            }
            for (group, nodes) in leaving {
                guard let code = code(row, inSync: inSync.count, losing: nodes.count) else { continue }
                found[group][code, default: About()].nodes.formUnion(nodes)
                found[group][code, default: About()].partitions.append(row.name)
                guard inSync.count < row.replicas.count else { continue }
                found[group][code, default: About()].isWhole = false
                guard !waysBack.isEmpty else { continue }
                found[group][code, default: About()].away.formUnion(row.replicas.filter { !inSync.contains($0) })
            }
        }
        return found.map { found in
            found.map { code, about in
                Cause(
                    code, nodes: about.nodes.sorted(), partitions: about.partitions,
                    detail: code == .unknown ? "min.insync.replicas of their topics could not be read" : "",
                    isTooMany: code == .isrAtMinimum && about.isWhole,
                    waysBack: about.away.sorted().compactMap { waysBack[$0] })
            }
        }
    }

    /// What one code is about.
    private struct About {
        var nodes: Set<NodeID> = []
        var partitions: [TopicPartition] = []
        /// Whether every replica of these partitions is in sync.
        var isWhole = true
        /// Brokers whose replicas of them are not.
        var away: Set<Int32> = []
    }

    /// What it means for a partition with `inSync` replicas in sync that so many of them go; nil: nothing.
    private static func code(_ row: PartitionObservation, inSync: Int, losing count: Int) -> Code? {
        guard let minimum = row.topic.minInSyncReplicas.map(Int.init) else { return .unknown }
        if row.replicas.count > minimum { return inSync - count < minimum ? .isrAtMinimum : nil }
        return inSync < row.replicas.count ? .isrNotWhole : .noSpareReplica
    }

    // MARK: Controllers

    private static func quorum(
        _ group: [NodeID], _ cluster: ClusterObservation, _ layout: ClusterLayout, _ down: Set<NodeID>
    ) -> [Cause] {
        guard group.contains(where: { layout.node($0)?.role == .controller }) else { return [] }
        guard let quorum = cluster.quorum.value else {
            return [Cause(.unknown, nodes: group, detail: cluster.quorum.reason ?? "the quorum is unknown")]
        }
        let leaving = group.filter { id in quorum.voters.contains { $0.id == id } }
        guard !leaving.isEmpty else { return [] }
        let staying = quorum.voters.filter { !leaving.contains($0.id) }
        let majority = quorum.voters.count / 2 + 1
        if staying.count < majority {
            let detail = "a majority of \(counted(quorum.voters.count, "voter")) is \(majority)"
            // Of three and more a majority could stay: it is only that fewer have to go at once.
            let code = quorum.voters.count < 3 ? Code.noSpareController : .quorumMajority
            return [Cause(code, nodes: leaving, detail: detail, isTooMany: code == .quorumMajority)]
        }
        let present = staying.filter { voter in
            !down.contains(voter.id) && (voter.id == quorum.leader || quorum.isFollowing(voter, within: voterDelay))
        }
        guard present.count < majority else { return [] }
        let late = staying.filter { voter in !present.contains { $0.id == voter.id } }.map(\.id.description)
        let names = late.joined(separator: ", ")
        return [
            Cause(
                .quorumMajority, nodes: leaving,
                detail: late.count == 1 ? "controller \(names) lags" : "controllers \(names) lag")
        ]
    }
}
