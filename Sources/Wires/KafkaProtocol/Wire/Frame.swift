/// Whole requests and responses: four bytes of length, a header, a body.
///
/// "Payload" is what follows the length. Nothing here reads or writes a socket.
public enum Frame {
    /// The default bound of one payload: Metadata of 1,000,000 partitions takes about 50 MB.
    public static let defaultLimit = 100 << 20

    /// How many bytes the length takes.
    public static let lengthSize = 4

    /// The payload's length that the first four bytes of a frame announce.
    /// - Throws: `frameLength` if it is negative, too short for a correlation id, or above the limit; `truncated`
    ///   for fewer than four bytes.
    public static func payloadLength(_ prefix: some Collection<UInt8>, limit: Int = defaultLimit) throws(WireError)
        -> Int
    {
        var reader = WireReader(Array(prefix.prefix(lengthSize)))
        let length = Int(try reader.readInt32())
        guard length >= lengthSize, length <= limit else { throw WireError(.frameLength(length, limit: limit)) }
        return length
    }

    /// The correlation id that a response's payload begins with.
    /// - Throws: `truncated`.
    public static func correlationID(ofResponse payload: [UInt8]) throws(WireError) -> Int32 {
        var reader = WireReader(payload)
        return try reader.readInt32()
    }

    /// A request as it goes out, its length included.
    /// - Throws: `WireError` if the version cannot carry the request, or the frame exceeds `limit`.
    public static func encode<Request: KafkaRequest>(
        _ request: Request, version: Int16, correlationID: Int32, clientID: String?, limit: Int = defaultLimit
    ) throws(WireError) -> [UInt8] {
        let header = RequestHeader(
            apiKey: Request.apiKey, apiVersion: version, correlationID: correlationID, clientID: clientID)
        return try framed(Request.self, version: version, limit: limit) { writer throws(WireError) in
            try header.encode(into: &writer, headerVersion: Request.requestHeaderVersion(version))
            try request.encode(into: &writer, version: version)
        }
    }

    /// Reads the response to a `Request` that was sent at `version`.
    ///
    /// A broker that lacks the version of an `ApiVersionsRequest` answers it at version 0 with error 35 and the
    /// versions it has; that is read as such.
    /// - Throws: `WireError` if the payload is not that response, whole and with nothing after it.
    public static func decodeResponse<Request: KafkaRequest>(
        to _: Request.Type, version: Int16, correlationID: Int32, payload: [UInt8]
    ) throws(WireError) -> Request.Response {
        try describing(Request.Response.self, version) { () throws(WireError) in
            var reader = WireReader(payload)
            let header = try ResponseHeader.decode(
                from: &reader, headerVersion: Request.responseHeaderVersion(version))
            guard header.correlationID == correlationID else {
                throw WireError(.correlation(expected: correlationID, found: header.correlationID), offset: 0)
            }
            var bodyVersion = version
            if Request.apiKey == .apiVersions {
                var probe = reader
                if try probe.readErrorCode() == .unsupportedVersion { bodyVersion = 0 }
            }
            let response = try Request.Response.decode(from: &reader, version: bodyVersion)
            try reader.finish()
            return response
        }
    }

    /// A response as it goes out, its length included: for brokers made of this code, as in tests and simulations.
    /// - Throws: `WireError` if the version cannot carry the response, or the frame exceeds `limit`.
    public static func encodeResponse<Request: KafkaRequest>(
        _ response: Request.Response, to _: Request.Type, version: Int16, correlationID: Int32,
        limit: Int = defaultLimit
    ) throws(WireError) -> [UInt8] {
        try framed(Request.Response.self, version: version, limit: limit) { writer throws(WireError) in
            ResponseHeader(correlationID: correlationID)
                .encode(into: &writer, headerVersion: Request.responseHeaderVersion(version))
            try response.encode(into: &writer, version: version)
        }
    }

    /// The key, version and correlation id that a request's payload begins with; its client id is not read.
    /// - Throws: `truncated`.
    public static func requestHeader(of payload: [UInt8]) throws(WireError) -> RequestHeader {
        var reader = WireReader(payload)
        return try RequestHeader.decode(from: &reader, headerVersion: 0)
    }

    /// Reads a whole request: for brokers made of this code.
    /// - Throws: `WireError` if the payload is not such a request, whole and with nothing after it.
    public static func decodeRequest<Request: KafkaRequest>(
        _: Request.Type, payload: [UInt8]
    ) throws(WireError) -> (header: RequestHeader, request: Request) {
        let version = try requestHeader(of: payload).apiVersion
        return try describing(Request.self, version) { () throws(WireError) in
            var reader = WireReader(payload)
            let header = try RequestHeader.decode(from: &reader, headerVersion: Request.requestHeaderVersion(version))
            guard header.apiKey == Request.apiKey else {
                throw WireError(.apiKey(expected: Request.apiKey, found: header.apiKey), offset: 0)
            }
            let request = try Request.decode(from: &reader, version: version)
            try reader.finish()
            return (header, request)
        }
    }

    private static func framed<Message: KafkaMessage>(
        _: Message.Type, version: Int16, limit: Int, _ write: (inout WireWriter) throws(WireError) -> Void
    ) throws(WireError) -> [UInt8] {
        try describing(Message.self, version) { () throws(WireError) in
            var writer = WireWriter(capacity: 256)
            writer.writeInt32(0)
            try write(&writer)
            let length = writer.bytes.count - lengthSize
            guard length <= min(limit, Int(Int32.max)) else { throw WireError(.frameLength(length, limit: limit)) }
            withUnsafeBytes(of: Int32(length).bigEndian) { writer.bytes.replaceSubrange(0..<lengthSize, with: $0) }
            return writer.bytes
        }
    }

    /// Names the message in whatever error the work throws.
    private static func describing<Message: KafkaMessage, Value>(
        _: Message.Type, _ version: Int16, _ work: () throws(WireError) -> Value
    ) throws(WireError) -> Value {
        do {
            return try work()
        } catch {
            throw error.within("\(Message.name) v\(version)")
        }
    }
}
