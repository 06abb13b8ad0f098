public import FleetModel
import KafkaProtocol

/// How long a canary took.
public struct CanaryTimes: Hashable, Sendable {
    /// Until the broker had taken the record.
    public var produce: Duration
    /// Until the record was back.
    public var fetch: Duration
}

extension KafkaAdmin {
    /// How long a canary's topic may take to show its leader: a new topic appears in the brokers' caches after some
    /// 65 ms, on a loaded cluster after a few seconds.
    static let canaryTopicPatience = Duration.seconds(5)

    /// The pause between two looks at a canary's topic.
    static let canaryTopicPause = Duration.milliseconds(20)

    /// How many readings may come back empty: a record is readable once the high watermark has passed it.
    static let canaryReadings = 4

    /// What a canary's topic needs: one in-sync replica is enough, and records go after an hour.
    static let canarySettings = ["min.insync.replicas": "1", "retention.ms": "3600000"]

    /// Proves that a broker takes and gives records: appends one to the broker's own topic (one partition, one
    /// replica, there), reads it back and compares the bytes. The topic is made when there is none.
    ///
    /// - Parameters:
    ///   - broker: The broker to prove.
    ///   - now: The wall clock, for the record's timestamp.
    /// - Returns: How long the two halves took.
    /// - Throws: When the record does not come back, saying at which point; as every call.
    public func canary(_ broker: NodeID, now: Timestamp) async throws(KafkaAdminError) -> CanaryTimes {
        let operation = AdminOperation("prove", "broker \(broker)")
        let place = try await canaryPlace(at: broker, operation)
        let value = Array("\(broker) \(now) \(UInt64.random(in: .min ... .max))".utf8)
        let clock = ContinuousClock()

        let start = clock.now
        let offset = try await appendOnceLed([Record(timestamp: now.milliseconds, value: value)], to: place)
        let appended = clock.now
        for _ in 0..<Self.canaryReadings {
            guard let record = try await read(place, from: offset).first else { continue }
            guard record.offset == offset, record.value == value else {
                throw operation.unexpected("the record at offset \(offset) came back with other bytes")
            }
            return CanaryTimes(produce: appended - start, fetch: clock.now - appended)
        }
        throw operation.unexpected("the record at offset \(offset) did not come back")
    }

    /// Appends as soon as the broker itself has heard that it leads: whoever said so may have known earlier.
    private func appendOnceLed(_ records: [Record], to place: RecordPlace) async throws(KafkaAdminError) -> Int64 {
        let deadline = ContinuousClock.now + Self.canaryTopicPatience
        while true {
            do throws(KafkaAdminError) {
                return try await append(records, to: place)
            } catch {
                // Nothing was appended by any of these.
                guard Self.notHeardYet.contains(where: { $0 == error.code }), ContinuousClock.now < deadline,
                    await Self.pause(Self.canaryTopicPause)
                else { throw error }
            }
        }
    }

    /// What a broker answers that has not heard of a partition of its own yet.
    private static let notHeardYet: [ErrorCode] = [.notLeaderOrFollower, .unknownTopicOrPartition, .unknownTopicId]

    /// The broker's canary partition, made at first need, once the broker leads it.
    private func canaryPlace(
        at broker: NodeID, _ operation: AdminOperation
    ) async throws(KafkaAdminError) -> RecordPlace {
        let deadline = ContinuousClock.now + Self.canaryTopicPatience
        var made = false
        while ContinuousClock.now < deadline {
            switch try await lookForCanary(of: broker) {
            case .ready(let place): return place
            case .elsewhere:
                throw operation.unexpected(
                    "its topic \(CanaryTopic.name(of: broker)) is not on this broker: delete the topic")
            case .missing where !made:
                try await makeCanaryTopic(of: broker)
                made = true
            case .missing, .leaderless: break
            }
            guard await Self.pause(Self.canaryTopicPause) else { throw operation.unexpected("it was cancelled") }
        }
        throw operation.unexpected("its topic \(CanaryTopic.name(of: broker)) has no leader")
    }

    /// What a look at a canary's topic shows.
    private enum CanaryLook {
        case ready(RecordPlace)
        /// Nobody, or another broker, leads it yet.
        case leaderless
        /// It has no replica on the broker.
        case elsewhere
        case missing
    }

    private func lookForCanary(of broker: NodeID) async throws(KafkaAdminError) -> CanaryLook {
        let topics = Selection.only([CanaryTopic.name(of: broker)])
        return try Self.canaryLook(try await metadata(topics), broker).get()
    }

    // A function of its own, not inlined: the optimizer of Swift 6.3.1 ends with an ownership error when these values
    // live in an asynchronous function with a typed error.
    @inline(never)
    private static func canaryLook(
        _ metadata: ClusterMetadata, _ broker: NodeID
    ) -> Result<CanaryLook, KafkaAdminError> {
        let topic = CanaryTopic.name(of: broker)
        let table = metadata.partitions
        for index in 0..<table.count {
            let row = table[index]
            guard row.topic.name == topic, row.partition == 0 else { continue }
            if row.leader == broker {
                return .success(
                    .ready(RecordPlace(partition: row.name, topicID: metadata.topicIDs[topic], broker: broker)))
            }
            return .success(row.replicas.contains(broker.rawValue) ? .leaderless : .elsewhere)
        }
        guard let error = metadata.failed.first?.error else { return .success(.leaderless) }
        return error.code == .unknownTopicOrPartition ? .success(.missing) : .failure(error)
    }

    /// One that somebody made meanwhile is as good.
    private func makeCanaryTopic(of broker: NodeID) async throws(KafkaAdminError) {
        let new = NewTopic(
            name: CanaryTopic.name(of: broker), placement: .assigned([[broker]]), settings: Self.canarySettings)
        let result = try await createTopics([new])
        guard let refusal = result.failed.first?.error, refusal.code != .topicAlreadyExists else { return }
        throw refusal
    }

    /// False when the task was cancelled.
    private static func pause(_ duration: Duration) async -> Bool { (try? await Task.sleep(for: duration)) != nil }
}
