public import FleetModel

extension SimulatedKafka {
    /// A record to a broker and back, by its own topic, which is made at first need.
    /// - Returns: How long the two halves took, or why it failed.
    public mutating func canary(_ id: NodeID) -> CanaryResult {
        guard let slot = slots[id.rawValue], brokers[slot].answers, !brokers[slot].isZombie else {
            return .failed(reason: "broker \(id) does not answer")
        }
        let name = CanaryTopic.name(of: id)
        var made = Duration.zero
        if topicIndex[name] == nil {
            guard quorum.leader != nil else { return .failed(reason: "no controller makes its topic \(name)") }
            let settings = [SettingName.minInSync: "1", "retention.ms": "3600000"]
            let answer = createTopic(
                name, assignment: [[id]], traffic: SimulatedTraffic(size: ByteCount(74)), settings: settings)
            guard answer.code == .none else { return .failed(reason: answer.message ?? "\(answer.code.rawValue)") }
            // Brokers hear of a new topic a moment later.
            made = .milliseconds(65)
        }
        guard let index = index(of: TopicPartition(topic: name, partition: 0)) else {
            return .failed(reason: "its topic \(name) has no partition")
        }
        guard partitions[index].replicas.contains(id.rawValue) else {
            return .failed(reason: "its topic \(name) is not on this broker: delete the topic")
        }
        guard partitions[index].leader == id.rawValue, partitions[index].isWritten, isOnline(index, at: slot) else {
            return .failed(reason: "its topic \(name) has no leader")
        }
        let occasion = Int32(truncatingIfNeeded: now.microseconds / 1000)
        return .ok(
            produce: made + chance(id.rawValue, occasion, from: .milliseconds(4), to: .milliseconds(20)),
            fetch: chance(id.rawValue, occasion ^ 1, from: .milliseconds(1), to: .milliseconds(6)))
    }
}
