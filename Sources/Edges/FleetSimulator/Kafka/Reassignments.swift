public import FleetModel

extension SimulatedKafka {
    /// AlterPartitionReassignments (KIP-455): moves partitions, or with nil takes their moves back. Each is answered for
    /// itself, inside a success.
    /// - Parameters:
    ///   - requests: The partitions with their targets.
    ///   - changingReplicationFactor: Whether another number of replicas is accepted (v1).
    /// - Returns: What became of each, in the order of the requests.
    public mutating func reassign(
        _ requests: [(partition: TopicPartition, replicas: [NodeID]?)], changingReplicationFactor: Bool
    ) -> [KafkaAnswer<TopicPartition>] {
        var answers: [KafkaAnswer<TopicPartition>] = []
        answers.reserveCapacity(requests.count)
        for (number, request) in requests.enumerated() {
            guard number < model.partitionsPerRequest else {
                answers.append(KafkaAnswer(request.partition, .unknownServerError))
                continue
            }
            guard let index = index(of: request.partition) else {
                let message = "Unable to find \(request.partition.topic):\(request.partition.partition)"
                answers.append(KafkaAnswer(request.partition, .unknownTopicOrPartition, message))
                continue
            }
            let before = partitions[index].adding
            let (code, message) =
                if let replicas = request.replicas {
                    move(index, to: replicas.map(\.rawValue), changingReplicationFactor)
                } else {
                    cancelMove(index)
                }
            let adding = partitions[index].adding
            if !adding.isEmpty, adding != before { movesBegun[request.partition, default: 0] += 1 }
            answers.append(KafkaAnswer(request.partition, code, message))
        }
        return answers
    }

    private mutating func move(
        _ index: Int, to target: [Int32], _ changingReplicationFactor: Bool
    ) -> (KafkaCode, String?) {
        if let defect = defect(ofAssignment: target) { return (.invalidReplicaAssignment, defect) }
        let present = partitions[index]
        if !changingReplicationFactor, model.keepsReplicationFactor {
            // While a move runs, it is the move's own target that counts.
            let count = present.replicas.count - present.removing.count
            guard count == target.count else {
                let message = "The replication factor is changed from \(count) to \(target.count)"
                return (.invalidReplicationFactor, message)
            }
        }
        let adding = target.filter { !present.replicas.contains($0) }.sorted()
        let removing = present.replicas.filter { !target.contains($0) }.sorted()
        change(index) { change in
            // What the request adds is reckoned from the union that a move under way has made. So a move that is
            // overridden leaves what it was adding among the originals.
            change.replicas = target + removing
            if !adding.isEmpty { change.adding = adding }
            if !removing.isEmpty { change.removing = removing }
        }
        return (.none, nil)
    }

    private mutating func cancelMove(_ index: Int) -> (KafkaCode, String?) {
        let present = partitions[index]
        guard !present.adding.isEmpty || !present.removing.isEmpty else { return (.noReassignmentInProgress, nil) }
        guard present.isr.contains(where: { !present.adding.contains($0) }) else {
            let message =
                "Unable to revert partition assignment for \(name(of: index)) because it would require an unclean "
                + "leader election."
            return (.invalidReplicaAssignment, message)
        }
        change(index) { change in
            change.replicas.removeAll(where: present.adding.contains)
            change.isr.removeAll(where: present.adding.contains)
            (change.adding, change.removing) = ([], [])
        }
        return (.none, nil)
    }

    /// Why Kafka refuses an assignment by hand; nil where it takes it. Dead and cordoned brokers are taken.
    func defect(ofAssignment replicas: [Int32]) -> String? {
        if replicas.isEmpty { return "The manual partition assignment includes an empty replica list." }
        for (place, id) in replicas.enumerated() {
            if replicas[..<place].contains(id) {
                return "The manual partition assignment includes the broker \(id) more than once."
            }
            guard let slot = slots[id], brokers[slot].isRegistered else {
                return "The manual partition assignment includes broker \(id), but no such broker is registered."
            }
        }
        return nil
    }

    /// ListPartitionReassignments: the moves under way.
    public func reassignments() -> [ReassignmentObservation] {
        moving.map { number in
            let partition = partitions[Int(number)]
            return ReassignmentObservation(
                partition: name(of: Int(number)), replicas: partition.replicas.compactMap(NodeID.init(rawValue:)),
                adding: partition.adding.compactMap(NodeID.init(rawValue:)),
                removing: partition.removing.compactMap(NodeID.init(rawValue:)))
        }
    }
}
