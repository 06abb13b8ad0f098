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
        let offset = try await append([Record(timestamp: now.milliseconds, value: value)], to: place)
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

    /// The broker's canary partition, made at first need, once the broker leads it.
    private func canaryPlace(
        at broker: NodeID, _ operation: AdminOperation
    ) async throws(KafkaAdminError) -> RecordPlace {
        let topic = CanaryTopic.name(of: broker)
        let deadline = ContinuousClock.now + Self.canaryTopicPatience
        var made = false
        while true {
            let metadata = try await metadata(.only([topic]))
            if let row = metadata.partitions.rows.first(where: { $0.topic.name == topic && $0.partition == 0 }) {
                if row.leader == broker {
                    return RecordPlace(partition: row.name, topicID: metadata.topicIDs[topic], broker: broker)
                }
                if !row.replicas.contains(broker.rawValue) {
                    throw operation.unexpected("its topic \(topic) is not on this broker: delete the topic")
                }
            } else if let failure = metadata.failed.first {
                guard failure.error.code == .unknownTopicOrPartition else { throw failure.error }
                if !made {
                    let new = NewTopic(name: topic, placement: .assigned([[broker]]), settings: Self.canarySettings)
                    let result = try await createTopics([new])
                    if let refusal = result.failed.first?.error, refusal.code != .topicAlreadyExists { throw refusal }
                    made = true
                }
            }
            guard ContinuousClock.now < deadline else {
                throw operation.unexpected("its topic \(topic) has no leader")
            }
            do {
                try await Task.sleep(for: Self.canaryTopicPause)
            } catch {
                throw operation.unexpected("it was cancelled")
            }
        }
    }
}
