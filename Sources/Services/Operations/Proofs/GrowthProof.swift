public import FleetModel
public import HealthRules

/// Proves that a cluster can grow: a pure function of what was seen. What a host must offer is in the clauses of
/// `assumptions.txt`; this is what the cluster must.
public enum GrowthProof {
    /// What forbids any change of the cluster's members; empty when Kafka answers as the one that is meant.
    public static func cluster(_ snapshot: Snapshot, layout: ClusterLayout) -> [Blocker] {
        if let unseen = ClusterProof.unseen(snapshot) { return [unseen] }
        return snapshot.cluster.value.map { ClusterProof.cluster($0, layout) } ?? []
    }

    /// Whether the host's memory bears the limits of all of its nodes.
    /// - Parameters:
    ///   - host: its settings.
    ///   - nodes: the nodes that are to run there, those of today among them.
    ///   - memory: what the host has; nil where Docker did not tell.
    /// - Returns: the blocker `no-memory`; nil where they fit, or nobody can tell.
    public static func memory(_ host: HostSpecification, nodes: Int, has memory: ByteCount?) -> Blocker? {
        guard let memory, nodes > 0 else { return nil }
        let (wanted, overflow) = host.memory.bytes.multipliedReportingOverflow(by: Int64(nodes))
        guard overflow || wanted > memory.bytes else { return nil }
        let most = memory.bytes / max(1, host.memory.bytes)
        return Blocker(
            code: "no-memory", object: "host \(host.host)",
            reason: "\(counted(nodes, "node")) of \(host.memory) each do not fit into its \(memory): "
                + "\(most) \(most == 1 ? "does" : "do")",
            remedy: "add fewer, set memory: and heap: of \(host.host) lower, or --accept no-memory")
    }

    /// Whether nodes that were removed for good run on the host: it was taken out as dead, and has come back as it was.
    /// - Parameters:
    ///   - host: a host that carries none of the cluster's nodes.
    ///   - containers: what is seen there.
    ///   - retired: the ids that were removed for good.
    /// - Returns: the blocker `container-left`; nil where nothing is left.
    public static func returned(
        _ host: HostName, containers: [ContainerObservation], retired: Set<NodeID>
    ) -> Blocker? {
        let left = containers.filter { $0.node.map(retired.contains) ?? false }
        guard !left.isEmpty else { return nil }
        return Blocker(
            code: "container-left", object: "host \(host)",
            reason: "\(left.map(\.name).sorted().joined(separator: ", ")) of when it was taken out as dead "
                + "\(left.count == 1 ? "is" : "are") still there",
            remedy: "gantry bootstrap stops and removes what is left; then the same command")
    }

    /// Every id that was ever seen anywhere: none of them is used again, whoever has forgotten it.
    /// - Parameters:
    ///   - snapshot: what was seen of containers, Kafka and the hosts' memories.
    ///   - surveys: what lies on the hosts.
    /// - Returns: ids of brokers and controllers.
    public static func usedIDs(_ snapshot: Snapshot, _ surveys: [HostSurvey]) -> Set<NodeID> {
        var ids = Set(snapshot.containers.compactMap(\.container.node))
        ids.formUnion(snapshot.hosts.flatMap(\.retired))
        if let cluster = snapshot.cluster.value {
            ids.formUnion(cluster.brokers.value?.map(\.id) ?? [])
            ids.formUnion(cluster.registeredControllers.value ?? [])
            ids.formUnion((cluster.quorum.value.map { $0.voters + $0.observers } ?? []).map(\.id))
        }
        for survey in surveys {
            guard let answers = try? survey.answers.get() else { continue }
            ids.formUnion(answers.retired)
            ids.formUnion(answers.formatted.values.compactMap(\.nodeID))
            ids.formUnion(survey.rememberedLayout?.nodes.map(\.id) ?? [])
        }
        return ids
    }
}
