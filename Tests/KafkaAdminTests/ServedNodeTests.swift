import FleetModel
import KafkaAdmin
import KafkaClient
import KafkaProtocol
import Testing

/// The calls through the client, to nodes behind real sockets.
@Suite(.timeLimit(.minutes(1))) struct ServedNodeTests {
    private let nodes = [FakeNode(1), FakeNode(2), FakeNode(3)]

    @Test func `each broker is asked for its own, the controller for what is its`() async throws {
        for node in nodes {
            node.on(DescribeLogDirsRequest.self) { _ in .init(results: [.init(logDir: "/\(node.id)")]) }
        }
        for node in nodes { node.on(UnregisterBrokerRequest.self) { _ in .init() } }
        try await withServed(nodes) { [nodes] admin in
            #expect(admin.audience == .brokers)
            let answers = await admin.describeLogDirectories(of: [1, 2, 3])
            #expect(answers.failed.isEmpty)
            #expect(answers.answered.mapValues { $0.map(\.path) } == [1: ["/1"], 2: ["/2"], 3: ["/3"]])
            let wasRegistered = try await admin.unregisterBroker(9)
            #expect(wasRegistered)
            #expect(nodes.map { $0.requests(UnregisterBrokerRequest.self).count } == [0, 0, 1])
        }
    }

    @Test func `a broker that closes, one that answers garbage and one that is unknown fail beside the others`()
        async throws
    {
        nodes[0].on(DescribeLogDirsRequest.self) { _ in .init(results: [.init(logDir: "/d")]) }
        nodes[1].on(DescribeLogDirsRequest.self, bytes: [0, 0, 0, 8, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])
        nodes[2].on(DescribeLogDirsRequest.self) { _ in throw RealKafka.Failure(description: "closed") }
        try await withServed(nodes) { admin in
            let answers = await admin.describeLogDirectories(of: [1, 2, 3, 4])
            #expect(Set(answers.answered.keys) == [1])
            #expect(Set(answers.failed.keys) == [2, 3, 4])
            for (broker, error) in answers.failed {
                guard case .unanswered(let text, _) = error.reason else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(!text.isEmpty && !error.remedy.isEmpty)
                #expect(error.subject == "broker \(broker)")
                #expect(error.cause is KafkaClientError)
            }
        }
    }

    @Test func `a change whose answer is lost is said to be of unknown outcome`() async throws {
        nodes[2].on(AlterPartitionReassignmentsRequest.self) { _ in throw RealKafka.Failure(description: "closed") }
        try await withServed(nodes) { [nodes] admin in
            let partition = TopicPartition(topic: "t", partition: 0)
            let result = await admin.reassign([.init(partition: partition, replicas: [1])])
            let error = try #require(result.failed.first?.error)
            guard case .unanswered(_, let outcomeUnknown) = error.reason else {
                Issue.record("\(error)")
                return
            }
            #expect(outcomeUnknown)
            #expect(nodes[2].requests(AlterPartitionReassignmentsRequest.self).count == 1)
        }
    }

    @Test func `what a node's version lacks is left out, what it lacks altogether is said`() async throws {
        nodes[0].on(DescribeClusterRequest.self, versions: 0...1) { _ in .init(clusterId: "c", controllerId: 1) }
        try await withServed([nodes[0]]) { admin in
            let description = try await admin.describeCluster()
            #expect(!description.includesFenced)
            let error = await #expect(throws: KafkaAdminError.self) { try await admin.describeQuorum() }
            guard case .notOffered = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
