/// The error codes with which the simulated cluster answers: the protocol's own numbers.
public struct KafkaCode: RawRepresentable, Hashable, Sendable, Codable {
    /// The protocol's number.
    public let rawValue: Int16

    /// A code by its number.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// UNKNOWN_SERVER_ERROR.
    public static let unknownServerError = KafkaCode(rawValue: -1)
    /// NONE.
    public static let none = KafkaCode(rawValue: 0)
    /// UNKNOWN_TOPIC_OR_PARTITION.
    public static let unknownTopicOrPartition = KafkaCode(rawValue: 3)
    /// REQUEST_TIMED_OUT.
    public static let requestTimedOut = KafkaCode(rawValue: 7)
    /// TOPIC_ALREADY_EXISTS.
    public static let topicAlreadyExists = KafkaCode(rawValue: 36)
    /// INVALID_PARTITIONS.
    public static let invalidPartitions = KafkaCode(rawValue: 37)
    /// INVALID_REPLICATION_FACTOR.
    public static let invalidReplicationFactor = KafkaCode(rawValue: 38)
    /// INVALID_REPLICA_ASSIGNMENT.
    public static let invalidReplicaAssignment = KafkaCode(rawValue: 39)
    /// INVALID_CONFIG.
    public static let invalidConfig = KafkaCode(rawValue: 40)
    /// NOT_CONTROLLER.
    public static let notController = KafkaCode(rawValue: 41)
    /// INVALID_REQUEST.
    public static let invalidRequest = KafkaCode(rawValue: 42)
    /// POLICY_VIOLATION.
    public static let policyViolation = KafkaCode(rawValue: 44)
    /// KAFKA_STORAGE_ERROR.
    public static let kafkaStorageError = KafkaCode(rawValue: 56)
    /// PREFERRED_LEADER_NOT_AVAILABLE.
    public static let preferredLeaderNotAvailable = KafkaCode(rawValue: 80)
    /// ELIGIBLE_LEADERS_NOT_AVAILABLE.
    public static let eligibleLeadersNotAvailable = KafkaCode(rawValue: 83)
    /// ELECTION_NOT_NEEDED.
    public static let electionNotNeeded = KafkaCode(rawValue: 84)
    /// NO_REASSIGNMENT_IN_PROGRESS.
    public static let noReassignmentInProgress = KafkaCode(rawValue: 85)
    /// BROKER_ID_NOT_REGISTERED.
    public static let brokerIDNotRegistered = KafkaCode(rawValue: 102)
    /// INCONSISTENT_CLUSTER_ID.
    public static let inconsistentClusterID = KafkaCode(rawValue: 104)
    /// DUPLICATE_VOTER.
    public static let duplicateVoter = KafkaCode(rawValue: 126)
    /// VOTER_NOT_FOUND.
    public static let voterNotFound = KafkaCode(rawValue: 127)
}

/// What a request did to one of its subjects.
public struct KafkaAnswer<Subject: Hashable & Sendable>: Hashable, Sendable {
    /// Which.
    public var subject: Subject
    /// Kafka's code; `none` where it was done.
    public var code: KafkaCode
    /// Kafka's sentence, where it gives one.
    public var message: String?

    init(_ subject: Subject, _ code: KafkaCode = .none, _ message: String? = nil) {
        (self.subject, self.code, self.message) = (subject, code, message)
    }
}
