import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

/// A Kafka that does not do what it should, on real sockets.
@Suite(.timeLimit(.minutes(5))) struct BadPeerTests {
    private func ask(
        _ client: KafkaClient, _ address: KafkaAddress, within: Duration = ample,
        retry: RetryPolicy = .once
    ) async throws(KafkaClientError) -> MetadataResponse {
        try await client.send(MetadataRequest(topics: []), to: .address(address), deadline: .now + within, retry: retry)
    }

    private func expectFailure(
        _ code: KafkaClientError.Code, within: Duration = ample, _ script: @escaping FakeKafka.Script
    ) async throws -> KafkaClientError {
        var failure: KafkaClientError?
        try await FakeKafka.with(script) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                // Where the opening itself is to fail, it does so again below.
                _ = try? await client.capabilities(of: .address(address), deadline: .now + ample, retry: .once)
                failure = await #expect(throws: KafkaClientError.self) {
                    _ = try await ask(client, address, within: within)
                }
            }
            #expect(failure?.address == address)
        }
        let error = try #require(failure)
        #expect(error.code == code && error.api == .metadata, "\(error)")
        #expect(!error.remedy.isEmpty)
        return error
    }

    @Test func `an answer that comes byte by byte is whole in the end`() async throws {
        try await FakeKafka.with({ request in
            switch request.header.apiKey {
            case .apiVersions: .trickle(request.answer(FakeKafka.versions, to: ApiVersionsRequest.self))
            default: .trickle(described(request, "slow"))
            }
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                let answer = try await ask(client, address)
                #expect(answer.clusterId == "slow")
            }
        }
    }

    @Test func `garbage instead of a frame is told as not Kafka`() async throws {
        _ = try await expectFailure(.notKafka) { request in
            request.header.apiKey == .metadata ? .send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) : .silence
        }
    }

    @Test func `garbage in a frame is told as an answer that cannot be read, and the connection lives on`() async throws
    {
        let calls = Tally()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata else { return .silence }
            var bytes = described(request, "good")
            if await calls.next() == 1 {
                // Everything after the length and the correlation id.
                for place in bytes.indices.dropFirst(8) { bytes[place] = 0xFF }
            }
            return .send(bytes)
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) { _ = try await ask(client, address) }
                #expect(error?.code == .badAnswer)
                let answer = try await ask(client, address)
                #expect(answer.clusterId == "good")
            }
        }
    }

    @Test func `a frame of two gibibytes is refused by its length, and nothing is stored`() async throws {
        let error = try await expectFailure(.notKafka) { request in
            request.header.apiKey == .metadata ? .send([0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3]) : .silence
        }
        #expect(error.reason.contains("2147483647"))
    }

    @Test func `a frame of two gibibytes as the very first bytes is refused too`() async throws {
        _ = try await expectFailure(.notKafka) { _ in .send([0x80, 0, 0, 0]) }
    }

    @Test func `half an answer and then the end is a lost connection`() async throws {
        let error = try await expectFailure(.connectionLost) { request in
            guard request.header.apiKey == .metadata else { return .silence }
            return .sendAndClose(Array(described(request, "half").dropLast(3)))
        }
        #expect(error.wasSent && error.reason.contains("middle"))
    }

    @Test func `a node that closes instead of answering is a lost connection`() async throws {
        _ = try await expectFailure(.connectionLost) { request in
            request.header.apiKey == .metadata ? .sendAndClose([]) : .silence
        }
    }

    @Test func `a node that says nothing costs no more than the deadline`() async throws {
        let error = try await expectFailure(.deadlineExceeded, within: .milliseconds(200)) { _ in .silence }
        #expect(error.wasSent)
    }

    @Test func `a listener that accepts and never answers costs no more than the time to connect`() async throws {
        try await withEventLoop { loop in
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            guard case .tcp(let host, let port) = listener.endpoint else { return }
            let address = KafkaAddress(host: host, port: port)
            let configuration = KafkaClientConfiguration(bootstrap: [address], connectTimeout: .milliseconds(100))
            try await withKafkaClient(configuration, on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) { _ = try await ask(client, address) }
                #expect(error?.code == .unreachable)
            }
        }
    }

    @Test func `another request's correlation id ends the connection with an error`() async throws {
        let error = try await expectFailure(.badAnswer) { request in
            guard request.header.apiKey == .metadata else { return .silence }
            var bytes = described(request, "x")
            bytes[7] &+= 1
            return .send(bytes)
        }
        #expect(error.reason.contains("correlation id"))
    }

    @Test func `a node that reads slowly gets a large request in the end`() async throws {
        try await withEventLoop { loop in
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            guard case .tcp(let host, let port) = listener.endpoint else { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await sipping(listener) }
                defer { group.cancelAll() }
                let address = KafkaAddress(host: host, port: port)
                try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                    let names = (0..<20_000).map { MetadataRequest.MetadataRequestTopic(name: "topic-\($0)") }
                    let answer = try await client.send(
                        MetadataRequest(topics: names), to: .any, deadline: .now + ample)
                    #expect(answer.clusterId == "sipped")
                }
            }
        }
    }

    /// Answers like a node, but reads 4 KiB at a time.
    private func sipping(_ listener: Listener) async throws {
        let connection = try await listener.accept()
        var assembler = FrameAssembler()
        while let bytes = try await connection.read(upTo: 4096) {
            assembler.append(bytes)
            while let payload = try assembler.next() {
                let request = FakeKafka.Request(header: try Frame.requestHeader(of: payload), payload: payload)
                let isVersions = request.header.apiKey == .apiVersions
                try await connection.write(
                    isVersions
                        ? request.answer(FakeKafka.versions, to: ApiVersionsRequest.self) : described(request, "sipped")
                )
            }
        }
        await connection.close()
    }
}
