import FleetModel
import HealthRules

/// Findings about the whole that follow from others: a host that is away takes its replicas out of sync.
enum Consequences {
    /// Rules that tell nothing of their own now: every replica that is not in sync is on a broker that is known not to run.
    static func explained(in context: HealthContext) -> Set<String> {
        let down = Set(context.brokers.filter { $0.state != .running }.map(\.id.rawValue))
        guard !down.isEmpty, let table = context.snapshot.cluster.value?.partitions.value else { return [] }
        for row in table.rows where !row.topic.isCanary && !row.lagging.allSatisfy(down.contains) { return [] }
        return ["partitions-under-replicated"]
    }
}
