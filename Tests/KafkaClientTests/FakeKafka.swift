import EventLoop
import KafkaProtocol

@testable import KafkaClient

/// Time that is enough on the busiest machine: only what hangs needs more.
let ample = Duration.seconds(200)

extension KafkaClientConfiguration {
    /// The usual configuration, with ample time to connect.
    static func ample(
        bootstrap: [KafkaAddress],
        endpoint: @escaping @Sendable (KafkaAddress) -> Endpoint = { .tcp(host: $0.host, port: $0.port) },
        retry: RetryPolicy = .standard
    ) -> KafkaClientConfiguration {
        KafkaClientConfiguration(
            bootstrap: bootstrap, endpoint: endpoint, connectTimeout: KafkaClientTests.ample, retry: retry)
    }
}

/// A node on loopback, made of this package's codec, that answers as a test wants.
struct FakeKafka: Sendable {
    /// What a node does with one request.
    enum Reply: Sendable {
        /// Sends bytes, lengths and all.
        case send([UInt8])
        /// Sends bytes one at a time, each in a packet of its own as far as the kernel allows.
        case trickle([UInt8])
        /// Sends bytes, then closes.
        case sendAndClose([UInt8])
        /// Says nothing, and goes on to the next request.
        case silence
    }

    struct Request: Sendable {
        var header: RequestHeader
        var payload: [UInt8]

        /// The answer to this request, framed.
        func answer<Message: KafkaRequest>(_ response: Message.Response, to _: Message.Type) -> [UInt8] {
            // A test that cannot encode its own answer fails by the empty frame.
            (try? Frame.encodeResponse(
                response, to: Message.self, version: header.apiVersion, correlationID: header.correlationID)) ?? []
        }
    }

    typealias Script = @Sendable (Request) async -> Reply

    /// ApiVersions as a node of these messages would send it.
    static let versions = ApiVersionsResponse(
        apiKeys: [
            .init(apiKey: .apiVersions, minVersion: 0, maxVersion: 4),
            .init(apiKey: .metadata, minVersion: 0, maxVersion: 12),
            .init(apiKey: .describeCluster, minVersion: 0, maxVersion: 2),
            .init(apiKey: .saslHandshake, minVersion: 0, maxVersion: 1),
            .init(apiKey: .saslAuthenticate, minVersion: 0, maxVersion: 2),
            .init(apiKey: .createTopics, minVersion: 2, maxVersion: 7),
            .init(apiKey: .unregisterBroker, minVersion: 0, maxVersion: 0),
        ])

    /// Runs `body` beside a node, and takes it down.
    static func with(
        _ script: @escaping Script, _ body: (EventLoop, KafkaAddress) async throws -> Void
    ) async throws {
        try await withEventLoop { loop in try await with(on: loop, script) { try await body(loop, $0) } }
    }

    /// The same on a loop that is there.
    static func with(
        on loop: EventLoop, _ script: @escaping Script, _ body: (KafkaAddress) async throws -> Void
    ) async throws {
        let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
        guard case .tcp(let host, let port) = listener.endpoint else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await serve(listener, script) }
            defer { group.cancelAll() }
            try await body(KafkaAddress(host: host, port: port))
        }
        await listener.close()
    }

    private static func serve(_ listener: Listener, _ script: @escaping Script) async {
        await withDiscardingTaskGroup { group in
            while let connection = try? await listener.accept() {
                group.addTask {
                    // A client that goes away is what some tests are about.
                    try? await converse(connection, script)
                    await connection.close()
                }
            }
            group.cancelAll()
        }
    }

    private static func converse(_ connection: Connection, _ script: Script) async throws {
        var assembler = FrameAssembler()
        while let bytes = try await connection.read() {
            assembler.append(bytes)
            while let payload = try assembler.next() {
                let request = Request(header: try Frame.requestHeader(of: payload), payload: payload)
                var reply = Reply.silence
                if request.header.apiKey == .apiVersions {
                    reply = .send(request.answer(versions, to: ApiVersionsRequest.self))
                }
                switch await script(request) {
                case .silence: break
                case let other: reply = other
                }
                switch reply {
                case .send(let bytes): try await connection.write(bytes)
                case .trickle(let bytes):
                    for byte in bytes {
                        try await connection.write([byte])
                        try await connection.waitUntilUnsent(below: 1)
                    }
                case .sendAndClose(let bytes):
                    try await connection.write(bytes)
                    return try await connection.finishWriting()
                case .silence: break
                }
            }
        }
    }
}

/// A node that answers ApiVersions, and Metadata with itself as the only broker.
func plainNode(_ request: FakeKafka.Request, id: Int32 = 1, at address: KafkaAddress) -> FakeKafka.Reply {
    guard request.header.apiKey == .metadata else { return .silence }
    return .send(
        request.answer(
            MetadataResponse(
                brokers: [.init(nodeId: id, host: address.host, port: Int32(address.port))], clusterId: "fake",
                controllerId: id),
            to: MetadataRequest.self))
}

/// A cluster id as the answer to Metadata, which tests use to tell answers apart.
func described(_ request: FakeKafka.Request, _ name: String) -> [UInt8] {
    request.answer(MetadataResponse(clusterId: name), to: MetadataRequest.self)
}

/// Something one task waits for until another lets it pass.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

/// Counts calls.
actor Tally {
    private(set) var count = 0

    @discardableResult
    func next() -> Int {
        count += 1
        return count
    }
}

extension RetryPolicy {
    /// Enough attempts, without waiting.
    static let quick = RetryPolicy(attempts: 5, firstPause: .milliseconds(1), longestPause: .milliseconds(5))
}

/// A question about one topic, or about none.
func metadata(_ name: String? = nil) -> MetadataRequest {
    MetadataRequest(topics: name.map { [.init(name: $0)] } ?? [], allowAutoTopicCreation: false)
}

extension FakeKafka.Request {
    /// The topic that a Metadata request is about; nil for none.
    var topic: String? { try? Frame.decodeRequest(MetadataRequest.self, payload: payload).request.topics?.first?.name }
}
