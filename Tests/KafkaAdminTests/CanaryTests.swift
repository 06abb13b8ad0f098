import FleetModel
import Foundation
import KafkaAdmin
import KafkaProtocol
import Testing

/// A record through a broker and back.
@Suite struct CanaryTests {
    private let broker = FakeNode(7)
    private let now = Timestamp(milliseconds: 1_764_000_000_000)
    private let topicID = KafkaUUID(high: 3, low: 4)

    /// A log of one partition, made by `CreateTopics` as a broker makes it.
    private final class Log: @unchecked Sendable {
        private let lock = NSLock()
        private var bytes: [UInt8]?
        private var looks = 0
        private var refusals: [ErrorCode]

        init(refusing refusals: [ErrorCode] = []) { self.refusals = refusals }

        /// What the broker says to a record before it has heard of its partition.
        func nextRefusal() -> ErrorCode? { lock.withLock { refusals.isEmpty ? nil : refusals.removeFirst() } }

        /// Whether the topic shows: not at the first look after it was made.
        func isVisible() -> Bool {
            lock.withLock {
                guard bytes != nil else { return false }
                looks += 1
                return looks > 2
            }
        }

        func make() { lock.withLock { bytes = [] } }

        func store(_ batch: [UInt8], at offset: Int64) {
            var batch = batch
            if batch.count > 8 { withUnsafeBytes(of: offset.bigEndian) { batch.replaceSubrange(0..<8, with: $0) } }
            lock.withLock { bytes = batch }
        }

        func read() -> [UInt8] { lock.withLock { bytes ?? [] } }
    }

    private func teach(_ log: Log, spoil: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }) {
        broker.on(MetadataRequest.self) { [topicID] request in
            #expect(request.topics?.map(\.name) == ["__gantry-canary-7"])
            guard log.isVisible() else {
                return .init(topics: [.init(errorCode: .unknownTopicOrPartition, name: "__gantry-canary-7")])
            }
            return .init(topics: [
                .init(
                    name: "__gantry-canary-7", topicId: topicID,
                    partitions: [.init(partitionIndex: 0, leaderId: 7, replicaNodes: [7], isrNodes: [7])])
            ])
        }
        broker.on(CreateTopicsRequest.self) { request in
            #expect(request.topics.first?.assignments == [.init(partitionIndex: 0, brokerIds: [7])])
            log.make()
            return .init(topics: [.init(name: "__gantry-canary-7")])
        }
        broker.on(ProduceRequest.self) { [topicID] request in
            let topic = try #require(request.topicData.first)
            #expect(request.acks == -1)
            #expect(topic.topicId == topicID)
            if let code = log.nextRefusal() {
                return .init(responses: [
                    .init(topicId: topicID, partitionResponses: [.init(index: 0, errorCode: code)])
                ])
            }
            log.store(spoil(try #require(topic.partitionData.first?.records)), at: 41)
            return .init(responses: [
                .init(topicId: topicID, partitionResponses: [.init(index: 0, baseOffset: 41)])
            ])
        }
        broker.on(FetchRequest.self) { [topicID] request in
            #expect(request.topics.first?.partitions.first?.fetchOffset == 41)
            #expect(request.sessionEpoch == -1)
            return .init(responses: [
                .init(topicId: topicID, partitions: [.init(partitionIndex: 0, highWatermark: 42, records: log.read())])
            ])
        }
    }

    @Test func `a canary makes its topic at first need and brings its record back`() async throws {
        teach(Log())
        _ = try await KafkaAdmin(broker).canary(7, now: now)
        _ = try await KafkaAdmin(broker).canary(7, now: now)
        #expect(broker.requests(CreateTopicsRequest.self).count == 1)
        let records = try broker.requests(ProduceRequest.self).map { request in
            try RecordBatch.decode(try #require(request.topicData.first?.partitionData.first?.records))
        }
        #expect(records.count == 2)
        #expect(records.flatMap(\.self).flatMap(\.records).map(\.timestamp) == [now.milliseconds, now.milliseconds])
        #expect(records.first != records.last, "two canaries must not be mistaken for one another")
    }

    @Test
    func `a broker that has not heard yet that it leads its canary's topic is asked again, and no other refusal is`()
        async throws
    {
        teach(Log(refusing: [.notLeaderOrFollower, .unknownTopicId]))
        _ = try await KafkaAdmin(broker).canary(7, now: now)
        #expect(broker.requests(ProduceRequest.self).count == 3)
        teach(Log(refusing: [.notEnoughReplicas]))
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.code == .notEnoughReplicas)
        #expect(broker.requests(ProduceRequest.self).count == 4)
    }

    @Test func `a record that comes back changed is noticed`() async throws {
        teach(Log()) { batch in
            guard let record = try? RecordBatch.decode(batch).first?.records.first else { return batch }
            let other = Record(timestamp: record.timestamp, value: record.value.map { $0.reversed() })
            return (try? RecordBatch.encode([other])) ?? batch
        }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.description.contains("other bytes") == true)
    }

    @Test func `a record that is damaged on the way is noticed`() async throws {
        teach(Log()) { batch in batch.dropLast() + [batch[batch.count - 1] ^ 1] }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.description.contains("checksum") == true)
    }

    @Test func `a record that never comes back ends in an error`() async throws {
        teach(Log()) { _ in [] }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.description.contains("did not come back") == true)
    }

    @Test func `a canary's topic that was moved away proves nothing`() async throws {
        broker.on(MetadataRequest.self) { _ in
            .init(topics: [
                .init(
                    name: "__gantry-canary-7",
                    partitions: [.init(partitionIndex: 0, leaderId: 8, replicaNodes: [8], isrNodes: [8])])
            ])
        }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.description.contains("is not on this broker") == true)
    }

    @Test func `what the broker says to the record is what the canary says`() async throws {
        teach(Log())
        broker.on(ProduceRequest.self) { _ in
            .init(responses: [
                .init(partitionResponses: [.init(index: 0, errorCode: .notEnoughReplicas, errorMessage: "too few")])
            ])
        }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).canary(7, now: now) }
        #expect(error?.code == .notEnoughReplicas)
    }
}
