public import FleetModel
public import KafkaProtocol

/// A place in a partition.
public enum OffsetQuery: Hashable, Sendable {
    /// The first record that is still there.
    case earliest
    /// Behind the last record.
    case latest
    /// The first record at this time or later.
    case at(Timestamp)

    var timestamp: Int64 {
        switch self {
        case .earliest: -2
        case .latest: -1
        case .at(let time): time.milliseconds
        }
    }
}

/// A partition as records reach it.
public struct RecordPlace: Hashable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// The topic's id; newer brokers want it, older ones the name. Nil from brokers before Kafka 2.8.
    public var topicID: KafkaUUID?
    /// The broker that is asked. Appending works at the leader only; reading at followers too.
    public var broker: NodeID

    /// `partition` at `broker`.
    public init(partition: TopicPartition, topicID: KafkaUUID?, broker: NodeID) {
        self.partition = partition
        self.topicID = topicID
        self.broker = broker
    }
}

extension KafkaAdmin {
    /// How many bytes one reading may bring: Kafka's default for a partition.
    static let fetchLimit: Int32 = 1 << 20

    /// How long a broker holds a reading open while there is nothing to read.
    static let fetchWait = Duration.milliseconds(500)

    /// Offsets of partitions, each asked of its leader; a place past the end is −1.
    /// - Throws: When the leaders cannot be found out; a partition's own error is in `failed`.
    public func listOffsets(
        of partitions: [TopicPartition], _ query: OffsetQuery
    ) async throws(KafkaAdminError) -> (offsets: [TopicPartition: Int64], failed: PartialResult<TopicPartition>) {
        let verb = "find the offset"
        let metadata = try await metadata(.only(Array(Set(partitions.map(\.topic))).sorted()))
        let wanted = Set(partitions)
        var leaders: [NodeID: [TopicPartition]] = [:]
        for row in metadata.partitions.rows where wanted.contains(row.name) {
            if let leader = row.leader { leaders[leader, default: []].append(row.name) }
        }
        let answers = await ask(leaders.keys) { [leaders] broker in
            do throws(KafkaAdminError) {
                let request = ListOffsetsRequest(
                    replicaId: -1,
                    topics: Self.byTopic(leaders[broker] ?? [], \.self).map { topic, rows in
                        .init(
                            name: topic,
                            partitions: rows.map { .init(partitionIndex: $0.partition, timestamp: query.timestamp) })
                    }, timeoutMs: timeoutMs)
                return .success(
                    try await call(request, AdminOperation(verb, "broker \(broker)"), at: .node(broker)))
            } catch {
                return .failure(error)
            }
        }
        var offsets: [TopicPartition: Int64] = [:]
        var result = PartialResult<TopicPartition>()
        for (broker, error) in answers.failed {
            for partition in leaders[broker] ?? [] { result.fail(partition, error) }
        }
        for topic in answers.answered.values.flatMap(\.topics) {
            for partition in topic.partitions {
                let name = TopicPartition(topic: topic.name, partition: partition.partitionIndex)
                result.record(name, verb, partition.errorCode, nil)
                if partition.errorCode.isSuccess { offsets[name] = partition.offset }
            }
        }
        for failure in metadata.failed {
            for partition in partitions where partition.topic == failure.subject {
                result.fail(partition, failure.error)
            }
        }
        result.expect(partitions, verb) { .refused(.leaderNotAvailable, message: nil) }
        return (offsets, result)
    }

    /// Appends records as one batch and waits until all in-sync replicas have them.
    ///
    /// - Returns: The first record's offset.
    /// - Throws: `refused` 7 when replicas that were just lost are still counted: the records *are* appended then; 19
    ///   at once when too few are in sync; 6 when the broker is not the leader.
    public func append(_ records: [Record], to place: RecordPlace) async throws(KafkaAdminError) -> Int64 {
        let operation = AdminOperation("append to the partition", "\(place.partition) at broker \(place.broker)")
        let batch: [UInt8]
        do throws(WireError) {
            batch = try RecordBatch.encode(records)
        } catch {
            throw operation.unexpected("the records make no batch: \(error)")
        }
        let request = ProduceRequest(
            acks: -1, timeoutMs: timeoutMs,
            topicData: [
                .init(
                    name: place.partition.topic, topicId: place.topicID ?? .zero,
                    partitionData: [.init(index: place.partition.partition, records: batch)])
            ])
        let response = try await call(request, operation, at: .node(place.broker))
        guard let partition = response.responses.first?.partitionResponses.first else {
            throw operation.unexpected("the answer has no partition")
        }
        try operation.check(partition.errorCode, partition.errorMessage)
        return partition.baseOffset
    }

    /// Reads records from an offset on: what one request brings, which can be nothing.
    ///
    /// - Throws: `refused` 1 for an offset that the partition does not have, 6 at a broker without a replica;
    ///   `unexpected` for damaged or compressed batches.
    public func read(_ place: RecordPlace, from offset: Int64) async throws(KafkaAdminError) -> [Record] {
        let operation = AdminOperation("read the partition", "\(place.partition) at broker \(place.broker)")
        let request = FetchRequest(
            maxWaitMs: Int32(Self.fetchWait.components.attoseconds / 1_000_000_000_000_000), minBytes: 1,
            maxBytes: Self.fetchLimit,
            topics: [
                .init(
                    topic: place.partition.topic, topicId: place.topicID ?? .zero,
                    partitions: [
                        .init(
                            partition: place.partition.partition, fetchOffset: offset,
                            partitionMaxBytes: Self.fetchLimit)
                    ])
            ])
        let response = try await call(request, operation, at: .node(place.broker))
        try operation.check(response.errorCode)
        guard let partition = response.responses.first?.partitions.first else {
            throw operation.unexpected("the answer has no partition")
        }
        try operation.check(partition.errorCode)
        do throws(WireError) {
            return try RecordBatch.decode(partition.records ?? []).flatMap(\.records).filter { $0.offset >= offset }
        } catch {
            throw operation.unexpected("\(error). \(error.remedy)")
        }
    }
}
