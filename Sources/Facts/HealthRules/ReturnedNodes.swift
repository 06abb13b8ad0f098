public import FleetModel

/// Nodes that were removed for good and run again, since their host was gone when they were taken out and came back. Kafka lets
/// a broker in that it has no registration of, so what may be stopped is stopped before anything is placed on it.
public enum ReturnedNodes {
    /// Those that nobody needs: on hosts that carry nothing else, brokers without a replica and controllers without a vote.
    /// What could not be seen is left alone.
    /// - Parameter context: what was seen, and what is known to be retired.
    /// - Returns: by host and name; none while an operation of ours is at work.
    public static func needless(in context: HealthContext) -> [(host: HostName, container: ContainerObservation)] {
        guard !context.operationRunning, let expected = context.expected,
            let cluster = context.snapshot.cluster.value, cluster.clusterID == expected.clusterID,
            let table = cluster.partitions.value, let quorum = cluster.quorum.value
        else { return [] }
        let load = table.load()
        return context.snapshot.containers.filter { host, container in
            guard container.state == .running || container.state == .restarting, expected.nodes(on: host).isEmpty,
                let node = container.node, context.retired.contains(node)
            else { return false }
            return switch container.role {
            case .broker: load[node, default: BrokerLoad()].replicas == 0
            case .controller: !quorum.voters.contains { $0.id == node }
            case .zookeeper, nil: false
            }
        }
    }
}
