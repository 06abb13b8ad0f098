import FleetModel
import KafkaAdmin
import KafkaProtocol
import Testing

/// Topics, partitions, reassignments, elections.
@Suite struct PartitionCallTests {
    private let broker = FakeNode(1)

    private func partition(_ topic: String, _ number: Int32) -> TopicPartition {
        TopicPartition(topic: topic, partition: number)
    }

    @Test func `metadata becomes a table, and a topic's error stands beside it`() async throws {
        broker.on(MetadataRequest.self) { request in
            #expect(request.topics == nil)
            #expect(!request.allowAutoTopicCreation)
            return MetadataResponse(
                brokers: [.init(nodeId: 2, host: "h2", port: 1), .init(nodeId: 1, host: "h1", port: 1, rack: "r")],
                clusterId: "c", controllerId: 1,
                topics: [
                    .init(
                        name: "orders", topicId: KafkaUUID(high: 0, low: 5),
                        partitions: [
                            .init(partitionIndex: 0, leaderId: 2, replicaNodes: [2, 1], isrNodes: [2]),
                            .init(
                                errorCode: .leaderNotAvailable, partitionIndex: 1, leaderId: -1, replicaNodes: [1],
                                isrNodes: [], offlineReplicas: [1]),
                        ]),
                    .init(errorCode: .topicAuthorizationFailed, name: "secret"),
                ])
        }
        let metadata = try await KafkaAdmin(broker).metadata()
        #expect(metadata.clusterID?.rawValue == "c")
        #expect(metadata.brokers.map(\.id) == [1, 2])
        #expect(metadata.partitions.count == 2)
        #expect(metadata.partitions[0].leader == 2)
        #expect(Array(metadata.partitions[0].replicas) == [2, 1])
        #expect(Array(metadata.partitions[0].inSync) == [2])
        #expect(metadata.partitions[1].leader == nil)
        #expect(metadata.topicIDs == ["orders": KafkaUUID(high: 0, low: 5)])
        #expect(metadata.failed.map(\.subject) == ["secret"])
    }

    @Test func `topics are made where they are assigned`() async throws {
        broker.on(CreateTopicsRequest.self) { request in
            #expect(
                request.topics == [
                    .init(
                        name: "a", numPartitions: -1, replicationFactor: -1,
                        assignments: [
                            .init(partitionIndex: 0, brokerIds: [1, 2]), .init(partitionIndex: 1, brokerIds: [2, 1]),
                        ], configs: [.init(name: "retention.ms", value: "1")]),
                    .init(name: "b", numPartitions: 3, replicationFactor: -1),
                    .init(name: "lost", numPartitions: -1, replicationFactor: -1),
                ])
            return CreateTopicsResponse(topics: [
                .init(name: "a"), .init(name: "b", errorCode: .topicAlreadyExists, errorMessage: "Topic 'b' exists."),
            ])
        }
        let result = try await KafkaAdmin(broker).createTopics([
            .init(name: "a", placement: .assigned([[1, 2], [2, 1]]), settings: ["retention.ms": "1"]),
            .init(name: "b", placement: .automatic(partitions: 3, replicationFactor: nil)),
            .init(name: "lost", placement: .automatic(partitions: nil, replicationFactor: nil)),
        ])
        #expect(result.done == ["a"])
        #expect(result.failed.map(\.subject) == ["b", "lost"])
        #expect(result.failed.first?.error.code == .topicAlreadyExists)
        #expect(result.failed.last?.error.description == "cannot make the topic (lost): the answer leaves it out")
    }

    @Test(arguments: [1...3, 1...6] as [ClosedRange<Int16>])
    func `topics are deleted by old brokers and new ones`(versions: ClosedRange<Int16>) async throws {
        broker.on(DeleteTopicsRequest.self, versions: versions) { request in
            #expect(request.topics.compactMap(\.name) + request.topicNames == ["a", "gone"])
            return DeleteTopicsResponse(responses: [
                .init(name: "a"), .init(name: "gone", errorCode: .unknownTopicOrPartition),
            ])
        }
        let result = try await KafkaAdmin(broker).deleteTopics(["a", "gone"])
        #expect(result.done == ["a", "gone"])
        #expect(result.unchanged == ["gone"])
        #expect(result.isComplete)
    }

    @Test func `partitions are added`() async throws {
        broker.on(CreatePartitionsRequest.self) { request in
            #expect(
                request.topics == [
                    .init(name: "a", count: 4, assignments: [.init(brokerIds: [1, 2])]),
                    .init(name: "b", count: 9, assignments: nil),
                ])
            return .init(results: [.init(name: "a"), .init(name: "b", errorCode: .invalidPartitions)])
        }
        let result = try await KafkaAdmin(broker).createPartitions(["b": 9, "a": 4], assignments: ["a": [[1, 2]]])
        #expect(result.done == ["a"])
        #expect(result.failed.map(\.subject) == ["b"])
    }

    @Test func `moves are sent in requests of bounded size, topic by topic`() async throws {
        broker.on(AlterPartitionReassignmentsRequest.self) { request in
            #expect(!request.allowReplicationFactorChange)
            return .init(
                responses: request.topics.map { topic in
                    .init(
                        name: topic.name, partitions: topic.partitions.map { .init(partitionIndex: $0.partitionIndex) })
                })
        }
        let targets = (0..<12_000).map {
            ReplicaTarget(partition: partition("t\($0 % 7)", Int32($0 / 7)), replicas: [1, 2])
        }
        let result = await KafkaAdmin(broker).reassign(targets)
        #expect(Set(result.done) == Set(targets.map(\.partition)))
        #expect(result.isComplete)
        let sizes = broker.requests(AlterPartitionReassignmentsRequest.self).map { request in
            request.topics.reduce(0) { $0 + $1.partitions.count }
        }
        #expect(sizes == [5000, 5000, 2000])
        #expect(broker.requests(AlterPartitionReassignmentsRequest.self).allSatisfy { $0.topics.count == 7 })
    }

    @Test func `each partition's refusal is kept, and those an answer leaves out are failures`() async throws {
        broker.on(AlterPartitionReassignmentsRequest.self) { _ in
            .init(responses: [
                .init(
                    name: "t",
                    partitions: [
                        .init(partitionIndex: 0),
                        .init(
                            partitionIndex: 1, errorCode: .invalidReplicaAssignment,
                            errorMessage: "no such broker is registered."),
                    ])
            ])
        }
        let result = await KafkaAdmin(broker).reassign(
            (0..<3).map { .init(partition: partition("t", $0), replicas: [9]) })
        #expect(result.done == [partition("t", 0)])
        #expect(result.failed.map(\.subject) == [partition("t", 1), partition("t", 2)])
        #expect(result.failed[0].error.code == .invalidReplicaAssignment)
        #expect(result.failed[0].error.description.contains("no such broker is registered."))
    }

    @Test func `when a request fails as a whole, what went before stays done`() async throws {
        broker.on(AlterPartitionReassignmentsRequest.self) { request in
            guard request.topics.first?.partitions.first?.partitionIndex == 0 else {
                return .init(errorCode: .notController)
            }
            return .init(
                responses: request.topics.map { topic in
                    .init(
                        name: topic.name, partitions: topic.partitions.map { .init(partitionIndex: $0.partitionIndex) })
                })
        }
        let targets = (0..<Int32(11_000)).map { ReplicaTarget(partition: partition("t", $0), replicas: [1]) }
        let result = await KafkaAdmin(broker).reassign(targets)
        #expect(result.done.count == 5000)
        #expect(result.failed.count == 6000)
        #expect(result.failed.allSatisfy { $0.error.code == .notController })
        #expect(broker.requests(AlterPartitionReassignmentsRequest.self).count == 2)
    }

    @Test func `a broker that cannot guard the replication factor is asked without`() async throws {
        broker.on(AlterPartitionReassignmentsRequest.self, versions: 0...0) { _ in
            .init(responses: [.init(name: "t", partitions: [.init(partitionIndex: 0)])])
        }
        let result = await KafkaAdmin(broker).reassign([.init(partition: partition("t", 0), replicas: [1])])
        #expect(result.done == [partition("t", 0)])
    }

    @Test func `cancelling what has ended is done already`() async throws {
        broker.on(AlterPartitionReassignmentsRequest.self) { request in
            #expect(request.topics.flatMap(\.partitions).allSatisfy { $0.replicas == nil })
            return .init(responses: [
                .init(
                    name: "t",
                    partitions: [
                        .init(partitionIndex: 0), .init(partitionIndex: 1, errorCode: .noReassignmentInProgress),
                    ])
            ])
        }
        let result = await KafkaAdmin(broker).cancelReassignments([partition("t", 0), partition("t", 1)])
        #expect(result.done == [partition("t", 0), partition("t", 1)])
        #expect(result.unchanged == [partition("t", 1)])
    }

    @Test func `moves under way are listed`() async throws {
        broker.on(ListPartitionReassignmentsRequest.self) { request in
            #expect(request.topics == nil)
            return .init(topics: [
                .init(
                    name: "t",
                    partitions: [
                        .init(partitionIndex: 3, replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [1])
                    ])
            ])
        }
        #expect(
            try await KafkaAdmin(broker).listReassignments() == [
                ReassignmentObservation(partition: partition("t", 3), replicas: [1, 2, 3], adding: [3], removing: [1])
            ])
    }

    @Test func `no partitions and all partitions are different questions`() async throws {
        broker.on(ListPartitionReassignmentsRequest.self) { request in
            #expect(request.topics?.isEmpty == true)
            return .init()
        }
        broker.on(ElectLeadersRequest.self) { request in
            #expect(request.topicPartitions?.isEmpty == true)
            return .init()
        }
        let admin = KafkaAdmin(broker)
        #expect(try await admin.listReassignments(.only([])).isEmpty)
        #expect(try await admin.electLeaders(.preferred, .only([])).isComplete)
    }

    @Test func `an election that is not needed is done already`() async throws {
        broker.on(ElectLeadersRequest.self) { request in
            #expect(request.topicPartitions == nil)
            #expect(request.electionType == 0)
            return .init(replicaElectionResults: [
                .init(
                    topic: "t",
                    partitionResult: [
                        .init(partitionId: 0), .init(partitionId: 1, errorCode: 84),
                        .init(partitionId: 2, errorCode: 80),
                    ])
            ])
        }
        let result = try await KafkaAdmin(broker).electLeaders()
        #expect(result.done == [partition("t", 0), partition("t", 1)])
        #expect(result.unchanged == [partition("t", 1)])
        #expect(result.failed.map(\.subject) == [partition("t", 2)])
    }
}
