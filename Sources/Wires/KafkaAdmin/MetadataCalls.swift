public import FleetModel
public import KafkaProtocol

/// What one broker's cache holds of the cluster's topics.
public struct ClusterMetadata: Sendable {
    /// The cluster's id; nil from brokers that do not tell.
    public var clusterID: ClusterID?
    /// The controller as `describeCluster()` explains it.
    public var controller: NodeID?
    /// The live brokers, by id. Stopped ones are absent.
    public var brokers: [RegisteredBroker]
    /// All partitions that were asked for. A moving partition's replicas are the old and the new ones together.
    public var partitions: PartitionTable
    /// The topics' ids, from Kafka 2.8 on.
    public var topicIDs: [String: KafkaUUID]
    /// Topics that were asked for by name and could not be described.
    public var failed: [PartialResult<String>.Failure]
}

extension KafkaAdmin {
    /// Brokers, topics and partitions as a broker has them in its cache. Never makes a topic.
    ///
    /// A topic that was just made may be missing (`UNKNOWN_TOPIC_OR_PARTITION`) for some tens of milliseconds.
    /// - Throws: As every call; a topic's own error is in `failed`.
    public func metadata(_ topics: Selection<String> = .all) async throws(KafkaAdminError) -> ClusterMetadata {
        let operation = AdminOperation("read the metadata")
        let names: [MetadataRequest.MetadataRequestTopic]? =
            switch topics {
            case .all: nil
            case .only(let names): names.map { .init(name: $0) }
            }
        let response = try await call(MetadataRequest(topics: names, allowAutoTopicCreation: false), operation)
        try operation.check(response.errorCode)
        return ClusterMetadata(response)
    }
}

extension ClusterMetadata {
    init(_ response: MetadataResponse) {
        clusterID = response.clusterId.flatMap { ClusterID(rawValue: $0) }
        controller = NodeID(rawValue: response.controllerId)
        brokers = response.brokers.compactMap { broker in
            NodeID(rawValue: broker.nodeId).map { id in
                RegisteredBroker(
                    id: id, endpoint: Endpoint(host: broker.host, port: UInt16(clamping: broker.port)),
                    rack: broker.rack, fenced: false)
            }
        }.sorted { $0.id < $1.id }
        partitions = PartitionTable()
        topicIDs = [:]
        failed = []
        let counts = response.topics.reduce(into: (partitions: 0, replicas: 0)) { sum, topic in
            sum.partitions += topic.partitions.count
            sum.replicas += topic.partitions.reduce(0) { $0 + $1.replicaNodes.count }
        }
        partitions.reserve(partitions: counts.partitions, replicas: counts.replicas)
        for topic in response.topics {
            guard let name = topic.name else { continue }
            guard topic.errorCode.isSuccess else {
                failed.append(
                    .init(subject: name, error: AdminOperation("describe the topic", name).refused(topic.errorCode)))
                continue
            }
            if topic.topicId != .zero { topicIDs[name] = topic.topicId }
            partitions.beginTopic(TopicObservation(name: name, isInternal: topic.isInternal))
            for partition in topic.partitions {
                partitions.append(
                    partition: partition.partitionIndex, leader: partition.leaderId, replicas: partition.replicaNodes,
                    inSync: partition.isrNodes)
            }
        }
    }
}
