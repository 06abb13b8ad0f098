import FleetModel
import KafkaAdmin
import KafkaProtocol
import Testing

/// What each broker is asked for itself: directories, settings, records.
@Suite struct BrokerCallTests {
    private let brokers = [FakeNode(1), FakeNode(2)]

    private var admin: KafkaAdmin { KafkaAdmin(brokers[0], brokers[1]) }

    @Test func `directories of brokers that answer stand beside the failures of those that do not`() async throws {
        brokers[0].on(DescribeLogDirsRequest.self) { request in
            #expect(request.topics == nil)
            return .init(results: [
                .init(
                    logDir: "/d1",
                    topics: [
                        .init(
                            name: "t",
                            partitions: [
                                .init(partitionIndex: 0, partitionSize: 100, offsetLag: 0, isFutureKey: false),
                                .init(partitionIndex: 1, partitionSize: 23, offsetLag: 7, isFutureKey: true),
                            ])
                    ], totalBytes: 1000, usableBytes: 600, isCordoned: true),
                .init(errorCode: .kafkaStorageError, logDir: "/d2", totalBytes: -1, usableBytes: -1),
            ])
        }
        brokers[1].on(DescribeLogDirsRequest.self, versions: 1...1) { _ in .init(results: [.init(logDir: "/old")]) }
        let answers = await admin.describeLogDirectories(of: [2, 1, 3, 1])
        #expect(Set(answers.answered.keys) == [1, 2])
        #expect(Set(answers.failed.keys) == [3])
        let first = try #require(answers.answered[1])
        #expect(first.map(\.path) == ["/d1", "/d2"])
        #expect(first[0].isCordoned)
        #expect(
            first[0].observation
                == LogDirectoryObservation(
                    path: "/d1", error: nil, total: ByteCount(1000), usable: ByteCount(600), logBytes: ByteCount(123),
                    replicas: 2, isCordoned: true))
        #expect(first[0].replicas.map(\.isFuture) == [false, true])
        #expect(first[1].error == "KAFKA_STORAGE_ERROR")
        #expect(first[1].total == nil)
        #expect(answers.answered[2]?.first?.usable == nil)
    }

    @Test func `many brokers are all asked, each once`() async {
        let many = (1...200).map { FakeNode(NodeID(integerLiteral: $0)) }
        for node in many {
            node.on(DescribeLogDirsRequest.self) { _ in .init(results: [.init(logDir: "/\(node.id)")]) }
        }
        let admin = KafkaAdmin(FakeCluster(nodes: many, controller: 1))
        let answers = await admin.describeLogDirectories(of: many.map(\.id))
        #expect(answers.answered.count == 200)
        #expect(answers.answered.allSatisfy { $0.value.first?.path == "/\($0.key)" })
        #expect(many.allSatisfy { $0.requests(DescribeLogDirsRequest.self).count == 1 })
    }

    @Test func `replicas move between the directories of one broker`() async throws {
        brokers[1].on(AlterReplicaLogDirsRequest.self) { request in
            #expect(request.dirs == [.init(path: "/d2", topics: [.init(name: "t", partitions: [0, 5])])])
            return .init(results: [
                .init(
                    topicName: "t",
                    partitions: [.init(partitionIndex: 0), .init(partitionIndex: 5, errorCode: .logDirNotFound)])
            ])
        }
        let partitions = [Int32(0), 5].map { TopicPartition(topic: "t", partition: $0) }
        let result = try await admin.moveReplicas(["/d2": partitions], on: 2)
        #expect(result.done == [partitions[0]])
        #expect(result.failed.map(\.subject) == [partitions[1]])
    }

    @Test func `a broker's own settings are asked of it, all others of any`() async throws {
        for node in brokers {
            node.on(DescribeConfigsRequest.self) { request in
                DescribeConfigsResponse(
                    results: request.resources.map { resource in
                        #expect(resource.configurationKeys == ["min.insync.replicas"])
                        return .init(
                            resourceType: resource.resourceType, resourceName: resource.resourceName,
                            configs: [.init(name: "min.insync.replicas", value: "\(node.id)", configSource: 3)])
                    })
            }
        }
        let (settings, failed) = await admin.describeSettings(
            of: [.broker(2), .topic("t"), .allBrokers, .broker(3)], .only(["min.insync.replicas"]))
        #expect(settings[.broker(2)]?.first?.value == "2")
        #expect(settings[.topic("t")]?.first?.value == "1")
        #expect(settings[.allBrokers]?.first?.source == .allBrokers)
        #expect(failed.failed.map(\.subject) == [.broker(3)])
    }

    @Test func `settings are changed at their owner, the others' changes untouched by a failure`() async throws {
        for node in brokers {
            node.on(IncrementalAlterConfigsRequest.self) { request in
                .init(
                    responses: request.resources.map {
                        .init(
                            errorCode: $0.resourceName == "bad" ? .invalidConfig : .noError,
                            resourceType: $0.resourceType, resourceName: $0.resourceName)
                    })
            }
        }
        let result = await admin.changeSettings([
            .broker(2): [.init("cordoned.log.dirs", .set("*"))],
            .topic("t"): [
                .init("a", .append(["1:2", "3:4"])), .init("b", .subtract(["x"])), .init("c", .delete),
            ],
            .topic("bad"): [.init("a", .set("?"))],
        ])
        #expect(Set(result.done) == [.broker(2), .topic("t")])
        #expect(result.failed.map(\.subject) == [.topic("bad")])
        #expect(
            brokers[1].requests(IncrementalAlterConfigsRequest.self).flatMap(\.resources) == [
                .init(
                    resourceType: 4, resourceName: "2",
                    configs: [.init(name: "cordoned.log.dirs", configOperation: 0, value: "*")])
            ])
        let topics = brokers[0].requests(IncrementalAlterConfigsRequest.self).flatMap(\.resources)
        #expect(topics.map(\.resourceName) == ["bad", "t"])
        #expect(
            topics.last?.configs == [
                .init(name: "a", configOperation: 2, value: "1:2,3:4"),
                .init(name: "b", configOperation: 3, value: "x"), .init(name: "c", configOperation: 1, value: nil),
            ])
    }

    @Test func `controllers take the settings of all brokers at the active one`() async throws {
        brokers[1].on(IncrementalAlterConfigsRequest.self) { request in
            .init(
                responses: request.resources.map { .init(resourceType: $0.resourceType, resourceName: $0.resourceName) }
            )
        }
        let admin = KafkaAdmin(brokers[0], brokers[1], controller: 2, audience: .controllers)
        let result = await admin.changeSettings([
            .broker(4): [.init("a", .delete)], .broker(5): [.init("a", .delete)],
        ])
        #expect(Set(result.done) == [.broker(4), .broker(5)])
        #expect(brokers[1].requests(IncrementalAlterConfigsRequest.self).count == 1)
    }

    @Test func `offsets are asked of each partition's leader`() async throws {
        brokers[0].on(MetadataRequest.self) { _ in
            MetadataResponse(topics: [
                .init(
                    name: "t",
                    partitions: [
                        .init(partitionIndex: 0, leaderId: 1), .init(partitionIndex: 1, leaderId: 2),
                        .init(partitionIndex: 2, leaderId: -1), .init(partitionIndex: 3, leaderId: 3),
                    ]), .init(errorCode: .unknownTopicOrPartition, name: "gone"),
            ])
        }
        for node in brokers {
            node.on(ListOffsetsRequest.self) { request in
                .init(
                    topics: request.topics.map { topic in
                        .init(
                            name: topic.name,
                            partitions: topic.partitions.map {
                                #expect($0.timestamp == -1)
                                return .init(partitionIndex: $0.partitionIndex, offset: Int64(node.id.rawValue) * 100)
                            })
                    })
            }
        }
        let wanted = (0..<4).map { TopicPartition(topic: "t", partition: $0) } + [.init(topic: "gone", partition: 0)]
        let (offsets, failed) = try await admin.listOffsets(of: wanted, .latest)
        #expect(offsets == [wanted[0]: 100, wanted[1]: 200])
        #expect(Set(failed.failed.map(\.subject)) == [wanted[2], wanted[3], wanted[4]])
        #expect(failed.failed.first { $0.subject == wanted[2] }?.error.code == .leaderNotAvailable)
        #expect(failed.failed.first { $0.subject == wanted[4] }?.error.code == .unknownTopicOrPartition)
    }
}
