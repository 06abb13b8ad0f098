internal import KafkaProtocol

/// An answer with a code for the request as a whole.
protocol CarriesErrorCode {
    var errorCode: ErrorCode { get }
}
extension AddRaftVoterResponse: CarriesErrorCode {}
extension AlterPartitionReassignmentsResponse: CarriesErrorCode {}
extension ApiVersionsResponse: CarriesErrorCode {}
extension DescribeAclsResponse: CarriesErrorCode {}
extension DescribeClusterResponse: CarriesErrorCode {}
extension DescribeLogDirsResponse: CarriesErrorCode {}
extension DescribeQuorumResponse: CarriesErrorCode {}
extension DescribeUserScramCredentialsResponse: CarriesErrorCode {}
extension ElectLeadersResponse: CarriesErrorCode {}
extension FetchResponse: CarriesErrorCode {}
extension FindCoordinatorResponse: CarriesErrorCode {}
extension ListConfigResourcesResponse: CarriesErrorCode {}
extension ListGroupsResponse: CarriesErrorCode {}
extension ListPartitionReassignmentsResponse: CarriesErrorCode {}
extension MetadataResponse: CarriesErrorCode {}
extension OffsetFetchResponse: CarriesErrorCode {}
extension RemoveRaftVoterResponse: CarriesErrorCode {}
extension SaslAuthenticateResponse: CarriesErrorCode {}
extension SaslHandshakeResponse: CarriesErrorCode {}
extension UnregisterBrokerResponse: CarriesErrorCode {}
extension UnregisterControllerResponse: CarriesErrorCode {}
extension UpdateFeaturesResponse: CarriesErrorCode {}
