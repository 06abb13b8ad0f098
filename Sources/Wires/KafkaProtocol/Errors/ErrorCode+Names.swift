// Codes that code asks for by name. The table holds all of them, and what they mean.

extension ErrorCode {
    /// The server failed in a way that it has no code for; its log says more.
    public static let unknownServerError = ErrorCode(rawValue: -1)
    /// No error.
    public static let noError = ErrorCode(rawValue: 0)
    /// The offset lies outside of what the partition holds.
    public static let offsetOutOfRange = ErrorCode(rawValue: 1)
    /// A record batch failed its checksum or size check, or lacks the key that a compacted topic demands.
    public static let corruptMessage = ErrorCode(rawValue: 2)
    /// The broker knows no such topic or partition.
    public static let unknownTopicOrPartition = ErrorCode(rawValue: 3)
    /// The partition has no leader at present.
    public static let leaderNotAvailable = ErrorCode(rawValue: 5)
    /// The broker does not lead the partition, or holds no replica of it.
    public static let notLeaderOrFollower = ErrorCode(rawValue: 6)
    /// The work was not done within the request's time; it may still be done.
    public static let requestTimedOut = ErrorCode(rawValue: 7)
    /// The broker holds no such replica that could answer.
    public static let replicaNotAvailable = ErrorCode(rawValue: 9)
    /// A record batch is larger than the topic allows.
    public static let messageTooLarge = ErrorCode(rawValue: 10)
    /// The coordinator still loads its state.
    public static let coordinatorLoadInProgress = ErrorCode(rawValue: 14)
    /// There is no coordinator at present.
    public static let coordinatorNotAvailable = ErrorCode(rawValue: 15)
    /// The broker is not the coordinator of this group or transaction.
    public static let notCoordinator = ErrorCode(rawValue: 16)
    /// The topic's name is not valid, or the topic may not be touched.
    public static let invalidTopic = ErrorCode(rawValue: 17)
    /// Fewer replicas are in sync than min.insync.replicas asks for; nothing was written.
    public static let notEnoughReplicas = ErrorCode(rawValue: 19)
    /// The records were written, and to fewer in-sync replicas than min.insync.replicas asks for.
    public static let notEnoughReplicasAfterAppend = ErrorCode(rawValue: 20)
    /// Not allowed on this topic.
    public static let topicAuthorizationFailed = ErrorCode(rawValue: 29)
    /// Not allowed on the cluster.
    public static let clusterAuthorizationFailed = ErrorCode(rawValue: 31)
    /// The broker does not offer this SASL mechanism on this listener.
    public static let unsupportedSaslMechanism = ErrorCode(rawValue: 33)
    /// The request does not fit the state of the SASL login.
    public static let illegalSaslState = ErrorCode(rawValue: 34)
    /// The broker, or the cluster's feature level, does not support this request or version.
    public static let unsupportedVersion = ErrorCode(rawValue: 35)
    /// A topic of this name exists.
    public static let topicAlreadyExists = ErrorCode(rawValue: 36)
    /// The number of partitions is not valid.
    public static let invalidPartitions = ErrorCode(rawValue: 37)
    /// The replication factor is below 1, above the number of usable brokers, or not the one demanded.
    public static let invalidReplicationFactor = ErrorCode(rawValue: 38)
    /// The assignment names no replica, one twice, or a broker that is not registered.
    public static let invalidReplicaAssignment = ErrorCode(rawValue: 39)
    /// A configuration value is not valid or not allowed here.
    public static let invalidConfig = ErrorCode(rawValue: 40)
    /// The node is not the active controller.
    public static let notController = ErrorCode(rawValue: 41)
    /// The request contradicts itself or was sent to a node that it does not concern.
    public static let invalidRequest = ErrorCode(rawValue: 42)
    /// A policy of the cluster forbids the request.
    public static let policyViolation = ErrorCode(rawValue: 44)
    /// Another part of the batch failed first, and this one was not tried.
    public static let operationNotAttempted = ErrorCode(rawValue: 55)
    /// A log directory of the broker failed.
    public static let kafkaStorageError = ErrorCode(rawValue: 56)
    /// The broker has no such log directory.
    public static let logDirNotFound = ErrorCode(rawValue: 57)
    /// The login was refused.
    public static let saslAuthenticationFailed = ErrorCode(rawValue: 58)
    /// The partition is being reassigned.
    public static let reassignmentInProgress = ErrorCode(rawValue: 60)
    /// The group has members.
    public static let nonEmptyGroup = ErrorCode(rawValue: 68)
    /// There is no such group.
    public static let groupIdNotFound = ErrorCode(rawValue: 69)
    /// The partition's leader has no listener of the name that was asked through.
    public static let listenerNotFound = ErrorCode(rawValue: 72)
    /// The leader epoch in the request is older than the broker's.
    public static let fencedLeaderEpoch = ErrorCode(rawValue: 74)
    /// The leader epoch in the request is newer than the broker's.
    public static let unknownLeaderEpoch = ErrorCode(rawValue: 75)
    /// The broker has registered again since.
    public static let staleBrokerEpoch = ErrorCode(rawValue: 77)
    /// The preferred leader is not alive or not in sync.
    public static let preferredLeaderNotAvailable = ErrorCode(rawValue: 80)
    /// No replica that may become leader is available.
    public static let eligibleLeadersNotAvailable = ErrorCode(rawValue: 83)
    /// The partition already has the leader that the election would give it.
    public static let electionNotNeeded = ErrorCode(rawValue: 84)
    /// The partition is not being reassigned.
    public static let noReassignmentInProgress = ErrorCode(rawValue: 85)
    /// The quota for such requests is used up for now.
    public static let throttlingQuotaExceeded = ErrorCode(rawValue: 89)
    /// The named resource does not exist.
    public static let resourceNotFound = ErrorCode(rawValue: 91)
    /// The credential does not meet the requirements.
    public static let unacceptableCredential = ErrorCode(rawValue: 93)
    /// The feature level cannot be set, or a registered node does not support it.
    public static let invalidUpdateVersion = ErrorCode(rawValue: 95)
    /// The features could not be updated.
    public static let featureUpdateFailed = ErrorCode(rawValue: 96)
    /// The broker knows no topic of this id.
    public static let unknownTopicId = ErrorCode(rawValue: 100)
    /// A live broker, or one whose session has not ended yet, uses this id.
    public static let duplicateBrokerRegistration = ErrorCode(rawValue: 101)
    /// No broker of this id is registered.
    public static let brokerIdNotRegistered = ErrorCode(rawValue: 102)
    /// The request is meant for a cluster of another id.
    public static let inconsistentClusterId = ErrorCode(rawValue: 104)
    /// The offset was moved to tiered storage.
    public static let offsetMovedToTieredStorage = ErrorCode(rawValue: 109)
    /// The question was for brokers and went to a controller, or the reverse.
    public static let mismatchedEndpointType = ErrorCode(rawValue: 114)
    /// This kind of endpoint is not supported.
    public static let unsupportedEndpointType = ErrorCode(rawValue: 115)
    /// There is no controller of this id.
    public static let unknownControllerId = ErrorCode(rawValue: 116)
    /// The controller refused the registration.
    public static let invalidRegistration = ErrorCode(rawValue: 119)
    /// The node is a voter already.
    public static let duplicateVoter = ErrorCode(rawValue: 126)
    /// The node is not a voter.
    public static let voterNotFound = ErrorCode(rawValue: 127)
    /// No controller of this id is registered.
    public static let controllerIdNotRegistered = ErrorCode(rawValue: 136)
}
