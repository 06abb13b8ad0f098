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
        for (index, group) in groups.enumerated() {
            causes[index] += recovering(group, statuses, snapshot)
            causes[index] += quorum(group, cluster, layout)
        }
        let brokers = groups.map { group in group.filter { layout.node($0)?.role != .controller } }
        switch cluster.partitions {
        case .unknown(let reason):
            for (index, group) in brokers.enumerated() where !group.isEmpty {
                causes[index].append(Cause(.unknown, nodes: group, detail: reason))
            }
        case .known(let table):
            for (index, found) in partitions(brokers, table).enumerated() { causes[index] += found }
        }
        // In the codes' order, each once.
        return causes.map { StopVerdict(causes: $0).joined(StopVerdict(causes: [])) }
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

    /// What one pass over the partitions finds for each group.
    private static func partitions(_ groups: [[NodeID]], _ table: PartitionTable) -> [[Cause]] {
        var groupOf: [Int32: Int] = [:]
        for (index, group) in groups.enumerated() { for id in group { groupOf[id.rawValue] = index } }
        var found = Array(repeating: [Code: (nodes: Set<NodeID>, partitions: [TopicPartition])](), count: groups.count)
        for row in table.rows where !row.topic.isCanary {
            var leaving: [(group: Int, nodes: [NodeID])] = []
            for raw in row.inSync {
                guard let group = groupOf[raw], let id = NodeID(rawValue: raw) else { continue }
                if let place = leaving.firstIndex(where: { $0.group == group }) {
                    leaving[place].nodes.append(id)
                } else {
                    leaving.append((group, [id]))
                }
            }
            for (group, nodes) in leaving {
                guard let code = code(row, losing: nodes.count) else { continue }
                found[group][code, default: ([], [])].nodes.formUnion(nodes)
                found[group][code, default: ([], [])].partitions.append(row.name)
            }
        }
        return found.map { found in
            found.map { code, about in
                Cause(
                    code, nodes: about.nodes.sorted(), partitions: about.partitions,
                    detail: code == .unknown ? "min.insync.replicas of their topics could not be read" : "")
            }
        }
    }

    /// What it means for a partition that so many of its in-sync replicas go; nil: nothing.
    private static func code(_ row: PartitionObservation, losing count: Int) -> Code? {
        guard let minimum = row.topic.minInSyncReplicas.map(Int.init) else { return .unknown }
        if row.replicas.count > minimum { return row.inSync.count - count < minimum ? .isrAtMinimum : nil }
        return row.inSync.count < row.replicas.count ? .isrNotWhole : .noSpareReplica
    }

    // MARK: Controllers

    private static func quorum(
        _ group: [NodeID], _ cluster: ClusterObservation, _ layout: ClusterLayout
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
            return [Cause(code, nodes: leaving, detail: detail)]
        }
        let present = staying.filter { $0.id == quorum.leader || quorum.isFollowing($0, within: voterDelay) }
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
