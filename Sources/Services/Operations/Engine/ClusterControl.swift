public import FleetModel

/// Changes Kafka itself. Everything that an operation does to data goes through here.
///
/// A call either throws, and then its effect is unknown (a request that timed out may have been applied: read back
/// before sending it again), or answers for each of its subjects.
public protocol ClusterControl: Sendable {
    // MARK: Moves (KIP-455)

    /// The partitions that are being moved, by whomever.
    func reassignments(_ layout: ClusterLayout) async throws(ClusterProblem) -> [ReassignmentObservation]

    /// Starts moving partitions. Kafka accepts stopped and cordoned targets and overrides a move under way: callers
    /// check both before. The number of replicas must stay what it is unless `changingReplicationFactor`.
    func reassign(
        _ targets: [ReplicaTarget], changingReplicationFactor: Bool, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition>

    /// Takes moves back: replicas that were being added go, the originals stay. One that is not moving counts as done.
    func cancelReassignments(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition>

    /// Makes the first of each partition's list its leader. One that leads already counts as done.
    func electPreferredLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition>

    /// Makes whichever replica serves its partition's leader where none that is in sync does. Records that it lacks are lost.
    func electAnyLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition>

    // MARK: Logs

    /// What the log directories of each of these brokers hold, of all partitions or only of `partitions`.
    func replicaLogs(
        of brokers: [NodeID], partitions: [TopicPartition]?, _ layout: ClusterLayout
    ) async -> [NodeID: Known<[LogDirectoryContents]>]

    // MARK: Settings (KIP-339)

    /// The settings of these names that are set on topics and brokers while they run (not those of files, not Kafka's
    /// defaults). A dead broker's own are unknown.
    func dynamicSettings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>]

    /// The settings of these names with which the brokers' processes started: what their files said then, whatever they say
    /// by now. Those of a broker that does not answer are unknown.
    func settingsAtStart(
        _ names: [String], of brokers: [NodeID], _ layout: ClusterLayout
    ) async -> [NodeID: Known<[Setting]>]

    /// Changes settings, all in one batch at the active controller, which takes them for dead brokers too. Setting a
    /// cordon is the one change that only the broker itself takes; it is sent there.
    func change(
        _ changes: [ConfigurationOwner: [SettingChange]], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<ConfigurationOwner>

    // MARK: Members

    /// Takes a broker's registration away. Kafka checks nothing: it must be stopped and empty. Answers false where
    /// it was not registered.
    func unregister(_ broker: NodeID, _ layout: ClusterLayout) async throws(ClusterProblem) -> Bool

    /// Makes a caught-up observer a voter of the quorum (KIP-853); false where it was one.
    func addVoter(
        _ id: NodeID, directory: DirectoryID, endpoint: Endpoint, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool

    /// Takes a voter out of the quorum, the leader too; false where it was none.
    func removeVoter(
        _ id: NodeID, directory: DirectoryID, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool

    // MARK: Topics

    /// Deletes topics with all their records. One that does not exist counts as done.
    func deleteTopics(
        _ names: [String], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<String>
}

/// What a call did to each of its subjects.
public struct ControlOutcome<Subject: Hashable & Sendable>: Sendable {
    /// Those that are as asked now, or were before.
    public var done: [Subject]
    /// Those that were refused, with Kafka's reason.
    public var refused: [Refusal]

    /// A subject that Kafka refused.
    public struct Refusal: Sendable {
        /// Which.
        public var subject: Subject
        /// Kafka's error code, where it was Kafka that refused.
        public var code: Int16?
        /// Why, in a sentence.
        public var reason: String

        /// `subject` was refused for `reason`.
        public init(_ subject: Subject, code: Int16?, reason: String) {
            (self.subject, self.code, self.reason) = (subject, code, reason)
        }
    }

    /// An outcome of these parts.
    public init(done: [Subject], refused: [Refusal] = []) { (self.done, self.refused) = (done, refused) }
}

/// One log directory of a broker with the replicas in it.
public struct LogDirectoryContents: Hashable, Sendable {
    /// The directory itself.
    public var directory: LogDirectoryObservation
    /// Its replicas that were asked for.
    public var replicas: [ReplicaLog]

    /// A directory of these contents.
    public init(directory: LogDirectoryObservation, replicas: [ReplicaLog]) {
        (self.directory, self.replicas) = (directory, replicas)
    }
}

/// A replica's log.
public struct ReplicaLog: Hashable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// Its bytes, indexes not counted.
    public var size: ByteCount
    /// Records behind the high watermark.
    public var lag: Int64

    /// A log of these facts.
    public init(partition: TopicPartition, size: ByteCount, lag: Int64) {
        (self.partition, self.size, self.lag) = (partition, size, lag)
    }
}

/// Why a call to Kafka had no answer.
public struct ClusterProblem: Error, Hashable, Sendable {
    /// The code of what Kafka had no time for: another change of the voters is under way, or a leader that was just
    /// elected has committed nothing yet. To be read back, and asked again.
    public static let timedOut = "kafka-timed-out"

    /// A stable code: `kafka-silent`, `not-controller`, `kafka-timed-out`, `kafka-refused`.
    public var code: String
    /// Whether the request may have been applied all the same.
    public var mayHaveBeenApplied: Bool
    /// Why, in a sentence that names the object.
    public var reason: String
    /// The next command or act.
    public var remedy: String

    /// A problem of these parts.
    public init(code: String, mayHaveBeenApplied: Bool, reason: String, remedy: String) {
        self.code = code
        self.mayHaveBeenApplied = mayHaveBeenApplied
        self.reason = reason
        self.remedy = remedy
    }
}
