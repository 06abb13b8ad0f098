import FleetModel
import PlacementPlanning

/// Partitions whose only replicas are on brokers that are dead and leave: nobody else can ever serve their records.
struct SoleReplicas {
    private let leaving: Set<Int32>
    private let live: Set<Int32>
    private let brokers: [RegisteredBroker]
    private let lost: [PartitionObservation]
    private let load: [Int32: Int]

    init(_ cluster: ClusterObservation, leaving: Set<NodeID>) {
        brokers = cluster.brokers.value ?? []
        self.leaving = Set(leaving.map(\.rawValue))
        live = Set(brokers.filter { !$0.fenced }.map(\.id.rawValue))
        var (lost, load): ([PartitionObservation], [Int32: Int]) = ([], [:])
        for row in cluster.partitions.value?.rows.map({ $0 }) ?? [] where !row.topic.isCanary {
            for id in row.replicas { load[id, default: 0] += 1 }
            if Self.isLost(row, self.leaving, live) { lost.append(row) }
        }
        (self.lost, self.load) = (lost, load)
    }

    private static func isLost(_ row: PartitionObservation, _ leaving: Set<Int32>, _ live: Set<Int32>) -> Bool {
        row.leader == nil && row.replicas.contains(where: leaving.contains)
            && !row.replicas.contains { live.contains($0) || !leaving.contains($0) }
    }

    /// Whether the partition is one of them.
    func isLost(_ row: PartitionObservation) -> Bool { Self.isLost(row, leaving, live) }

    /// By topic, in order.
    var byTopic: [(topic: String, partitions: [TopicPartition])] {
        Dictionary(grouping: lost.map(\.name), by: \.topic).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Where each goes on: as many brokers as it had replicas, on as many racks as there are, those with the fewest replicas
    /// first.
    func targets(_ onto: BrokerSelection) -> [ReplicaTarget] {
        var load = load
        let open = brokers.filter { broker in
            guard live.contains(broker.id.rawValue), !leaving.contains(broker.id.rawValue) else { return false }
            guard case .only(let ids) = onto else { return true }
            return ids.contains(broker.id)
        }
        return lost.compactMap { row in
            var chosen: [RegisteredBroker] = []
            for _ in row.replicas {
                let free = open.filter { broker in !chosen.contains { $0.id == broker.id } }
                let apart = free.filter { broker in !chosen.contains { $0.rack != nil && $0.rack == broker.rack } }
                guard
                    let next = (apart.isEmpty ? free : apart).min(by: {
                        (load[$0.id.rawValue] ?? 0, $0.id) < (load[$1.id.rawValue] ?? 0, $1.id)
                    })
                else { return nil }
                chosen.append(next)
                load[next.id.rawValue, default: 0] += 1
            }
            return ReplicaTarget(partition: row.name, replicas: chosen.map(\.id))
        }
    }
}
