import KafkaProtocol
import Testing

/// What a version cannot carry.
@Suite struct VersionRuleTests {
    @Test func `a field that the version lacks is refused if it is set and not ignorable`() throws {
        var request = MetadataRequest(topics: nil, allowAutoTopicCreation: false)
        #expect(throws: WireError(.fieldNotInVersion(field: "AllowAutoTopicCreation", version: 3))) {
            try encodeWhole(request, version: 3)
        }
        request.allowAutoTopicCreation = true
        #expect(try encodeWhole(request, version: 3) == [0xff, 0xff, 0xff, 0xff])
    }

    @Test func `an ignorable field that the version lacks is left out`() throws {
        let response = MetadataResponse(throttleTimeMs: 9, clusterId: "c", controllerId: 4)
        let decoded = try decodeWhole(MetadataResponse.self, try encodeWhole(response, version: 0), version: 0)
        #expect(decoded == MetadataResponse())
    }

    @Test func `null is refused at a version that has no null`() throws {
        #expect(throws: WireError(.nullNotInVersion(field: "Topics", version: 0))) {
            try encodeWhole(MetadataRequest(topics: nil), version: 0)
        }
    }

    @Test func `a tagged field that the version lacks is refused if it is set`() throws {
        var response = ProduceResponse(nodeEndpoints: [.init(nodeId: 1, host: "h", port: 2)])
        #expect(throws: WireError(.fieldNotInVersion(field: "NodeEndpoints", version: 9))) {
            try encodeWhole(response, version: 9)
        }
        response.nodeEndpoints = []
        #expect(try encodeWhole(response, version: 9) == [1, 0, 0, 0, 0, 0])
    }

    @Test func `tagged fields of a newer peer are passed over`() throws {
        let bytes = try encodeWhole(DescribeClusterRequest(endpointType: 2), version: 1)
        let extended = bytes.dropLast() + [2, 5, 3, 1, 2, 3, 200, 1, 0]
        #expect(try decodeWhole(DescribeClusterRequest.self, Array(extended), version: 1).endpointType == 2)
    }

    @Test func `a tagged field's value must fill the field`() throws {
        // FinalizedFeaturesEpoch is tag 1 and takes eight bytes, not nine.
        let body: [UInt8] = [0, 0, 1, 0, 0, 0, 0, 1, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0]
        #expect(throws: WireError(.trailingBytes(1), offset: 18)) {
            try decodeWhole(ApiVersionsResponse.self, body, version: 3)
        }
    }

    @Test func `the response to ApiVersions has the old header, as its reader knows no version yet`() {
        #expect(ApiVersionsRequest.responseHeaderVersion(4) == 0)
        #expect(ApiVersionsRequest.requestHeaderVersion(4) == 2)
        #expect(MetadataRequest.responseHeaderVersion(8) == 0)
        #expect(MetadataRequest.responseHeaderVersion(9) == 1)
        #expect(SaslHandshakeRequest.requestHeaderVersion(1) == 1)
    }

    @Test func `the common version is the highest that both sides have`() {
        #expect(MetadataRequest.commonVersion(offered: 0...12) == 12)
        #expect(MetadataRequest.commonVersion(offered: 5...99) == 13)
        #expect(ProduceRequest.commonVersion(offered: 0...2) == nil)
        #expect(FetchRequest.commonVersion(offered: 19...21) == nil)
    }

    /// The highest version that a broker of Kafka 2.8 offers, from its protocol table; requests that came later are
    /// absent.
    private static let offeredBy28: [(any KafkaRequest.Type, Int16)] = [
        (ProduceRequest.self, 9),
        (FetchRequest.self, 12),
        (ListOffsetsRequest.self, 6),
        (MetadataRequest.self, 11),
        (ApiVersionsRequest.self, 3),
        (SaslHandshakeRequest.self, 1),
        (SaslAuthenticateRequest.self, 2),
        (CreateTopicsRequest.self, 7),
        (DeleteTopicsRequest.self, 6),
        (CreatePartitionsRequest.self, 3),
        (DescribeConfigsRequest.self, 4),
        (IncrementalAlterConfigsRequest.self, 1),
        (AlterReplicaLogDirsRequest.self, 2),
        (DescribeLogDirsRequest.self, 2),
        (ElectLeadersRequest.self, 2),
        (AlterPartitionReassignmentsRequest.self, 0),
        (ListPartitionReassignmentsRequest.self, 0),
        (DescribeClusterRequest.self, 0),
        (UpdateFeaturesRequest.self, 0),
        (DescribeUserScramCredentialsRequest.self, 0),
        (AlterUserScramCredentialsRequest.self, 0),
        (DescribeAclsRequest.self, 2),
        (CreateAclsRequest.self, 2),
        (DeleteAclsRequest.self, 2),
        (FindCoordinatorRequest.self, 3),
        (ListGroupsRequest.self, 4),
        (DescribeGroupsRequest.self, 5),
        (OffsetFetchRequest.self, 7),
        (DeleteGroupsRequest.self, 2),
    ]

    @Test func `what brokers of Kafka 2.8 offer is among our versions`() {
        for (request, offered) in Self.offeredBy28 {
            #expect(request.supportedVersions.contains(offered), "\(request.name) v\(offered)")
        }
    }
}
