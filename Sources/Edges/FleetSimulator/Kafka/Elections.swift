public import FleetModel

extension SimulatedKafka {
    /// ElectLeaders for the preferred leaders of these partitions; nil: of all, and only those that needed one are
    /// answered for.
    public mutating func electPreferredLeaders(_ wanted: [TopicPartition]?) -> [KafkaAnswer<TopicPartition>] {
        guard let wanted else {
            return partitions.indices.filter(isAstray).map { index in
                KafkaAnswer(name(of: index), electPreferred(index))
            }
        }
        return wanted.map { partition in
            guard let index = index(of: partition) else { return KafkaAnswer(partition, .unknownTopicOrPartition) }
            return KafkaAnswer(partition, electPreferred(index))
        }
    }

    /// ElectLeaders, unclean, for partitions without a leader: a replica that serves leads, with what it has.
    public mutating func electAnyLeaders(_ wanted: [TopicPartition]) -> [KafkaAnswer<TopicPartition>] {
        wanted.map { partition in
            guard let index = index(of: partition) else { return KafkaAnswer(partition, .unknownTopicOrPartition) }
            guard partitions[index].leader < 0 else { return KafkaAnswer(partition, .electionNotNeeded) }
            guard partitions[index].replicas.contains(where: { isActive($0, for: index) }) else {
                return KafkaAnswer(partition, .eligibleLeadersNotAvailable)
            }
            change(index) { $0.election = .unclean }
            return KafkaAnswer(partition, .none)
        }
    }

    private func isAstray(_ index: Int) -> Bool {
        let partition = partitions[index]
        return partition.topic >= 0 && partition.leader != partition.replicas.first
    }

    private mutating func electPreferred(_ index: Int) -> KafkaCode {
        guard isAstray(index), let first = partitions[index].replicas.first else { return .electionNotNeeded }
        guard partitions[index].isr.contains(first), isActive(first, for: index) else {
            return .preferredLeaderNotAvailable
        }
        change(index) { $0.election = .preferred }
        return .none
    }

    /// Sees to it that Kafka's own look at its leaders comes: it has nothing to look at while all lead that should.
    mutating func armBalance() {
        guard balancingAt == .never, model.balanceInterval > .zero else { return }
        let interval = model.balanceInterval.wholeMicroseconds
        balancingAt = Instant(microseconds: (now.microseconds / interval + 1) * interval)
        events.add(.balancesLeaders, at: balancingAt)
    }

    /// Kafka's own balancing: brokers that lack more than a tenth of what they should lead get it back.
    mutating func balanceLeaders() {
        balancingAt = .never
        var isAnyAstray = false
        for slot in brokers.indices where brokers[slot].astray > 0 {
            isAnyAstray = true
            let broker = brokers[slot]
            guard quorum.leader != nil, broker.isActive, broker.astray * 100 > broker.preferred * model.balanceLimit
            else { continue }
            for replica in broker.replicas {
                let index = Int(replica.partition)
                if partitions[index].replicas.first == broker.id { _ = electPreferred(index) }
            }
        }
        if isAnyAstray { armBalance() }
    }
}
