public import FleetModel
import KafkaProtocol

/// One log directory of a broker. (KIP-113, KIP-827, KIP-1066)
public struct LogDirectory: Hashable, Sendable {
    /// A replica in it.
    public struct Replica: Hashable, Sendable {
        /// The partition.
        public var partition: TopicPartition
        /// Its log's bytes, indexes not counted.
        public var size: ByteCount
        /// Records behind: of the high watermark, or of the current replica if this is the future one.
        public var offsetLag: Int64
        /// Whether it is being moved here from another directory of the same broker.
        public var isFuture: Bool
    }

    /// Its path in the broker's eyes.
    public var path: String
    /// Kafka's name of what is wrong with it (`KAFKA_STORAGE_ERROR`); nil when it is online.
    public var error: String?
    /// The size of its volume; nil before Kafka 3.3, and for a failed one.
    public var total: ByteCount?
    /// The volume's usable bytes; nil likewise.
    public var usable: ByteCount?
    /// Whether Kafka puts nothing new into it; false before 4.3.
    public var isCordoned: Bool
    /// Its replicas. Directories that are being deleted are not among them.
    public var replicas: [Replica]

    /// The same without the list of replicas, as a snapshot has it.
    public var observation: LogDirectoryObservation {
        LogDirectoryObservation(
            path: path, error: error, total: total, usable: usable,
            logBytes: replicas.reduce(.zero) { $0 + $1.size }, replicas: replicas.count, isCordoned: isCordoned)
    }
}

extension KafkaAdmin {
    /// The log directories of each broker, all asked at once within bounds; a broker that does not answer is a
    /// failure beside the others' answers.
    ///
    /// - Parameters:
    ///   - brokers: Which to ask: each knows only its own.
    ///   - partitions: Which replicas are listed; directories are listed in any case.
    /// - Returns: Each broker's directories, or why it did not tell.
    public func describeLogDirectories(
        of brokers: [NodeID], _ partitions: Selection<TopicPartition> = .all
    ) async -> BrokerAnswers<[LogDirectory]> {
        var request = DescribeLogDirsRequest(topics: nil)
        if case .only(let partitions) = partitions {
            request.topics = Self.byTopic(partitions, \.self).map {
                .init(topic: $0.topic, partitions: $0.rows.map(\.partition))
            }
        }
        return await ask(brokers) { [request] broker in
            do throws(KafkaAdminError) {
                let operation = AdminOperation("list the log directories", "broker \(broker)")
                let response = try await call(request, operation, at: .node(broker))
                try operation.check(response.errorCode)
                return .success(response.results.map(LogDirectory.init))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Moves replicas between the directories of one broker; done when no replica is `isFuture` any more.
    /// - Throws: As every call; a partition's own error is in the result.
    public func moveReplicas(
        _ partitions: [String: [TopicPartition]], on broker: NodeID
    ) async throws(KafkaAdminError) -> PartialResult<TopicPartition> {
        let operation = AdminOperation("move replicas between directories", "broker \(broker)")
        let request = AlterReplicaLogDirsRequest(
            dirs: partitions.sorted { $0.key < $1.key }.map { path, partitions in
                .init(
                    path: path,
                    topics: Self.byTopic(partitions, \.self).map {
                        .init(name: $0.topic, partitions: $0.rows.map(\.partition))
                    })
            })
        let response = try await call(request, operation, at: .node(broker))
        var result = PartialResult<TopicPartition>()
        for topic in response.results {
            for partition in topic.partitions {
                result.record(
                    TopicPartition(topic: topic.topicName, partition: partition.partitionIndex),
                    "move the replica", partition.errorCode, nil)
            }
        }
        return result
    }
}

extension LogDirectory {
    init(_ result: DescribeLogDirsResponse.DescribeLogDirsResult) {
        // −1 stands for "not known".
        let bytes = { (count: Int64) in count < 0 ? nil : ByteCount(count) }
        self.init(
            path: result.logDir, error: result.errorCode.isSuccess ? nil : result.errorCode.name,
            total: bytes(result.totalBytes), usable: bytes(result.usableBytes), isCordoned: result.isCordoned,
            replicas: result.topics.flatMap { topic in
                topic.partitions.map { partition in
                    Replica(
                        partition: TopicPartition(topic: topic.name, partition: partition.partitionIndex),
                        size: ByteCount(partition.partitionSize), offsetLag: partition.offsetLag,
                        isFuture: partition.isFutureKey)
                }
            })
    }
}
