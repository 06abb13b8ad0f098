public import FleetModel

extension HealthRules {
    /// The rules that find nothing in `context` because what they look at could not be seen: their silence says nothing.
    public static func blind(in context: HealthContext) -> Set<String> {
        var blind: [HealthRule] = []
        let cluster = context.snapshot.cluster.value
        if cluster == nil { blind += clusterRules + storageRules + quorumRules }
        if cluster?.brokers.value == nil { blind += brokerRules }
        if cluster?.quorum.value == nil { blind += quorumRules + clusterRules.filter { $0.id == "no-controller" } }
        if cluster?.partitions.value == nil || cluster?.reassignments.value == nil
            || cluster?.throttles.value == nil
        {
            blind += partitionRules
        }
        // That it can't be reached, or asked for its quorum, is found just then.
        return Set(blind.map(\.id)).subtracting(["cluster-unreachable", "quorum-unknown"])
    }
}

extension HealthContext {
    /// The same judgement of another view of the world: what is wanted, and what is at work, stays.
    public func with(_ snapshot: Snapshot, operationRunning: Bool) -> HealthContext {
        var context = self
        (context.snapshot, context.operationRunning) = (snapshot, operationRunning)
        context.brokers = BrokerStatus.all(expected: expected, snapshot: snapshot)
        return context
    }
}
