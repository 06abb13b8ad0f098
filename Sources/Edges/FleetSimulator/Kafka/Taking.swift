import FleetModel

/// Taking over what was seen of another cluster.
extension SimulatedKafka {
    /// Makes the topics of a table with their partitions as they are: replicas, in-sync replicas, leaders, sizes. Of a
    /// partition on the move what it was before counts: a move is for its owner to begin again.
    mutating func take(_ table: PartitionTable, moving: [ReassignmentObservation]) {
        var adding: [TopicPartition: [Int32]] = [:]
        for move in moving { adding[move.partition] = move.adding.map(\.rawValue) }
        var name: String?
        var rows: [NewPartition] = []
        var topic: TopicObservation?
        for row in table.rows {
            if row.topic.name != name {
                if let topic { take(topic, rows) }
                (name, topic, rows) = (row.topic.name, row.topic, [])
            }
            let added = adding.isEmpty ? [] : adding[row.name] ?? []
            rows.append(
                NewPartition(
                    number: row.partition, replicas: row.replicas.filter { !added.contains($0) },
                    inSync: Array(row.inSync),
                    leader: row.leader?.rawValue, traffic: SimulatedTraffic(size: row.size ?? .zero)))
        }
        if let topic { take(topic, rows) }
    }

    private mutating func take(_ topic: TopicObservation, _ rows: [NewPartition]) {
        // The first canary may have made its topic already.
        guard topicIndex[topic.name] == nil else { return }
        // Kafka numbers partitions without gaps; a row that was not seen can't be told from one that is not there.
        let whole = rows.sorted { $0.number < $1.number }.enumerated().prefix { $0.offset == Int($0.element.number) }
        let settings = topic.minInSyncReplicas.map { [SettingName.minInSync: String($0)] } ?? [:]
        makeTopic(topic.name, whole.map(\.element), isInternal: topic.isInternal, settings)
    }

    /// A throttle that was found set.
    mutating func takeSetting(_ setting: ThrottleObservation) {
        let words = setting.subject.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else { return }
        let owner: ConfigurationOwner
        switch words[0] {
        case "broker":
            guard let id = NodeID(words[1]) else { return }
            owner = .broker(id)
        case "topic": owner = .topic(words[1])
        default: return
        }
        _ = changeSettings([owner: [SettingChange(setting.name, .set(setting.value))]], at: .controller)
    }
}
