import Foundation
import KafkaProtocol
import Testing

/// One message as an independent implementation wrote it.
struct Golden: Sendable, CustomTestStringConvertible {
    let message: String
    let version: Int16
    let bytes: [UInt8]
    /// The line of the fixture, with the values if all fields are set.
    let line: String

    var testDescription: String { "\(message) v\(version)" }

    /// Field names and values, for a message with all fields set.
    var values: [String: Any]? {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["values"] as? [String: Any]
        }
    }

    var type: any KafkaMessage.Type {
        get throws {
            guard let type = messageTypes.first(where: { $0.name == message }) else {
                throw FixtureError("\(message) is not among the generated messages")
            }
            return type
        }
    }

    static func all() throws -> [Golden] {
        let text = try String(contentsOf: fixture("golden.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let message = object?["message"] as? String, let version = object?["version"] as? Int,
                let hex = object?["hex"] as? String
            else { throw FixtureError("not a line of golden.jsonl: \(line)") }
            return Golden(message: message, version: Int16(version), bytes: try unhex(hex), line: String(line))
        }
    }
}

struct FixtureError: Error {
    let description: String
    init(_ description: String) { self.description = description }
}

func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
}

func unhex(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map { index in
        guard index + 1 < digits.count,
            let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
        else { throw FixtureError("not hexadecimal: \(hex)") }
        return byte
    }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// Reads a whole message: nothing may be left.
func decodeWhole<Message: KafkaMessage>(_: Message.Type, _ bytes: [UInt8], version: Int16) throws(WireError) -> Message
{
    var reader = WireReader(bytes)
    let message = try Message.decode(from: &reader, version: version)
    try reader.finish()
    return message
}

func encodeWhole(_ message: some KafkaMessage, version: Int16) throws(WireError) -> [UInt8] {
    var writer = WireWriter()
    try message.encode(into: &writer, version: version)
    return writer.bytes
}

/// Every generated message.
let messageTypes: [any KafkaMessage.Type] =
    [
        AddRaftVoterRequest.self, AddRaftVoterResponse.self,
        AlterPartitionReassignmentsRequest.self, AlterPartitionReassignmentsResponse.self,
        AlterReplicaLogDirsRequest.self, AlterReplicaLogDirsResponse.self,
        AlterUserScramCredentialsRequest.self, AlterUserScramCredentialsResponse.self,
        ApiVersionsRequest.self, ApiVersionsResponse.self,
        CreateAclsRequest.self, CreateAclsResponse.self,
        CreatePartitionsRequest.self, CreatePartitionsResponse.self,
        CreateTopicsRequest.self, CreateTopicsResponse.self,
        DeleteAclsRequest.self, DeleteAclsResponse.self,
        DeleteGroupsRequest.self, DeleteGroupsResponse.self,
        DeleteTopicsRequest.self, DeleteTopicsResponse.self,
        DescribeAclsRequest.self, DescribeAclsResponse.self,
        DescribeClusterRequest.self, DescribeClusterResponse.self,
        DescribeConfigsRequest.self, DescribeConfigsResponse.self,
        DescribeGroupsRequest.self, DescribeGroupsResponse.self,
        DescribeLogDirsRequest.self, DescribeLogDirsResponse.self,
        DescribeProducersRequest.self, DescribeProducersResponse.self,
        DescribeQuorumRequest.self, DescribeQuorumResponse.self,
        DescribeTopicPartitionsRequest.self, DescribeTopicPartitionsResponse.self,
        DescribeUserScramCredentialsRequest.self, DescribeUserScramCredentialsResponse.self,
        ElectLeadersRequest.self, ElectLeadersResponse.self,
        FetchRequest.self, FetchResponse.self,
        FindCoordinatorRequest.self, FindCoordinatorResponse.self,
        IncrementalAlterConfigsRequest.self, IncrementalAlterConfigsResponse.self,
        ListConfigResourcesRequest.self, ListConfigResourcesResponse.self,
        ListGroupsRequest.self, ListGroupsResponse.self,
        ListOffsetsRequest.self, ListOffsetsResponse.self,
        ListPartitionReassignmentsRequest.self, ListPartitionReassignmentsResponse.self,
        MetadataRequest.self, MetadataResponse.self,
        OffsetFetchRequest.self, OffsetFetchResponse.self,
        ProduceRequest.self, ProduceResponse.self,
        RemoveRaftVoterRequest.self, RemoveRaftVoterResponse.self,
        SaslAuthenticateRequest.self, SaslAuthenticateResponse.self,
        SaslHandshakeRequest.self, SaslHandshakeResponse.self,
        UnregisterBrokerRequest.self, UnregisterBrokerResponse.self,
        UnregisterControllerRequest.self, UnregisterControllerResponse.self,
        UpdateFeaturesRequest.self, UpdateFeaturesResponse.self,
    ]
