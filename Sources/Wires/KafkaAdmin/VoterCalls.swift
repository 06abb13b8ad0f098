public import FleetModel
import KafkaProtocol

/// How a change of the voters ended when it did not fail.
public enum VoterChange: Hashable, Sendable {
    /// It was made.
    case made
    /// It was so before: also what a repetition of a change that was applied unseen answers.
    case alreadySo
}

extension KafkaAdmin {
    /// Makes an observer a voter of the quorum. (KIP-853)
    ///
    /// One change at a time: while another is pending, the target lags or its port is closed, Kafka says 7; read
    /// `describeQuorum()` back then. A voter of that id with *another directory* answers "already so" too: compare.
    /// - Throws: `refused` 104 for another cluster's id, 42 for another listener's name; else as every call.
    public func addVoter(
        _ id: NodeID, directory: DirectoryID, listeners: [VoterListener], cluster: ClusterID
    ) async throws(KafkaAdminError) -> VoterChange {
        let operation = AdminOperation("make a voter", "controller \(id)")
        guard let directoryID = KafkaUUID(directory.rawValue) else {
            throw operation.unexpected("'\(directory)' is no directory id")
        }
        let request = AddRaftVoterRequest(
            clusterId: cluster.rawValue, timeoutMs: timeoutMs, voterId: id.rawValue, voterDirectoryId: directoryID,
            listeners: listeners.map { .init(name: $0.name, host: $0.endpoint.host, port: $0.endpoint.port) })
        let response = try await callLeader(request, operation) { $0.errorCode }
        if response.errorCode == .duplicateVoter { return .alreadySo }
        try operation.check(response.errorCode, response.errorMessage)
        return .made
    }

    /// Takes a voter out of the quorum; the node runs on as an observer. (KIP-853)
    ///
    /// Removing the leader works: another is elected within two seconds. A node with automatic joining on comes back.
    /// - Throws: `refused` 104 for another cluster's id; else as every call.
    public func removeVoter(
        _ id: NodeID, directory: DirectoryID, cluster: ClusterID
    ) async throws(KafkaAdminError) -> VoterChange {
        let operation = AdminOperation("remove a voter", "controller \(id)")
        guard let directoryID = KafkaUUID(directory.rawValue) else {
            throw operation.unexpected("'\(directory)' is no directory id")
        }
        let request = RemoveRaftVoterRequest(
            clusterId: cluster.rawValue, voterId: id.rawValue, voterDirectoryId: directoryID)
        let response = try await callLeader(request, operation) { $0.errorCode }
        if response.errorCode == .voterNotFound { return .alreadySo }
        try operation.check(response.errorCode, response.errorMessage)
        return .made
    }
}
