public import FleetModel

extension SimulatedKafka {
    /// Metadata: all partitions, topics in the order in which they were made; with `sizes`, with what the log
    /// directories say of them.
    public func partitionTable(sizes: Bool) -> PartitionTable {
        var table = PartitionTable()
        table.reserve(partitions: partitions.count, replicas: partitions.count * 3)
        for topic in topics where !topic.partitions.isEmpty {
            table.beginTopic(
                TopicObservation(
                    name: topic.name, isInternal: topic.isInternal,
                    minInSyncReplicas: Int32(truncatingIfNeeded: topic.minInSync)))
            for index in topic.partitions {
                let partition = partitions[Int(index)]
                table.append(
                    partition: partition.number, leader: partition.leader, replicas: partition.replicas,
                    inSync: partition.isr)
            }
        }
        guard sizes else { return table }
        table.setSizes(
            partitions.indices.lazy.filter { partitions[$0].topic >= 0 }.compactMap { index in
                largestLog(of: index).map { (name(of: index), ByteCount($0)) }
            })
        return table
    }

    private func largestLog(of index: Int) -> Int64? {
        partitions[index].replicas.compactMap { id -> Int64? in
            guard let slot = slots[id], brokers[slot].answers, let place = hosted(index, at: slot),
                isOnline(index, at: slot)
            else { return nil }
            return logSize(brokers[slot].replicas[place], at: slot)
        }.max()
    }

    /// DescribeLogDirs of one broker: of all partitions, or only of `wanted`.
    public func logDirectories(
        of id: NodeID, partitions wanted: [TopicPartition]?
    ) -> Known<[(LogDirectoryObservation, replicas: [(TopicPartition, ByteCount, lag: Int64)])]> {
        guard let slot = slots[id.rawValue], brokers[slot].answers else {
            return .unknown(reason: "broker \(id) does not answer")
        }
        let indexes = wanted.map { Set($0.compactMap { index(of: $0) }) }
        return .known(
            brokers[slot].directories.indices.map { place in
                let directory = brokers[slot].directories[place]
                guard !directory.isOffline else {
                    let failed = LogDirectoryObservation(
                        path: directory.path, error: "KAFKA_STORAGE_ERROR", total: nil, usable: nil, logBytes: .zero,
                        replicas: 0, isCordoned: directory.isCordoned)
                    return (failed, [])
                }
                let held = brokers[slot].replicas.filter {
                    Int($0.directory) == place && (indexes?.contains(Int($0.partition)) ?? true)
                }
                let replicas = held.map { replica in
                    let index = Int(replica.partition)
                    let size = logSize(replica, at: slot)
                    let whole = partitions[index].end(at: now) - partitions[index].beginning(at: now)
                    // A kilobyte a record.
                    return (name(of: index), ByteCount(size), lag: max(0, whole - size) / 1024)
                }
                let seen = LogDirectoryObservation(
                    path: directory.path, error: nil, total: ByteCount(volumes[Int(directory.volume)].total),
                    usable: ByteCount(usableBytes(of: Int(directory.volume))),
                    logBytes: replicas.reduce(.zero) { $0 + $1.1 }, replicas: replicas.count,
                    isCordoned: directory.isCordoned)
                return (seen, replicas)
            })
    }

    /// Throttle settings on brokers that answer and on topics.
    public func throttles() -> [ThrottleObservation] {
        var found: [ThrottleObservation] = []
        for (owner, values) in configuration.values {
            let names: Set<String>
            if owner.hasPrefix("broker ") {
                guard let id = NodeID(owner.dropFirst("broker ".count)), answers(id) else { continue }
                names = SettingName.rates
            } else if owner.hasPrefix("topic ") {
                names = SettingName.throttledReplicas
            } else {
                continue
            }
            for (name, value) in values where names.contains(name) && !value.isEmpty {
                found.append(ThrottleObservation(subject: owner, name: name, value: value))
            }
        }
        return found.sorted { ($0.subject, $0.name) < ($1.subject, $1.name) }
    }

    /// One partition as the controllers have it; nil where there is none.
    public func partition(_ partition: TopicPartition) -> PartitionState? {
        guard let index = index(of: partition) else { return nil }
        let found = partitions[index]
        func ids(_ numbers: [Int32]) -> [NodeID] { numbers.compactMap(NodeID.init(rawValue:)) }
        return PartitionState(
            leader: NodeID(rawValue: found.leader), replicas: ids(found.replicas), inSync: ids(found.isr),
            eligible: ids(found.elr), adding: ids(found.adding), removing: ids(found.removing),
            size: ByteCount(found.size(to: HostedReplica.withLeader, at: now)), isWritten: found.isWritten)
    }
}

/// A partition as the controllers have it.
public struct PartitionState: Hashable, Sendable {
    /// Its leader; nil when it is offline.
    public var leader: NodeID?
    /// Its replicas, while it moves old and new ones.
    public var replicas: [NodeID]
    /// The in-sync replicas.
    public var inSync: [NodeID]
    /// The eligible leader replicas (KIP-966).
    public var eligible: [NodeID]
    /// Those being added.
    public var adding: [NodeID]
    /// Those that will go.
    public var removing: [NodeID]
    /// The bytes of the leader's log.
    public var size: ByteCount
    /// Whether producers that wait for all in-sync replicas get their records in.
    public var isWritten: Bool
}
