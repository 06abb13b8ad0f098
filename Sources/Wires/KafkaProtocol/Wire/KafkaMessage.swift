/// A structure inside a message, whose layout depends on the message's version.
protocol WireStructure: Equatable, Sendable {
    /// The fewest bytes that one takes at any version: it bounds what an array can hold.
    static var minimumSize: Int { get }
    static func decode(from reader: inout WireReader, version: Int16) throws(WireError) -> Self
    func encode(into writer: inout WireWriter, version: Int16) throws(WireError)
}

/// A request's or response's body: Kafka's own fields, encoded and decoded at a version that the caller names.
///
/// The structs are generated from Kafka's message definitions; see `dev/generate-messages`. Fields that a version
/// lacks keep their defaults when decoded. Encoding refuses a field that the version lacks if it differs from its
/// default and Kafka does not call it ignorable.
public protocol KafkaMessage: Equatable, Sendable {
    /// Kafka's name of the message: `MetadataRequest`.
    static var name: String { get }
    /// The API that the message belongs to.
    static var apiKey: APIKey { get }
    /// The versions that this code can write and read.
    static var supportedVersions: ClosedRange<Int16> { get }
    /// The first version with compact lengths and tagged fields (KIP-482); nil if there is none.
    static var firstFlexibleVersion: Int16? { get }

    /// Reads a body.
    /// - Throws: `WireError` if the bytes are not a message of this version, or there is no such version.
    static func decode(from reader: inout WireReader, version: Int16) throws(WireError) -> Self

    /// Writes a body.
    /// - Throws: `WireError` if there is no such version, or the version cannot carry what is set.
    func encode(into writer: inout WireWriter, version: Int16) throws(WireError)
}

/// A request: its type fixes the response's type, the key, the versions and who answers it.
public protocol KafkaRequest: KafkaMessage {
    /// What answers it.
    associatedtype Response: KafkaResponse
    /// Which node can answer it.
    static var destination: RequestDestination { get }
    /// Whether it changes nothing, so that it may be sent again when the outcome of the first is not known.
    static var isReadOnly: Bool { get }
}

/// A response to the request of the same key and version.
public protocol KafkaResponse: KafkaMessage {}

/// Which node can answer a request.
public enum RequestDestination: Hashable, Sendable {
    /// Any broker (and, for most of these, any controller).
    case anyNode
    /// The node that the question is about: its connection, its directories, its own configuration.
    case thatNode
    /// The controller that `DescribeCluster` or `Metadata` names. KRaft brokers forward; in ZooKeeper mode only the
    /// real one answers.
    case controller
    /// The leader of the partitions in the request.
    case partitionLeader
    /// The coordinator of the group in the request, found by `FindCoordinatorRequest`.
    case coordinator
}

extension KafkaMessage {
    /// Whether bodies and headers of this version use compact lengths and tagged fields.
    public static func isFlexible(_ version: Int16) -> Bool {
        guard let firstFlexibleVersion else { return false }
        return version >= firstFlexibleVersion
    }

    /// The highest version that both sides know, or nil if there is none; `offered` is what the broker's
    /// `ApiVersionsResponse` says for this key.
    public static func commonVersion(offered: ClosedRange<Int16>) -> Int16? {
        let highest = min(offered.upperBound, supportedVersions.upperBound)
        return highest >= max(offered.lowerBound, supportedVersions.lowerBound) ? highest : nil
    }

    static func checkVersion(_ version: Int16) throws(WireError) {
        guard supportedVersions.contains(version) else {
            throw WireError(.unsupportedVersion(version, supported: supportedVersions), subject: name)
        }
    }
}
