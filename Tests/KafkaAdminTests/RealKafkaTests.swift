import FleetModel
import Foundation
import KafkaAdmin
import KafkaClient
import KafkaProtocol
import Testing

/// The calls on real brokers.
@Suite(.serialized) struct RealKafkaTests {
    @Test(.enabled(if: RealKafka.isPresent("4.3.1"), "needs Kafka 4.3.1 in KAFKA_DISTS and Java"))
    func `every call does on real Kafka what it says`() async throws {
        try await RealKafka.run("4.3.1") { kafka in
            try await withAdmins(kafka) { brokers, controllers in
                let description = try await bothServe(brokers)
                #expect(description.clusterID == kafka.clusterID)
                #expect(description.includesFenced)
                #expect(description.nodes.map(\.rack) == ["rack-1", "rack-2"])
                try await quorum(kafka, brokers, controllers)
                try await canaries(brokers)
                try await partitions(brokers)
                try await settings(brokers, controllers)
                try await ghost(kafka, brokers)
            }
        }
    }

    @Test(.enabled(if: RealKafka.isPresent("3.9.2"), "needs Kafka 3.9.2 in KAFKA_DISTS and Java"))
    func `an older Kafka is asked for what it has, and what it lacks is said`() async throws {
        try await RealKafka.run("3.9.2") { kafka in
            try await withAdmins(kafka) { brokers, controllers in
                let description = try await bothServe(brokers)
                #expect(!description.includesFenced)
                #expect(try await controllers.describeQuorum().voters.map(\.id) == [1])
                #expect(try await controllers.describeCluster().nodes.map(\.id) == [1])
                try await canaries(brokers)
                #expect(try await brokers.createTopics([.init(name: "t", placement: .assigned([[1]]))]).done == ["t"])
                let partition = TopicPartition(topic: "t", partition: 0)
                _ = try await eventually("the topic shows") {
                    try await brokers.metadata(.only(["t"])).partitions.count == 1 ? true : nil
                }
                let moved = await brokers.reassign([.init(partition: partition, replicas: [2])])
                #expect(moved.done == [partition], "\(moved.failed)")
                let directories = await brokers.describeLogDirectories(of: [1, 2]).answered
                #expect(directories.values.flatMap { $0 }.allSatisfy { $0.usable != nil && !$0.isCordoned })
                #expect(try await brokers.deleteTopics(["t"]).isComplete)
                let missing = await #expect(throws: KafkaAdminError.self) { try await brokers.unregisterController(9) }
                guard case .notOffered = missing?.reason else {
                    Issue.record("\(String(describing: missing))")
                    return
                }
            }
        }
    }

    /// Starts two nodes and gives the administration through brokers and through controllers to `body`.
    private func withAdmins(
        _ kafka: RealKafka, _ body: (_ brokers: KafkaAdmin, _ controllers: KafkaAdmin) async throws -> Void
    ) async throws {
        try kafka.start(1)
        try kafka.start(2)
        let addresses = [NodeID(1), 2].map { KafkaAddress(host: "127.0.0.1", port: kafka.port($0)) }
        let controller = KafkaAddress(host: "127.0.0.1", port: kafka.controllerPort)
        try await withKafkaClient(KafkaClientConfiguration(bootstrap: addresses)) { brokers in
            try await withKafkaClient(
                KafkaClientConfiguration(bootstrap: [controller], role: .controllers)
            ) { controllers in
                try await body(KafkaAdmin(brokers), KafkaAdmin(controllers))
            }
        }
    }

    private func bothServe(_ brokers: KafkaAdmin) async throws -> ClusterDescription {
        try await eventually("both brokers serve") {
            let description = try await brokers.describeCluster()
            return description.nodes.filter { !$0.fenced }.count == 2 ? description : nil
        }
    }

    private func quorum(_ kafka: RealKafka, _ brokers: KafkaAdmin, _ controllers: KafkaAdmin) async throws {
        for admin in [brokers, controllers] {
            let quorum = try await admin.describeQuorum()
            #expect(quorum.leader == 1)
            #expect(quorum.voters.map(\.id) == [1])
            #expect(quorum.voters.first?.directoryID != nil)
        }
        #expect(try await controllers.describeCluster().nodes.map(\.id) == [1])
        #expect(try await brokers.describeFeatures().metadataVersion == 30)
        try await brokers.updateFeatures([.init(feature: "metadata.version", level: 30)], validateOnly: true)

        let voter = try #require(try await brokers.describeQuorum().voters.first)
        let directory = try #require(voter.directoryID)
        let listeners = [
            VoterListener(name: "CONTROLLER", endpoint: Endpoint(host: "127.0.0.1", port: kafka.controllerPort))
        ]
        #expect(
            try await brokers.addVoter(1, directory: directory, listeners: listeners, cluster: kafka.clusterID)
                == .alreadySo)
        #expect(try await brokers.removeVoter(9, directory: directory, cluster: kafka.clusterID) == .alreadySo)
        let stranger = try #require(ClusterID(rawValue: "AAAAAAAAAAAAAAAAAAAAAQ"))
        let error = await #expect(throws: KafkaAdminError.self) {
            try await brokers.removeVoter(1, directory: directory, cluster: stranger)
        }
        #expect(error?.code == .inconsistentClusterId)
    }

    private func canaries(_ brokers: KafkaAdmin) async throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        for id: NodeID in [1, 2] {
            for _ in 0..<2 {
                let times = try await brokers.canary(id, now: now)
                #expect(times.produce > .zero)
            }
        }
        let topic = TopicPartition(topic: CanaryTopic.name(of: 1), partition: 0)
        let (latest, _) = try await brokers.listOffsets(of: [topic], .latest)
        #expect(latest == [topic: 2])
        let metadata = try await brokers.metadata(.only([topic.topic]))
        let place = RecordPlace(partition: topic, topicID: metadata.topicIDs[topic.topic], broker: 1)
        let records = try await brokers.read(place, from: 1)
        #expect(records.map(\.offset) == [1])
        let elsewhere = RecordPlace(partition: topic, topicID: metadata.topicIDs[topic.topic], broker: 2)
        let refusal = await #expect(throws: KafkaAdminError.self) {
            try await brokers.append([Record(timestamp: 0, value: [])], to: elsewhere)
        }
        #expect(refusal?.code == .notLeaderOrFollower)
        let beyond = await #expect(throws: KafkaAdminError.self) { try await brokers.read(place, from: 99) }
        #expect(beyond?.code == .offsetOutOfRange)
    }

    private func partitions(_ brokers: KafkaAdmin) async throws {
        let made = try await brokers.createTopics([
            .init(name: "orders", placement: .assigned([[1], [1], [2]]), settings: ["retention.ms": "60000"])
        ])
        #expect(made.done == ["orders"])
        #expect(
            try await brokers.createTopics([.init(name: "orders", placement: .assigned([[1]]))]).failed.first?.error
                .code
                == .topicAlreadyExists)
        #expect(try await brokers.createPartitions(["orders": 4], assignments: ["orders": [[2]]]).isComplete)
        let names = (0..<4).map { TopicPartition(topic: "orders", partition: $0) }
        _ = try await eventually("four partitions") {
            try await brokers.metadata(.only(["orders"])).partitions.count == 4 ? true : nil
        }

        let moved = await brokers.reassign([
            .init(partition: names[0], replicas: [2]), .init(partition: names[1], replicas: [9]),
            .init(partition: names[2], replicas: [1, 2]),
            .init(partition: TopicPartition(topic: "none", partition: 0), replicas: [1]),
        ])
        #expect(moved.done == [names[0]])
        let codes = Dictionary(uniqueKeysWithValues: moved.failed.map { ($0.subject, $0.error.code) })
        #expect(codes[names[1]] == .invalidReplicaAssignment)
        #expect(codes[names[2]] == .invalidReplicationFactor)
        #expect(codes[TopicPartition(topic: "none", partition: 0)] == .unknownTopicOrPartition)
        _ = try await eventually("the move ends") {
            let table = try await brokers.metadata(.only(["orders"])).partitions
            let isThere = table.rows.contains { $0.name == names[0] && Array($0.replicas) == [2] && $0.leader == 2 }
            let moving = try await brokers.listReassignments()
            return isThere && moving.isEmpty ? true : nil
        }
        let cancelled = await brokers.cancelReassignments([names[0]])
        #expect(cancelled.unchanged == [names[0]])
        #expect(try await brokers.electLeaders(.preferred, .only(names)).unchanged.count == 4)

        let answers = await brokers.describeLogDirectories(of: [1, 2])
        #expect(answers.failed.isEmpty)
        let directories = try #require(answers.answered[2])
        #expect(directories.count == 2)
        #expect(directories.allSatisfy { $0.total ?? .zero > .zero && $0.error == nil && !$0.isCordoned })
        let here = try #require(directories.first { $0.replicas.contains { $0.partition == names[0] } })
        let there = try #require(directories.first { $0.path != here.path })
        #expect(try await brokers.moveReplicas([there.path: [names[0]]], on: 2).done == [names[0]])
        _ = try await eventually("the replica changes its directory") {
            let now = await brokers.describeLogDirectories(of: [2], .only([names[0]])).answered[2]
            let held = now?.first { $0.replicas.contains { $0.partition == names[0] && !$0.isFuture } }
            return held?.path == there.path ? true : nil
        }
        let deleted = try await brokers.deleteTopics(["orders", "none"])
        #expect(deleted.isComplete)
        #expect(deleted.unchanged == ["none"])
    }

    private func settings(_ brokers: KafkaAdmin, _ controllers: KafkaAdmin) async throws {
        let rate = "leader.replication.throttled.rate"
        let topic = CanaryTopic.name(of: 1)
        let list = "leader.replication.throttled.replicas"
        let changed = await brokers.changeSettings([
            .broker(2): [.init("cordoned.log.dirs", .set("*"))], .broker(1): [.init(rate, .set("1000"))],
            .topic(topic): [.init(list, .append(["0:1"]))], .broker(9): [.init(rate, .delete)],
        ])
        #expect(Set(changed.done) == [.broker(2), .broker(1), .topic(topic)])
        #expect(changed.failed.map(\.subject) == [.broker(9)])
        _ = try await eventually("broker 2 is cordoned") {
            await brokers.describeLogDirectories(of: [2]).answered[2]?.allSatisfy(\.isCordoned) == true ? true : nil
        }
        let (read, failed) = await brokers.describeSettings(of: [.broker(1), .topic(topic)], .only([rate, list]))
        #expect(failed.isComplete)
        #expect(read[.broker(1)]?.map(\.value) == ["1000"])
        #expect(read[.broker(1)]?.first?.source == .broker)
        #expect(read[.topic(topic)]?.map(\.value) == ["0:1"])

        let undone = await controllers.changeSettings([
            .broker(2): [.init("cordoned.log.dirs", .delete)], .broker(1): [.init(rate, .delete)],
            .topic(topic): [.init(list, .subtract(["0:1"]))],
        ])
        #expect(undone.isComplete, "\(undone.failed)")
        // What the controllers took reaches the brokers a moment later; taking the last entry out leaves "".
        _ = try await eventually("the list is empty") {
            let (after, _) = await brokers.describeSettings(of: [.topic(topic)], .only([list]))
            return after[.topic(topic)]?.map(\.value) == [""] ? true : nil
        }
    }

    /// A broker that died, and is forgotten.
    private func ghost(_ kafka: RealKafka, _ brokers: KafkaAdmin) async throws {
        kafka.kill(2)
        let answers = await brokers.describeLogDirectories(of: [1, 2])
        #expect(Set(answers.answered.keys) == [1])
        #expect(Set(answers.failed.keys) == [2])
        let fenced = try await eventually("broker 2 is fenced") {
            try await brokers.describeCluster().nodes.first { $0.id == 2 && $0.fenced }
        }
        #expect(fenced.rack == "rack-2")
        #expect(try await brokers.unregisterBroker(2))
        _ = try await eventually("broker 2 is forgotten") {
            try await brokers.describeCluster().nodes.contains { $0.id == 2 } ? nil : true
        }
        #expect(try await !brokers.unregisterBroker(2))
    }
}
