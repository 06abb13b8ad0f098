import FleetModel
import HealthRules

/// What stands in the way of every operation that moves data, whatever it moves.
enum ClusterProof {
    /// Partitions of a blocker that are named.
    static let examples = 5

    /// Nothing is planned on a cluster that was not seen.
    static func unseen(_ snapshot: Snapshot) -> Blocker? {
        let cluster = snapshot.cluster.value
        guard cluster?.brokers.value == nil || cluster?.partitions.value == nil else { return nil }
        let reason =
            snapshot.cluster.reason ?? cluster?.brokers.reason ?? cluster?.partitions.reason ?? "it does not answer"
        return Blocker(
            code: "cluster-unreachable", object: "the cluster", reason: reason, remedy: "gantry clusterstatus")
    }

    /// Another cluster, or one that nobody leads.
    static func cluster(_ cluster: ClusterObservation, _ layout: ClusterLayout) -> [Blocker] {
        var found: [Blocker] = []
        if cluster.clusterID != layout.clusterID {
            found.append(
                Blocker(
                    code: "cluster-id-mismatch", object: "the cluster",
                    reason: "it answers as cluster \(cluster.clusterID), and the journal knows \(layout.clusterID)",
                    remedy: "check virthosts in defaults.cfg: these hosts or ports carry another cluster"))
        }
        if cluster.controller == nil {
            found.append(
                Blocker(
                    code: "no-controller", object: "the quorum", reason: "no controller is active",
                    remedy: "bring a majority of the controllers up: gantry clusterstatus shows them"))
        }
        return found
    }

    /// Moves of somebody else. They are never overridden.
    static func moves(_ cluster: ClusterObservation) -> [Blocker] {
        switch cluster.reassignments {
        case .known(let moves):
            guard let first = moves.first else { return [] }
            return [
                Blocker(
                    code: "foreign-reassignment", object: counted(moves.count, "partition"),
                    reason:
                        "somebody else is moving them: \(Mover.examples(moves.map(\.partition))); first \(first.partition)",
                    remedy: "wait until they are done, or --accept foreign-reassignment to wait within the operation",
                    count: moves.count, examples: moves.prefix(examples).map(\.partition.description))
            ]
        case .unknown(let reason):
            return [
                Blocker(
                    code: "moves-unknown", object: "the cluster",
                    reason: "whether somebody moves data could not be found out: \(reason)",
                    remedy: "gantry clusterstatus")
            ]
        }
    }

    /// Brokers that stay and do not serve although partitions count on them: a move ends only once every replica of its
    /// target is in the ISR, so one that shares a partition with a dead broker would never end.
    /// - Parameters:
    ///   - cluster: what was seen of Kafka.
    ///   - snapshot: what was seen of the hosts: one that does not answer is named, since nothing starts a broker there.
    ///   - layout: which host each is on.
    ///   - leaving: brokers that leave: they are nobody's to wait for.
    ///   - concerns: whether a partition would move.
    /// - Returns: a blocker a broker.
    static func dead(
        _ cluster: ClusterObservation, _ snapshot: Snapshot, _ layout: ClusterLayout,
        except leaving: Set<NodeID> = [], where concerns: (PartitionObservation) -> Bool
    ) -> [Blocker] {
        let live = Set((cluster.brokers.value ?? []).filter { !$0.fenced }.map(\.id.rawValue))
        var held: [NodeID: [TopicPartition]] = [:]
        for row in cluster.partitions.value?.rows.map({ $0 }) ?? [] where !row.topic.isCanary && concerns(row) {
            for id in row.replicas where !live.contains(id) {
                guard let id = NodeID(rawValue: id), !leaving.contains(id) else { continue }
                held[id, default: []].append(row.name)
            }
        }
        let others = leaving.sorted().map { "\($0)," }.joined()
        return held.sorted { $0.key < $1.key }.map { id, partitions in
            var cause = ""
            var remedy = "bring it back (gantry bootstrap), or take it out too: gantry removebroker \(others)\(id)"
            if let host = layout.node(id)?.host, case .unreachable(let reason, let words)? = snapshot.host(host)?.state
            {
                cause = " (host \(host): \(reason))"
                remedy = WaysOut.silent(host, words)
            }
            return Blocker(
                code: "broker-dead", object: "broker \(id)",
                reason:
                    "it does not serve\(cause), and moves of \(counted(partitions.count, "partition")) would wait for it "
                    + "for ever: \(Mover.examples(partitions))", remedy: remedy)
        }
    }
}
