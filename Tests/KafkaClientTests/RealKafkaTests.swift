import EventLoop
import Foundation
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite(
    .enabled(if: RealKafka.home != nil, "no Kafka 4.3.1 under KAFKA_DISTS"), .serialized, .timeLimit(.minutes(3)))
struct RealKafkaTests {
    @Test func `a real broker is described, written to and read, over every security protocol`() async throws {
        try await RealKafka.with { kafka in
            try await withEventLoop { loop in
                try await metadata(kafka, loop)
                try await produceAndFetch(kafka, loop)
                try await controller(kafka, loop)
                try await logins(kafka, loop)
                try await encryption(kafka, loop)
            }
        }
    }

    /// A broker that is still starting refuses connections: that is what retries are for.
    private func patient(_ kafka: RealKafka, _ listener: String = "PLAIN") -> KafkaClientConfiguration {
        KafkaClientConfiguration(
            bootstrap: [kafka.address(listener)],
            retry: RetryPolicy(attempts: 100, firstPause: .milliseconds(100), longestPause: .milliseconds(500)))
    }

    private func metadata(_ kafka: RealKafka, _ loop: EventLoop) async throws {
        try await withKafkaClient(patient(kafka), on: loop) { client in
            let answer = try await client.ask(
                MetadataRequest(topics: []), of: .any, deadline: .now + .seconds(60))
            #expect(answer.response.clusterId == RealKafka.clusterID)
            #expect(answer.version == 13)
            #expect(try await client.nodes(deadline: .now + .seconds(10)) == [1: kafka.address("PLAIN")])
            let offered = try await client.capabilities(of: .broker(1), deadline: .now + .seconds(10))
            #expect(offered.versions[.produce] == 0...13 && offered.versions[.describeLogDirs] == 1...5)
            #expect(offered.finalizedFeatures["metadata.version"] == 30)
            let absent = await #expect(throws: KafkaClientError.self) {
                _ = try await client.capabilities(of: .broker(9), deadline: .now + .seconds(10), retry: .once)
            }
            #expect(absent?.code == .unknownNode)
        }
    }

    private func produceAndFetch(_ kafka: RealKafka, _ loop: EventLoop) async throws {
        try await withKafkaClient(patient(kafka), on: loop) { client in
            let topic = CreateTopicsRequest.CreatableTopic(
                name: "canary", numPartitions: -1, replicationFactor: -1,
                assignments: [.init(partitionIndex: 0, brokerIds: [1])])
            let created = try await client.send(
                CreateTopicsRequest(topics: [topic]), to: .controller, deadline: .now + .seconds(20))
            #expect(created.topics.map(\.errorCode) == [0])
            let batch = try RecordBatch.encode([Record(timestamp: 1, value: Array("canary".utf8))])
            let leader = KafkaRoute.leader(topic: "canary", partition: 0)
            let deadline = ContinuousClock.now + .seconds(60)
            var code: ErrorCode?
            // The broker hears of a new partition after the controller has answered; what is deep in an answer is the
            // caller's to repeat.
            repeat {
                await client.forget(leader)
                let produced = try await client.send(
                    ProduceRequest(
                        acks: -1, timeoutMs: 5000,
                        topicData: [.init(name: "canary", partitionData: [.init(index: 0, records: batch)])]),
                    to: leader, deadline: deadline, versionLimit: 12)
                code = produced.responses.first?.partitionResponses.first?.errorCode
            } while code == .notLeaderOrFollower && .now < deadline
            #expect(code == 0)
            let fetched = try await client.send(
                FetchRequest(
                    maxWaitMs: 1000, minBytes: 1, maxBytes: 1 << 20,
                    topics: [
                        .init(
                            topic: "canary",
                            partitions: [.init(partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20)])
                    ]),
                to: leader, deadline: .now + .seconds(20), versionLimit: 12)
            let bytes = try #require(fetched.responses.first?.partitions.first?.records)
            #expect(try RecordBatch.decode(bytes).flatMap(\.records).map(\.value) == [Array("canary".utf8)])

            let missing = await #expect(throws: KafkaClientError.self) {
                _ = try await client.send(
                    MetadataRequest(topics: []), to: .leader(topic: "nowhere", partition: 0),
                    deadline: .now + .seconds(10), retry: .once)
            }
            #expect(missing?.code == .noLeader)
        }
    }

    private func controller(_ kafka: RealKafka, _ loop: EventLoop) async throws {
        var configuration = patient(kafka, "CONTROLLER")
        configuration.role = .controllers
        try await withKafkaClient(configuration, on: loop) { client in
            #expect(try await client.nodes(deadline: .now + .seconds(10)) == [1: kafka.address("CONTROLLER")])
            let quorum = try await client.send(
                DescribeQuorumRequest(
                    topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])]),
                to: .controller, deadline: .now + .seconds(20))
            #expect(quorum.topics.first?.partitions.first?.leaderId == 1)
        }
    }

    private func logins(_ kafka: RealKafka, _ loop: EventLoop) async throws {
        for mechanism in SASLLogin.Mechanism.allCases {
            for (password, isRight) in [("admin-secret", true), ("wrong", false)] {
                var configuration = patient(kafka, "LOGIN")
                configuration.retry = .once
                configuration.security.login = SASLLogin(mechanism: mechanism, user: "admin", password: password)
                try await withKafkaClient(configuration, on: loop) { client in
                    let result: Result<MetadataResponse, any Error>
                    do {
                        result = .success(
                            try await client.send(
                                MetadataRequest(topics: []), to: .any, deadline: .now + .seconds(20)))
                    } catch {
                        result = .failure(error)
                    }
                    if isRight {
                        let answer = try result.get()
                        #expect(answer.clusterId == RealKafka.clusterID, "\(mechanism)")
                    } else {
                        let error = #expect(throws: KafkaClientError.self) { _ = try result.get() }
                        #expect(error?.code == .authenticationFailed, "\(mechanism): \(error?.description ?? "")")
                        #expect(error?.description.contains("wrong") == false)
                    }
                }
            }
        }
        // Without a login, and with one where there is none to be had.
        for (listener, login) in [
            ("LOGIN", nil), ("PLAIN", SASLLogin(mechanism: .plain, user: "admin", password: "x")),
        ] {
            var configuration = patient(kafka, listener)
            configuration.retry = .once
            configuration.security.login = login
            try await withKafkaClient(configuration, on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(MetadataRequest(topics: []), to: .any, deadline: .now + .seconds(20))
                }
                #expect([.connectionLost, .authenticationFailed].contains(error?.code), "\(error?.description ?? "")")
            }
        }
    }

    private func encryption(_ kafka: RealKafka, _ loop: EventLoop) async throws {
        let trust = TLSTrust.file(kafka.certificates.file("ca.pem"))
        let anonymous = try TLSContext.client(trust: trust)
        let identified = try TLSContext.client(trust: trust, identity: kafka.certificates.identity("client"))
        for (listener, tls, expected) in [
            ("TLS", anonymous, nil), ("MUTUAL", identified, nil),
            ("MUTUAL", anonymous, KafkaClientError.Code.tlsFailed),
            ("PLAIN", anonymous, .tlsFailed), ("TLS", nil, .notKafka),
        ] as [(String, TLSContext?, KafkaClientError.Code?)] {
            var configuration = patient(kafka, listener)
            configuration.retry = .once
            configuration.security.tls = tls
            try await withKafkaClient(configuration, on: loop) { client in
                do {
                    let answer = try await client.send(
                        MetadataRequest(topics: []), to: .any, deadline: .now + .seconds(20))
                    #expect(expected == nil && answer.clusterId == RealKafka.clusterID, "\(listener)")
                } catch let error as KafkaClientError {
                    #expect(error.code == expected, "\(listener): \(error)")
                    if listener == "MUTUAL" { #expect(error.reason.contains("client certificate"), "\(error)") }
                }
            }
        }
    }
}
