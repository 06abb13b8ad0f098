import FleetModel

/// How a simulated fleet stands at one moment, as far as an operation that moves data may endanger it.
struct FleetPicture: Sendable {
    var at: Duration
    /// By place in `SimulatedKafka.brokers`.
    var brokers: [Broker]
    var disks: [Disk]
    var margins: PartitionMargins
    /// What the loss of each host would mean, by host.
    var losses: [HostName: LossMargins]

    struct Broker: Sendable {
        var id: NodeID
        var host: HostName
        /// Files of replicas that left included: they take space for another minute.
        var bytes: ByteCount
        /// Of the replicas that it has alone.
        var ownBytes: ByteCount
        var leaders: Int
        var replicas: Int
    }

    struct Disk: Sendable {
        var host: HostName
        var path: String
        var used: ByteCount
        /// Without files that are gone within the minute.
        var lasting: ByteCount
        var total: ByteCount
    }
}

/// How near partitions are to stopping their producers. Canaries count nowhere.
public struct PartitionMargins: Hashable, Sendable {
    /// Partitions with just as many in-sync replicas as they need: the loss of one more stops their producers.
    public internal(set) var withoutSpare = 0
    /// Partitions with fewer in-sync replicas than `min.insync.replicas` wants.
    public internal(set) var underMinInSync = 0
    /// Partitions without a leader.
    public internal(set) var offline = 0

    /// The greater of each.
    func worst(_ other: PartitionMargins) -> PartitionMargins {
        var worst = self
        worst.withoutSpare = max(withoutSpare, other.withoutSpare)
        worst.underMinInSync = max(underMinInSync, other.underMinInSync)
        worst.offline = max(offline, other.offline)
        return worst
    }
}

/// What the loss of a host would mean for partitions.
public struct LossMargins: Hashable, Sendable {
    /// Partitions whose in-sync replicas are all on it: they would be offline.
    public internal(set) var offline = 0
    /// Partitions that would have fewer in-sync replicas than their producers need.
    public internal(set) var underMinInSync = 0

    /// Orders by what is lost: offline ones first.
    static func isLess(_ a: LossMargins, _ b: LossMargins) -> Bool {
        (a.offline, a.underMinInSync) < (b.offline, b.underMinInSync)
    }
}

extension FleetState {
    /// The fleet as it stands now.
    func picture() -> FleetPicture {
        let (margins, losses) = kafka.margins()
        let canaries = kafka.canaries()
        var brokers: [FleetPicture.Broker] = []
        for slot in kafka.brokers.indices {
            let broker = kafka.brokers[slot]
            guard let id = NodeID(rawValue: broker.id) else { continue }
            let bytes = broker.directories.indices.reduce(ByteCount.zero) {
                $0 + ByteCount(kafka.takenBytes(at: slot, $1))
            }
            brokers.append(
                FleetPicture.Broker(
                    id: id, host: kafka.machines[Int(broker.machine)].name, bytes: bytes,
                    ownBytes: ByteCount(kafka.ownBytes(at: slot)), leaders: broker.leaders - canaries[slot].leaders,
                    replicas: broker.replicas.count - canaries[slot].replicas))
        }
        let disks = hosts.sorted { $0.key < $1.key }.flatMap { host, found in
            found.disks.sorted { $0.key < $1.key }.map { path, disk in
                FleetPicture.Disk(
                    host: host, path: path, used: disk.foreign + kafka.bytes(on: path, of: host),
                    lasting: disk.foreign + kafka.lastingBytes(on: path, of: host), total: disk.total)
            }
        }
        return FleetPicture(
            at: now, brokers: brokers, disks: disks, margins: margins,
            losses: Dictionary(
                zip(kafka.machines.map(\.name), losses).map { ($0, $1) }, uniquingKeysWith: { first, _ in first }))
    }
}

extension SimulatedKafka {
    /// Canaries that brokers hold and lead, by place in `brokers`.
    fileprivate func canaries() -> [(replicas: Int, leaders: Int)] {
        var counts = brokers.map { _ in (replicas: 0, leaders: 0) }
        let isCanary = topics.map { CanaryTopic.broker(of: $0.name) != nil }
        for partition in partitions where partition.topic >= 0 && isCanary[Int(partition.topic)] {
            for id in partition.replicas { if let slot = slots[id] { counts[slot].replicas += 1 } }
            if let slot = slots[partition.leader] { counts[slot].leaders += 1 }
        }
        return counts
    }

    /// How near partitions are to stopping, and to what the loss of each host would bring them, by place in `machines`.
    fileprivate func margins() -> (PartitionMargins, [LossMargins]) {
        var margins = PartitionMargins()
        var losses = [LossMargins](repeating: LossMargins(), count: machines.count)
        let isCanary = topics.map { CanaryTopic.broker(of: $0.name) != nil }
        for (index, partition) in partitions.enumerated() {
            guard partition.topic >= 0, !isCanary[Int(partition.topic)] else { continue }
            let needed = minInSync(of: index)
            guard partition.leader >= 0 else {
                margins.offline += 1
                continue
            }
            if partition.isr.count < needed { margins.underMinInSync += 1 }
            if partition.isr.count == needed { margins.withoutSpare += 1 }
            let homes = partition.isr.map { slots[$0].map { Int(brokers[$0].machine) } ?? -1 }
            for (place, home) in homes.enumerated() where home >= 0 && !homes[..<place].contains(home) {
                let left = homes.count { $0 != home }
                if left == 0 {
                    losses[home].offline += 1
                } else if left < needed {
                    losses[home].underMinInSync += 1
                }
            }
        }
        return (margins, losses)
    }
}
