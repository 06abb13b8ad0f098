public import FleetModel
import KafkaProtocol

/// Who belongs to the cluster.
public struct ClusterDescription: Hashable, Sendable {
    /// The cluster's id.
    public var clusterID: ClusterID
    /// Asked of controllers: the active one. Asked of brokers: the controller in ZooKeeper mode, some live broker in
    /// KRaft, where `describeQuorum()` knows. Nil when there is none.
    public var controller: NodeID?
    /// The nodes of the audience, by id: brokers with their state, or controllers (voters and all that ever
    /// registered), which are never `fenced`.
    public var nodes: [RegisteredBroker]
    /// Whether fenced brokers would be among `nodes`: Kafka 4.0 and later tell (KIP-1073).
    public var includesFenced: Bool
}

extension KafkaAdmin {
    /// Who belongs to the cluster, stopped ("fenced") brokers included where Kafka tells.
    ///
    /// - Throws: `refused` 35 from a controller that has just started: ask again; 114 if the audience is not what the
    ///   addresses belong to; else as every call.
    public func describeCluster() async throws(KafkaAdminError) -> ClusterDescription {
        let operation = AdminOperation("describe the cluster")
        let request: DescribeClusterRequest
        var withoutFenced: DescribeClusterRequest?
        switch audience {
        case .controllers: request = DescribeClusterRequest(endpointType: 2)
        case .brokers:
            request = DescribeClusterRequest(includeFencedBrokers: true)
            withoutFenced = DescribeClusterRequest()
        }
        var includesFenced = audience == .brokers
        let response: DescribeClusterResponse
        do {
            response = try await sender.send(request, to: .anyNode, timeout: timeout)
        } catch {
            guard let withoutFenced, error.isFieldNotInVersion else { throw operation.failed(error) }
            includesFenced = false
            response = try await call(withoutFenced, operation)
        }
        try operation.check(response.errorCode, response.errorMessage)
        guard let clusterID = ClusterID(rawValue: response.clusterId) else {
            throw operation.unexpected("the cluster calls itself '\(response.clusterId)', which is no id")
        }
        let nodes = response.brokers.compactMap { node -> RegisteredBroker? in
            guard let id = NodeID(rawValue: node.brokerId) else { return nil }
            return RegisteredBroker(
                id: id, endpoint: Endpoint(host: node.host, port: UInt16(clamping: node.port)), rack: node.rack,
                fenced: node.isFenced)
        }
        return ClusterDescription(
            clusterID: clusterID, controller: NodeID(rawValue: response.controllerId),
            nodes: nodes.sorted { $0.id < $1.id }, includesFenced: includesFenced)
    }

    /// The controllers' quorum as its leader sees it. (KIP-836, KIP-853)
    ///
    /// - Throws: `refused` while there is no leader; `notOffered` in ZooKeeper mode; else as every call.
    public func describeQuorum() async throws(KafkaAdminError) -> QuorumObservation {
        let operation = AdminOperation("describe the quorum")
        let request = DescribeQuorumRequest(
            topics: [.init(topicName: "__cluster_metadata", partitions: [.init(partitionIndex: 0)])])
        // Brokers pass it on to the leader; other controllers answer with an error of the partition.
        let response = try await callLeader(
            request, operation, at: audience == .controllers ? .controller : .anyNode
        ) { $0.topics.first?.partitions.first?.errorCode ?? $0.errorCode }
        try operation.check(response.errorCode, response.errorMessage)
        guard let partition = response.topics.first?.partitions.first else {
            throw operation.unexpected("the answer has no partition")
        }
        try operation.check(partition.errorCode, partition.errorMessage)
        let end =
            partition.currentVoters.first { $0.replicaId == partition.leaderId }?.logEndOffset
            ?? partition.highWatermark
        let members = { (states: [DescribeQuorumResponse.ReplicaState]) in
            states.compactMap { QuorumMember($0, leaderEnd: end) }.sorted { $0.id < $1.id }
        }
        return QuorumObservation(
            leader: NodeID(rawValue: partition.leaderId), leaderEpoch: partition.leaderEpoch,
            voters: members(partition.currentVoters), observers: members(partition.observers))
    }

    /// Forgets a broker. (KIP-731)
    ///
    /// Kafka checks nothing: a live broker becomes a zombie and its replicas leave the ISR. Verify first that it is
    /// stopped and empty. An id that is not registered counts as done.
    /// - Returns: Whether it was registered.
    /// - Throws: As every call.
    @discardableResult
    public func unregisterBroker(_ id: NodeID) async throws(KafkaAdminError) -> Bool {
        let operation = AdminOperation("unregister the broker", "broker \(id)")
        let response = try await call(UnregisterBrokerRequest(brokerId: id.rawValue), operation, at: .controller)
        if response.errorCode == .brokerIdNotRegistered { return false }
        try operation.check(response.errorCode, response.errorMessage)
        return true
    }

    /// Forgets a controller, from Kafka 4.4 on. An id that is not registered counts as done.
    /// - Returns: Whether it was registered.
    /// - Throws: `notOffered` before 4.4; `refused` 35 until the features are upgraded, 42 for the active one itself.
    @discardableResult
    public func unregisterController(_ id: NodeID) async throws(KafkaAdminError) -> Bool {
        let operation = AdminOperation("unregister the controller", "controller \(id)")
        let response = try await call(
            UnregisterControllerRequest(controllerId: id.rawValue), operation, at: .controller)
        if response.errorCode == .controllerIdNotRegistered { return false }
        try operation.check(response.errorCode, response.errorMessage)
        return true
    }
}

extension QuorumMember {
    fileprivate init?(_ state: DescribeQuorumResponse.ReplicaState, leaderEnd: Int64) {
        guard let id = NodeID(rawValue: state.replicaId) else { return nil }
        // The leader reports −1 for what it does not know; versions before 2 have no directory.
        let time = { (milliseconds: Int64) in milliseconds < 0 ? nil : Timestamp(milliseconds: milliseconds) }
        let lag = leaderEnd.subtractingReportingOverflow(max(state.logEndOffset, 0))
        self.init(
            id: id,
            directoryID: state.replicaDirectoryId == .zero
                ? nil : DirectoryID(rawValue: state.replicaDirectoryId.description),
            lag: lag.overflow ? .max : max(lag.partialValue, 0), lastCaughtUp: time(state.lastCaughtUpTimestamp),
            lastFetch: time(state.lastFetchTimestamp))
    }
}
