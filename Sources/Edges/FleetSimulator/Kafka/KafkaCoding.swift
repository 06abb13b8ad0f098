import FleetModel

extension SimulatedKafka: Codable {
    private enum CodingKeys: String, CodingKey {
        case seed, model, clusterID, now, events, machines, volumes, brokers, replicas, controllers, quorum, topics
        case partitions
        case configuration, copying, balancingAt, injections, ended
    }

    /// Takes up a cluster where it was left.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            seed: try container.decode(UInt64.self, forKey: .seed),
            model: try container.decode(KafkaModel.self, forKey: .model))
        clusterID = try container.decodeIfPresent(ClusterID.self, forKey: .clusterID)
        now = try container.decode(Instant.self, forKey: .now)
        events = try container.decode(EventQueue.self, forKey: .events)
        machines = try container.decode([Machine].self, forKey: .machines)
        volumes = try container.decode([StorageVolume].self, forKey: .volumes)
        brokers = try container.decode([Broker].self, forKey: .brokers)
        controllers = try container.decode([Controller].self, forKey: .controllers)
        quorum = try container.decode(Quorum.self, forKey: .quorum)
        topics = try container.decode([Topic].self, forKey: .topics)
        let packedPartitions = try container.decode(String.self, forKey: .partitions)
        let packedReplicas = try container.decode(String.self, forKey: .replicas)
        do throws(PackedReader.Damage) {
            partitions = try Self.partitions(packed: packedPartitions)
            try takeReplicas(packed: packedReplicas)
            try takePartitionsIntoTopics()
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: .partitions, in: container, debugDescription: "partitions and replicas can't be unpacked")
        }
        configuration = try container.decode(ConfigurationStore.self, forKey: .configuration)
        copying = try container.decode(Copying.self, forKey: .copying)
        balancingAt = try container.decode(Instant.self, forKey: .balancingAt)
        injections = try container.decode([KafkaInjection].self, forKey: .injections)
        ended = try container.decode([ProcessEnd].self, forKey: .ended)
        try index(at: decoder.codingPath)
    }

    /// Makes what can be told from the rest, and refuses a rest that does not hold together: a file may be damaged.
    private mutating func index(at path: [any CodingKey]) throws {
        func refuse(_ what: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: path, debugDescription: "\(what) does not fit the rest"))
        }
        for (slot, broker) in brokers.enumerated() {
            guard machines.indices.contains(Int(broker.machine)), slots.updateValue(slot, forKey: broker.id) == nil,
                broker.directories.allSatisfy({ volumes.indices.contains(Int($0.volume)) }),
                broker.replicas.allSatisfy({ partitions.indices.contains(Int($0.partition)) })
            else { throw refuse("broker \(broker.id)") }
        }
        for (place, topic) in topics.enumerated() where !topic.partitions.isEmpty {
            guard topic.partitions.allSatisfy({ partitions.indices.contains(Int($0)) }) else {
                throw refuse("topic \(topic.name)")
            }
            topicIndex[topic.name] = place
        }
        for (number, partition) in partitions.enumerated() where partition.topic >= 0 {
            guard topics.indices.contains(Int(partition.topic)), !partition.replicas.isEmpty else {
                throw refuse("partition \(number)")
            }
            let index = Int32(truncatingIfNeeded: number)
            if !partition.adding.isEmpty || !partition.removing.isEmpty { moving.append(index) }
            if partition.leader < 0 { leaderless.append(index) }
            guard partition.leaderSlot < brokers.count else { throw refuse("partition \(number)") }
        }
        for volume in volumes {
            guard machines.indices.contains(Int(volume.machine)),
                volume.directories.allSatisfy({ place in
                    place.count == 2 && brokers.indices.contains(Int(place[0]))
                        && brokers[Int(place[0])].directories.indices.contains(Int(place[1]))
                })
            else { throw refuse("file system \(volume.path)") }
        }
        for copy in copying.copies {
            guard partitions.indices.contains(Int(copy.partition)), brokers.indices.contains(Int(copy.follower)),
                copy.source < brokers.count
            else { throw refuse("a copy") }
        }
    }

    /// Writes everything that can't be told from the rest.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seed, forKey: .seed)
        try container.encode(model, forKey: .model)
        try container.encodeIfPresent(clusterID, forKey: .clusterID)
        try container.encode(now, forKey: .now)
        try container.encode(events, forKey: .events)
        try container.encode(machines, forKey: .machines)
        try container.encode(volumes, forKey: .volumes)
        try container.encode(brokers, forKey: .brokers)
        try container.encode(controllers, forKey: .controllers)
        try container.encode(quorum, forKey: .quorum)
        try container.encode(topics, forKey: .topics)
        try container.encode(packedPartitions, forKey: .partitions)
        try container.encode(packedReplicas, forKey: .replicas)
        try container.encode(configuration, forKey: .configuration)
        try container.encode(copying, forKey: .copying)
        try container.encode(balancingAt, forKey: .balancingAt)
        try container.encode(injections, forKey: .injections)
        try container.encode(ended, forKey: .ended)
    }
}
