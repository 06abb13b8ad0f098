public import FleetModel
import KafkaProtocol

/// Which replica becomes the leader.
public enum Election: Int8, Hashable, Sendable {
    /// The first of the replica list, if it is alive and in sync.
    case preferred = 0
    /// Any live one, where there is none in sync: records may be lost.
    case unclean = 1
}

extension KafkaAdmin {
    /// How many partitions one request moves. Kafka accepts 10,000 and fails the rest one by one with −1; half leaves
    /// the controller time for others between two requests.
    public static let partitionsPerRequest = 5_000

    /// The partitions that are being moved, by whomever. (KIP-455)
    /// - Throws: As every call.
    public func listReassignments(
        _ partitions: Selection<TopicPartition> = .all
    ) async throws(KafkaAdminError) -> [ReassignmentObservation] {
        let operation = AdminOperation("list the reassignments")
        var topics: [ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics]?
        if case .only(let partitions) = partitions {
            topics = Self.byTopic(partitions, \.self).map {
                .init(name: $0.topic, partitionIndexes: $0.rows.map(\.partition))
            }
        }
        let request = ListPartitionReassignmentsRequest(timeoutMs: timeoutMs, topics: topics)
        let response = try await call(request, operation, at: .controller)
        try operation.check(response.errorCode, response.errorMessage)
        return response.topics.flatMap { topic in
            topic.partitions.map { partition in
                ReassignmentObservation(
                    partition: TopicPartition(topic: topic.name, partition: partition.partitionIndex),
                    replicas: partition.replicas.compactMap { NodeID(rawValue: $0) },
                    adding: partition.addingReplicas.compactMap { NodeID(rawValue: $0) },
                    removing: partition.removingReplicas.compactMap { NodeID(rawValue: $0) })
            }
        }
    }

    /// Starts moving partitions, in requests of at most `partitionsPerRequest`, one after the other. (KIP-455)
    ///
    /// Kafka accepts stopped and cordoned targets, overrides a move under way and cannot undo that: check liveness and
    /// `listReassignments()` before. When a request fails as a whole, its partitions and those after it are in
    /// `failed`; if its outcome is unknown, read back before sending again.
    /// - Parameters:
    ///   - targets: The partitions with all their replicas.
    ///   - keepingReplicationFactor: Lets Kafka refuse another number of replicas than there is, where it can (4.1 and
    ///     later); older brokers accept any number, and their callers check it themselves.
    /// - Returns: What Kafka accepted, and what not.
    public func reassign(
        _ targets: [ReplicaTarget], keepingReplicationFactor: Bool = true
    ) async -> PartialResult<TopicPartition> {
        await alter(targets.map { ($0.partition, $0.replicas) }, "move", keepingReplicationFactor, alreadyDone: [])
    }

    /// Stops moving partitions: the replicas that were being added go, the originals stay. One that is not being moved
    /// counts as done.
    ///
    /// After a move was overridden by another, the originals are not restored: a replica too many stays.
    public func cancelReassignments(_ partitions: [TopicPartition]) async -> PartialResult<TopicPartition> {
        await alter(
            partitions.map { ($0, nil) }, "cancel the move", false, alreadyDone: [.noReassignmentInProgress])
    }

    private func alter(
        _ rows: [(partition: TopicPartition, replicas: [NodeID]?)], _ verb: String, _ keepingReplicationFactor: Bool,
        alreadyDone: Set<ErrorCode>
    ) async -> PartialResult<TopicPartition> {
        var result = PartialResult<TopicPartition>()
        var start = 0
        while start < rows.count {
            let end = min(start + Self.partitionsPerRequest, rows.count)
            let chunk = Array(rows[start..<end])
            do throws(KafkaAdminError) {
                let responses = try await alterOnce(chunk, verb, keepingReplicationFactor)
                for topic in responses {
                    for partition in topic.partitions {
                        result.record(
                            TopicPartition(topic: topic.name, partition: partition.partitionIndex), verb,
                            partition.errorCode, partition.errorMessage, alreadyDone: alreadyDone)
                    }
                }
                result.expect(chunk.map(\.partition), verb)
            } catch {
                for row in rows[start...] { result.fail(row.partition, error) }
                return result
            }
            start = end
        }
        return result
    }

    private func alterOnce(
        _ rows: [(partition: TopicPartition, replicas: [NodeID]?)], _ verb: String, _ keepingReplicationFactor: Bool
    ) async throws(KafkaAdminError) -> [AlterPartitionReassignmentsResponse.ReassignableTopicResponse] {
        let operation = AdminOperation("\(verb) partitions")
        var request = AlterPartitionReassignmentsRequest(
            timeoutMs: timeoutMs, allowReplicationFactorChange: !keepingReplicationFactor)
        request.topics = Self.byTopic(rows, \.partition).map { topic, rows in
            .init(
                name: topic,
                partitions: rows.map {
                    .init(partitionIndex: $0.partition.partition, replicas: $0.replicas?.map(\.rawValue))
                })
        }
        var older = request
        older.allowReplicationFactorChange = true
        let response = try await call(request, operation, at: .controller, fallback: older)
        try operation.check(response.errorCode, response.errorMessage)
        return response.responses
    }

    /// Elects leaders. A partition that has the right one already counts as done.
    ///
    /// - Parameters:
    ///   - election: Which replica becomes the leader.
    ///   - partitions: `.all` elects where the leader is not the preferred one; the answer then lists just those.
    /// - Returns: Those with the right leader now, and the others.
    /// - Throws: As every call; a partition's own error is in the result.
    public func electLeaders(
        _ election: Election = .preferred, _ partitions: Selection<TopicPartition> = .all
    ) async throws(KafkaAdminError) -> PartialResult<TopicPartition> {
        let operation = AdminOperation("elect leaders")
        var request = ElectLeadersRequest(electionType: election.rawValue, topicPartitions: nil, timeoutMs: timeoutMs)
        if case .only(let partitions) = partitions {
            request.topicPartitions = Self.byTopic(partitions, \.self).map {
                .init(topic: $0.topic, partitions: $0.rows.map(\.partition))
            }
        }
        let response = try await call(request, operation, at: .controller)
        try operation.check(response.errorCode)
        var result = PartialResult<TopicPartition>()
        for topic in response.replicaElectionResults {
            for partition in topic.partitionResult {
                result.record(
                    TopicPartition(topic: topic.topic, partition: partition.partitionId), "elect a leader",
                    partition.errorCode, partition.errorMessage, alreadyDone: [.electionNotNeeded])
            }
        }
        return result
    }

    /// Rows grouped by topic, topics in their order of appearance, as Kafka's requests want them.
    static func byTopic<Row>(
        _ rows: [Row], _ partition: (Row) -> TopicPartition
    ) -> [(topic: String, rows: [Row])] {
        var places: [String: Int] = [:]
        var groups: [(topic: String, rows: [Row])] = []
        for row in rows {
            let topic = partition(row).topic
            if let place = places[topic] {
                groups[place].rows.append(row)
            } else {
                places[topic] = groups.count
                groups.append((topic, [row]))
            }
        }
        return groups
    }
}
