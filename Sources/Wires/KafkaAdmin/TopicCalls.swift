public import FleetModel
import KafkaProtocol

/// A topic to make.
public struct NewTopic: Hashable, Sendable {
    /// Where its replicas go.
    public enum Placement: Hashable, Sendable {
        /// Exactly here: the replicas of each partition, the preferred leader first. Kafka accepts cordoned and
        /// stopped brokers: check before.
        case assigned([[NodeID]])
        /// Where Kafka puts them; nil takes the cluster's default.
        case automatic(partitions: Int32?, replicationFactor: Int16?)
    }

    /// Its name.
    public var name: String
    /// Where its replicas go.
    public var placement: Placement
    /// Settings that differ from the cluster's.
    public var settings: [String: String]

    /// A topic of these parts.
    public init(name: String, placement: Placement, settings: [String: String] = [:]) {
        self.name = name
        self.placement = placement
        self.settings = settings
    }
}

extension KafkaAdmin {
    /// Makes topics. One that exists counts as failed (36): whether it is what was wanted, only the caller knows.
    ///
    /// Kafka takes at most 10,000 partitions a request.
    /// - Throws: As every call; a topic's own error is in the result.
    public func createTopics(
        _ topics: [NewTopic], validateOnly: Bool = false
    ) async throws(KafkaAdminError) -> PartialResult<String> {
        let operation = AdminOperation("make topics")
        let request = CreateTopicsRequest(
            topics: topics.map(CreateTopicsRequest.CreatableTopic.init), timeoutMs: timeoutMs,
            validateOnly: validateOnly)
        let response = try await call(request, operation, at: .controller)
        var result = PartialResult<String>()
        for topic in response.topics {
            result.record(topic.name, "make the topic", topic.errorCode, topic.errorMessage)
        }
        result.expect(topics.map(\.name), "make the topic")
        return result
    }

    /// Deletes topics with all their records. One that does not exist counts as done.
    /// - Throws: As every call; a topic's own error is in the result.
    public func deleteTopics(_ names: [String]) async throws(KafkaAdminError) -> PartialResult<String> {
        let operation = AdminOperation("delete topics")
        // Version 6 has the topics in another field than those before; only the older one may be dropped in silence.
        let request = DeleteTopicsRequest(topics: names.map { .init(name: $0) }, timeoutMs: timeoutMs)
        let older = DeleteTopicsRequest(topicNames: names, timeoutMs: timeoutMs)
        let response = try await call(request, operation, at: .controller, fallback: older)
        var result = PartialResult<String>()
        for topic in response.responses {
            guard let name = topic.name else { continue }
            result.record(
                name, "delete the topic", topic.errorCode, topic.errorMessage,
                alreadyDone: [.unknownTopicOrPartition])
        }
        result.expect(names, "delete the topic")
        return result
    }

    /// Grows topics to a number of partitions, their replicas where Kafka puts them or, for those in `assignments`,
    /// exactly there (the replicas of each *new* partition).
    /// - Throws: As every call; a topic's own error is in the result.
    public func createPartitions(
        _ counts: [String: Int32], assignments: [String: [[NodeID]]] = [:]
    ) async throws(KafkaAdminError) -> PartialResult<String> {
        let operation = AdminOperation("add partitions")
        let request = CreatePartitionsRequest(
            topics: counts.sorted { $0.key < $1.key }.map { name, count in
                .init(
                    name: name, count: count,
                    assignments: assignments[name]?.map { .init(brokerIds: $0.map(\.rawValue)) })
            }, timeoutMs: timeoutMs)
        let response = try await call(request, operation, at: .controller)
        var result = PartialResult<String>()
        for topic in response.results {
            result.record(topic.name, "add partitions", topic.errorCode, topic.errorMessage)
        }
        result.expect(counts.keys.sorted(), "add partitions")
        return result
    }
}

extension CreateTopicsRequest.CreatableTopic {
    fileprivate init(_ topic: NewTopic) {
        self.init(
            name: topic.name, numPartitions: -1, replicationFactor: -1,
            configs: topic.settings.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) })
        switch topic.placement {
        case .assigned(let replicas):
            assignments = replicas.enumerated().map {
                .init(partitionIndex: Int32(clamping: $0.offset), brokerIds: $0.element.map(\.rawValue))
            }
        case .automatic(let partitions, let replicationFactor):
            numPartitions = partitions ?? -1
            self.replicationFactor = replicationFactor ?? -1
        }
    }
}
