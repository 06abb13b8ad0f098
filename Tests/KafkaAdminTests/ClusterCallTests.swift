import FleetModel
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaAdmin

/// Who belongs to the cluster, its quorum, its voters.
@Suite struct ClusterCallTests {
    private let broker = FakeNode(1)

    private func describe(_ request: DescribeClusterRequest) -> DescribeClusterResponse {
        let fenced = DescribeClusterResponse.DescribeClusterBroker(
            brokerId: 4, host: "h4", port: 9092, rack: "b", isFenced: true)
        return DescribeClusterResponse(
            clusterId: "4L6g3nShT-eMCtK--X86sw", controllerId: 2,
            brokers: [
                .init(brokerId: 2, host: "h2", port: 9092), .init(brokerId: 1, host: "h1", port: 9092, rack: "a"),
            ]
                + (request.includeFencedBrokers ? [fenced] : []))
    }

    @Test func `stopped brokers are listed where Kafka tells`() async throws {
        broker.on(DescribeClusterRequest.self) { describe($0) }
        let description = try await KafkaAdmin(broker).describeCluster()
        #expect(description.includesFenced)
        #expect(description.clusterID.rawValue == "4L6g3nShT-eMCtK--X86sw")
        #expect(description.controller == 2)
        #expect(description.nodes.map(\.id) == [1, 2, 4])
        #expect(description.nodes.map(\.fenced) == [false, false, true])
        #expect(description.nodes[0].endpoint == Endpoint(host: "h1", port: 9092))
        #expect(description.nodes[0].rack == "a")
    }

    @Test(arguments: [0...0, 0...1] as [ClosedRange<Int16>])
    func `an older broker is asked without the stopped ones, and the answer says so`(
        versions: ClosedRange<Int16>
    ) async throws {
        broker.on(DescribeClusterRequest.self, versions: versions) { describe($0) }
        let description = try await KafkaAdmin(broker).describeCluster()
        #expect(!description.includesFenced)
        #expect(description.nodes.map(\.id) == [1, 2])
    }

    @Test func `controllers are asked for controllers`() async throws {
        broker.on(DescribeClusterRequest.self) { request in
            #expect(request.endpointType == 2)
            return DescribeClusterResponse(endpointType: 2, clusterId: "c", controllerId: -1, brokers: [])
        }
        let description = try await KafkaAdmin(broker, audience: .controllers).describeCluster()
        #expect(description.controller == nil)
        #expect(!description.includesFenced)
    }

    @Test func `Kafka's refusal carries its code, its words and a remedy`() async throws {
        broker.on(DescribeClusterRequest.self) { _ in
            DescribeClusterResponse(errorCode: 35, errorMessage: "Direct-to-controller communication is not supported")
        }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).describeCluster() }
        #expect(error?.code == .unsupportedVersion)
        #expect(
            error?.description
                == "cannot describe the cluster: UNSUPPORTED_VERSION (35): "
                + "Direct-to-controller communication is not supported")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `the quorum is described with each member's lag`() async throws {
        broker.on(DescribeQuorumRequest.self) { request in
            #expect(request.topics.first?.topicName == "__cluster_metadata")
            return DescribeQuorumResponse(topics: [
                .init(
                    topicName: "__cluster_metadata",
                    partitions: [
                        .init(
                            leaderId: 9002, leaderEpoch: 7, highWatermark: 90,
                            currentVoters: [
                                .init(
                                    replicaId: 9002, replicaDirectoryId: KafkaUUID(high: 1, low: 2), logEndOffset: 100,
                                    lastFetchTimestamp: 5000, lastCaughtUpTimestamp: 5000),
                                .init(
                                    replicaId: 9001, replicaDirectoryId: .zero, logEndOffset: 88,
                                    lastFetchTimestamp: 4000, lastCaughtUpTimestamp: -1),
                            ], observers: [.init(replicaId: 1, logEndOffset: -1)])
                    ])
            ])
        }
        let quorum = try await KafkaAdmin(broker).describeQuorum()
        #expect(quorum.leader == 9002)
        #expect(quorum.leaderEpoch == 7)
        #expect(quorum.voters.map(\.id) == [9001, 9002])
        #expect(quorum.voters.map(\.lag) == [12, 0])
        #expect(quorum.voters.map(\.directoryID) == [nil, DirectoryID(rawValue: "AAAAAAAAAAEAAAAAAAAAAg")])
        #expect(quorum.voters.map(\.lastCaughtUp) == [nil, Timestamp(milliseconds: 5000)])
        #expect(quorum.observers.map(\.id) == [1])
        #expect(quorum.observers.map(\.lag) == [100])
    }

    @Test func `a quorum without a leader is an error and no empty quorum`() async throws {
        broker.on(DescribeQuorumRequest.self) { _ in
            DescribeQuorumResponse(topics: [
                .init(partitions: [.init(errorCode: .notLeaderOrFollower, leaderId: 0)])
            ])
        }
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).describeQuorum() }
        #expect(error?.code == .notLeaderOrFollower)
    }

    @Test func `a controller that lost the lead is forgotten, and the new one asked`() async throws {
        let (old, new) = (FakeNode(9001), FakeNode(9002))
        old.on(DescribeQuorumRequest.self) { _ in
            DescribeQuorumResponse(topics: [.init(partitions: [.init(errorCode: .notLeaderOrFollower)])])
        }
        old.on(RemoveRaftVoterRequest.self) { _ in .init(errorCode: .notLeaderOrFollower) }
        new.on(DescribeQuorumRequest.self) { _ in
            DescribeQuorumResponse(topics: [.init(partitions: [.init(leaderId: 9002, leaderEpoch: 8)])])
        }
        new.on(RemoveRaftVoterRequest.self) { _ in .init() }
        func admin() -> KafkaAdmin {
            KafkaAdmin(sender: MovedLead(from: old, to: new), audience: .controllers, timeout: .seconds(5))
        }
        #expect(try await admin().describeQuorum().leader == 9002)
        let cluster = try #require(ClusterID(rawValue: "c"))
        let directory = try #require(DirectoryID(rawValue: "AAAAAAAAAAEAAAAAAAAAAg"))
        #expect(try await admin().removeVoter(9003, directory: directory, cluster: cluster) == .made)
    }

    @Test func `a request that the mode lacks is said to be missing`() async throws {
        let error = await #expect(throws: KafkaAdminError.self) { try await KafkaAdmin(broker).describeQuorum() }
        guard case .notOffered = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `unregistering what is not registered is done already`() async throws {
        broker.on(UnregisterBrokerRequest.self) { .init(errorCode: $0.brokerId == 5 ? 102 : 0) }
        broker.on(UnregisterControllerRequest.self) { .init(errorCode: $0.controllerId == 9005 ? 136 : 0) }
        let admin = KafkaAdmin(broker)
        #expect(try await admin.unregisterBroker(4))
        #expect(try await !admin.unregisterBroker(5))
        #expect(try await admin.unregisterController(9004))
        #expect(try await !admin.unregisterController(9005))
    }

    @Test func `a repeated change of voters is so already`() async throws {
        broker.on(AddRaftVoterRequest.self) { request in
            #expect(request.clusterId == "c")
            #expect(request.listeners == [.init(name: "CONTROLLER", host: "h", port: 29_001)])
            #expect(request.voterDirectoryId.description == "AAAAAAAAAAEAAAAAAAAAAg")
            return .init(errorCode: request.voterId == 9001 ? 126 : request.voterId == 9002 ? 7 : 0)
        }
        broker.on(RemoveRaftVoterRequest.self) { .init(errorCode: $0.voterId == 9001 ? 127 : 0) }
        let admin = KafkaAdmin(broker)
        let directory = try #require(DirectoryID(rawValue: "AAAAAAAAAAEAAAAAAAAAAg"))
        let cluster = try #require(ClusterID(rawValue: "c"))
        let listeners = [VoterListener(name: "CONTROLLER", endpoint: Endpoint(host: "h", port: 29_001))]
        func add(_ id: NodeID) async throws -> VoterChange {
            try await admin.addVoter(id, directory: directory, listeners: listeners, cluster: cluster)
        }
        #expect(try await add(9001) == .alreadySo)
        #expect(try await add(9003) == .made)
        let error = await #expect(throws: KafkaAdminError.self) { try await add(9002) }
        #expect(error?.code == .requestTimedOut)
        #expect(error?.isRetriable == true)
        #expect(try await admin.removeVoter(9001, directory: directory, cluster: cluster) == .alreadySo)
        #expect(try await admin.removeVoter(9002, directory: directory, cluster: cluster) == .made)
    }

    @Test func `feature levels are read and set, one refusal failing all`() async throws {
        broker.on(ApiVersionsRequest.self) { _ in
            ApiVersionsResponse(
                supportedFeatures: [.init(name: "metadata.version", minVersion: 7, maxVersion: 30)],
                finalizedFeaturesEpoch: 3,
                finalizedFeatures: [.init(name: "metadata.version", maxVersionLevel: 29, minVersionLevel: 29)])
        }
        broker.on(UpdateFeaturesRequest.self) { request in
            #expect(request.featureUpdates == [.init(feature: "metadata.version", maxVersionLevel: 33, upgradeType: 1)])
            return .init(errorCode: 95, errorMessage: "Broker 5 only supports versions 7-30")
        }
        let admin = KafkaAdmin(broker)
        let levels = try await admin.describeFeatures()
        #expect(levels.metadataVersion == 29)
        #expect(levels.supported["metadata.version"] == 7...30)
        let error = await #expect(throws: KafkaAdminError.self) {
            try await admin.updateFeatures([.init(feature: "metadata.version", level: 33)])
        }
        #expect(error?.code == .invalidUpdateVersion)
        #expect(error?.description.contains("Broker 5 only supports versions 7-30") == true)
    }
}

/// A cluster whose lead has moved while the old leader was remembered.
private final class MovedLead: RequestSender {
    private let cluster: Mutex<FakeCluster>
    private let new: NodeID

    init(from old: FakeNode, to new: FakeNode) {
        cluster = Mutex(FakeCluster(nodes: [old, new], controller: old.id))
        self.new = new.id
    }

    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout: Duration
    ) async throws(SendFailure) -> Request.Response {
        try await cluster.withLock { $0 }.send(request, to: target, timeout: timeout)
    }

    func forget(_ target: RequestTarget) async { cluster.withLock { $0.controller = new } }
}
