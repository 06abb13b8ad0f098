import KafkaProtocol
import Testing

/// Whole frames: lengths, headers, correlation ids.
@Suite struct FrameTests {
    @Test func `a request survives the way out and in`() throws {
        let request = MetadataRequest(topics: [.init(name: "t")], allowAutoTopicCreation: false)
        let frame = try Frame.encode(request, version: 12, correlationID: 7, clientID: "gantry")
        #expect(try Frame.payloadLength(frame) == frame.count - 4)
        let (header, decoded) = try Frame.decodeRequest(MetadataRequest.self, payload: Array(frame.dropFirst(4)))
        #expect(header == RequestHeader(apiKey: .metadata, apiVersion: 12, correlationID: 7, clientID: "gantry"))
        #expect(decoded == request)
    }

    @Test func `a response with another correlation id is refused`() throws {
        let frame = try Frame.encodeResponse(
            MetadataResponse(controllerId: 3), to: MetadataRequest.self, version: 12, correlationID: 7)
        let payload = Array(frame.dropFirst(4))
        let decoded = try Frame.decodeResponse(
            to: MetadataRequest.self, version: 12, correlationID: 7, payload: payload)
        #expect(decoded.controllerId == 3)
        #expect(throws: WireError.self) {
            try Frame.decodeResponse(to: MetadataRequest.self, version: 12, correlationID: 8, payload: payload)
        }
    }

    @Test func `a broker that lacks the version of ApiVersions is understood at version 0`() throws {
        let answer = ApiVersionsResponse(
            errorCode: .unsupportedVersion, apiKeys: [.init(apiKey: .apiVersions, minVersion: 0, maxVersion: 2)])
        let frame = try Frame.encodeResponse(answer, to: ApiVersionsRequest.self, version: 0, correlationID: 1)
        let decoded = try Frame.decodeResponse(
            to: ApiVersionsRequest.self, version: 4, correlationID: 1, payload: Array(frame.dropFirst(4)))
        #expect(decoded == answer)
    }

    @Test(arguments: [Int32.max, -1, Int32.min, 0, 3])
    func `a frame of an impossible length is refused before anything is kept for it`(length: Int32) throws {
        let prefix = withUnsafeBytes(of: length.bigEndian) { Array($0) }
        #expect(throws: WireError(.frameLength(Int(length), limit: Frame.defaultLimit))) {
            try Frame.payloadLength(prefix)
        }
        var assembler = FrameAssembler()
        assembler.append(prefix)
        #expect(throws: WireError(.frameLength(Int(length), limit: Frame.defaultLimit))) { try assembler.next() }
    }

    @Test func `frames come out whole however the stream is cut`() throws {
        let frames = try (1...5).map { index in
            try Frame.encode(
                MetadataRequest(topics: (0..<index).map { .init(name: "topic-\($0)") }), version: 1,
                correlationID: Int32(index), clientID: nil)
        }
        let stream = frames.flatMap { $0 }
        for size in 1...stream.count {
            var assembler = FrameAssembler()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                assembler.append(stream[start..<min(start + size, stream.count)])
                while let payload = try assembler.next() { found.append(payload) }
            }
            #expect(found == frames.map { Array($0.dropFirst(4)) })
            #expect(assembler.buffered == 0)
        }
    }
}
