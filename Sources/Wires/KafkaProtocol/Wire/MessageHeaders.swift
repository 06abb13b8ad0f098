/// What stands before a request's body.
///
/// Header version 1 has the client id, version 2 (requests of flexible versions) tagged fields as well; version 0
/// only ever preceded `ControlledShutdown` v0.
public struct RequestHeader: Equatable, Sendable {
    /// The API.
    public var apiKey: APIKey
    /// The version of the body.
    public var apiVersion: Int16
    /// The number that the response repeats.
    public var correlationID: Int32
    /// The client's name for the broker's logs and quotas.
    public var clientID: String?

    /// Makes a header.
    public init(apiKey: APIKey, apiVersion: Int16, correlationID: Int32, clientID: String?) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.clientID = clientID
    }

    /// Writes the header.
    /// - Throws: `WireError` if the client id is too long.
    public func encode(into writer: inout WireWriter, headerVersion: Int16) throws(WireError) {
        writer.writeAPIKey(apiKey)
        writer.writeInt16(apiVersion)
        writer.writeInt32(correlationID)
        // The client id keeps its two-byte length in flexible versions, for brokers that do not know the version.
        if headerVersion >= 1 { try writer.writeNullableString(clientID, compact: false) }
        if headerVersion >= 2 { writer.writeUnsignedVarint(0) }
    }

    /// Reads a header.
    /// - Throws: `WireError` if the bytes are none.
    public static func decode(from reader: inout WireReader, headerVersion: Int16) throws(WireError) -> RequestHeader {
        var header = RequestHeader(
            apiKey: try reader.readAPIKey(), apiVersion: try reader.readInt16(),
            correlationID: try reader.readInt32(), clientID: nil)
        if headerVersion >= 1 { header.clientID = try reader.readNullableString(compact: false) }
        if headerVersion >= 2 { try reader.skipTaggedFields() }
        return header
    }
}

/// What stands before a response's body: the request's correlation id and, in header version 1, tagged fields.
public struct ResponseHeader: Equatable, Sendable {
    /// The number of the request that this answers.
    public var correlationID: Int32

    /// Makes a header.
    public init(correlationID: Int32) { self.correlationID = correlationID }

    /// Writes the header.
    public func encode(into writer: inout WireWriter, headerVersion: Int16) {
        writer.writeInt32(correlationID)
        if headerVersion >= 1 { writer.writeUnsignedVarint(0) }
    }

    /// Reads a header.
    /// - Throws: `WireError` if the bytes are none.
    public static func decode(from reader: inout WireReader, headerVersion: Int16) throws(WireError) -> ResponseHeader {
        let header = ResponseHeader(correlationID: try reader.readInt32())
        if headerVersion >= 1 { try reader.skipTaggedFields() }
        return header
    }
}

extension KafkaRequest {
    /// The version of the header before a request of this version.
    public static func requestHeaderVersion(_ version: Int16) -> Int16 { isFlexible(version) ? 2 : 1 }

    /// The version of the header before the response of this version.
    ///
    /// Always 0 for `ApiVersions`: its reader does not know yet what the broker speaks. (KIP-511)
    public static func responseHeaderVersion(_ version: Int16) -> Int16 {
        apiKey != .apiVersions && isFlexible(version) ? 1 : 0
    }
}
