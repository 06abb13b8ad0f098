import FleetModel
import PlacementPlanning

extension PlacementInput {
    /// The placement that was observed, with hosts from the layout.
    /// - Parameters:
    ///   - cluster: what Kafka said, with log directories.
    ///   - layout: the nodes and their hosts.
    ///   - lists: partitions that count as if they had these replicas already.
    ///   - rate: of every broker's ports.
    /// - Returns: the planner's input.
    /// - Throws: `PlanningRefusal` where what was observed contradicts itself.
    static func observed(
        _ cluster: ClusterObservation, layout: ClusterLayout, lists: [TopicPartition: [NodeID]] = [:],
        rate: BytesPerSecond?
    ) throws(PlanningRefusal) -> PlacementInput {
        var builder = Builder()
        let directories = Dictionary(
            cluster.logDirectories.map { ($0.broker, $0.directories) }, uniquingKeysWith: { a, _ in a })
        let registered = cluster.brokers.value ?? []
        var known: Set<NodeID> = []
        for broker in registered {
            known.insert(broker.id)
            let open = (directories[broker.id]?.value ?? []).filter { $0.error == nil }
            let sizes = open.compactMap { directory in directory.usable.map { $0 + directory.logBytes } }
            builder.add(
                PlanningBroker(
                    id: broker.id, host: layout.node(broker.id)?.host.rawValue ?? broker.endpoint.host,
                    rack: broker.rack,
                    capacity: sizes.isEmpty || sizes.count < open.count ? nil : sizes.reduce(.zero, +),
                    state: broker.fenced ? .dead : .live, uplink: rate ?? PlanningBroker.defaultPort,
                    downlink: rate ?? PlanningBroker.defaultPort))
        }
        let moving = Dictionary(
            (cluster.reassignments.value ?? []).map { ($0.partition, $0) }, uniquingKeysWith: { a, _ in a })
        for row in (cluster.partitions.value ?? PartitionTable()).rows where !row.topic.isCanary {
            var list = Array(row.replicas)
            if let bound = lists[row.name] {
                list = bound.map(\.rawValue)
            } else if let move = moving[row.name] {
                list = move.replicas.filter { !move.removing.contains($0) }.map(\.rawValue)
            }
            for id in list.compactMap(NodeID.init(rawValue:)) where known.insert(id).inserted {
                builder.add(PlanningBroker(id: id, host: layout.node(id)?.host.rawValue, state: .dead))
            }
            builder.add(
                topic: row.topic.name, partition: row.partition, replicas: list, leader: row.leader?.rawValue,
                size: row.size?.bytes)
        }
        return try builder.build()
    }
}
