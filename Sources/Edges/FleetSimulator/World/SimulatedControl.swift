public import FleetModel
public import Operations

extension SimulatedFleet: ClusterControl {
    private static func absent(_ what: String) -> ClusterProblem {
        ClusterProblem(
            code: "not-simulated", mayHaveBeenApplied: false, reason: "\(what) is not simulated",
            remedy: "use a real fleet")
    }
    /// None.
    public func reassignments(_ layout: ClusterLayout) async throws(ClusterProblem) -> [ReassignmentObservation] { [] }
    /// Not there.
    public func reassign(
        _ targets: [ReplicaTarget], changingReplicationFactor: Bool, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> { throw Self.absent("a move") }
    /// Not there.
    public func cancelReassignments(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> { throw Self.absent("a move") }
    /// Not there.
    public func electPreferredLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> { throw Self.absent("an election") }
    /// Nothing.
    public func replicaLogs(
        of brokers: [NodeID], partitions: [TopicPartition]?, _ layout: ClusterLayout
    ) async -> [NodeID: Known<[LogDirectoryContents]>] { [:] }
    /// Nothing.
    public func dynamicSettings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>] { [:] }
    /// Not there.
    public func change(
        _ changes: [ConfigurationOwner: [SettingChange]], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<ConfigurationOwner> { throw Self.absent("a setting") }
    /// Not there.
    public func unregister(_ broker: NodeID, _ layout: ClusterLayout) async throws(ClusterProblem) -> Bool {
        throw Self.absent("a registration")
    }
    /// Not there.
    public func addVoter(
        _ id: NodeID, directory: DirectoryID, endpoint: Endpoint, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool { throw Self.absent("a voter") }
    /// Not there.
    public func removeVoter(
        _ id: NodeID, directory: DirectoryID, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool { throw Self.absent("a voter") }
    /// Not there.
    public func deleteTopics(
        _ names: [String], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<String> { throw Self.absent("a topic") }
}
