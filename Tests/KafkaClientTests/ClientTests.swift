import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite(.timeLimit(.minutes(5))) struct ClientTests {
    private let quick = RetryPolicy(attempts: 5, firstPause: .milliseconds(1), longestPause: .milliseconds(5))

    private func metadata(_ name: String? = nil) -> MetadataRequest {
        MetadataRequest(topics: name.map { [.init(name: $0)] } ?? [], allowAutoTopicCreation: false)
    }

    /// The topic a Metadata request is about; nil for none.
    private static func topic(_ request: FakeKafka.Request) -> String? {
        try? Frame.decodeRequest(MetadataRequest.self, payload: request.payload).request.topics?.first?.name
    }

    // MARK: One connection

    @Test func `a cancelled request's neighbours on the connection get their answers`() async throws {
        let gate = Gate()
        let arrived = AsyncStream.makeStream(of: String.self)
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata, let topic = Self.topic(request) else { return .silence }
            arrived.continuation.yield(topic)
            if topic == "first" { await gate.pass() }
            return .send(described(request, topic))
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                try await withThrowingTaskGroup(of: String?.self) { group in
                    let doomed = Task {
                        try await client.send(metadata("first"), to: .address(address), deadline: .now + ample)
                    }
                    var events = arrived.stream.makeAsyncIterator()
                    #expect(await events.next() == "first")
                    for name in ["second", "third"] {
                        group.addTask {
                            try await client.send(
                                metadata(name), to: .address(address), deadline: .now + ample
                            ).clusterId
                        }
                    }
                    doomed.cancel()
                    let error = await #expect(throws: KafkaClientError.self) { _ = try await doomed.value }
                    #expect(error?.code == .cancelled && error?.wasSent == true)
                    await gate.open()
                    var names: Set<String?> = []
                    for try await name in group { names.insert(name) }
                    #expect(names == ["second", "third"])
                }
            }
        }
    }

    @Test func `a request that is late leaves its neighbour alive on the same connection`() async throws {
        let gate = Gate()
        let connections = Tally()
        try await FakeKafka.with({ request in
            if request.header.apiKey == .apiVersions { await connections.next() }
            guard request.header.apiKey == .metadata, let topic = Self.topic(request) else { return .silence }
            if topic == "late" { await gate.pass() }
            return .send(described(request, topic))
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                _ = try await client.capabilities(of: .address(address), deadline: .now + ample)
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(
                        metadata("late"), to: .address(address), deadline: .now + .milliseconds(300), retry: .once)
                }
                #expect(error?.code == .deadlineExceeded)
                await gate.open()
                let answer = try await client.send(
                    metadata("next"), to: .address(address), deadline: .now + ample)
                #expect(answer.clusterId == "next")
                #expect(await connections.count == 1)
            }
        }
    }

    @Test func `many tasks share one connection, and every one gets its own answer`() async throws {
        let connections = Tally()
        try await FakeKafka.with({ request in
            if request.header.apiKey == .apiVersions { await connections.next() }
            guard request.header.apiKey == .metadata, let topic = Self.topic(request) else { return .silence }
            return .send(described(request, topic))
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<500 {
                        group.addTask {
                            let answer = try await client.send(
                                metadata("t\(number)"), to: .address(address), deadline: .now + ample)
                            return answer.clusterId == "t\(number)"
                        }
                    }
                    for try await isOwn in group { #expect(isOwn) }
                }
                #expect(await connections.count == 1)
            }
        }
    }

    @Test func `two hundred nodes are talked to at once`() async throws {
        try await FakeKafka.with({ request in
            request.header.apiKey == .metadata ? .send(described(request, "one")) : .silence
        }) { loop, address in
            // Every alias leads to the same listener by the address map, over a connection of its own.
            let configuration = KafkaClientConfiguration.ample(
                bootstrap: [address], endpoint: { _ in .tcp(host: address.host, port: address.port) })
            try await withKafkaClient(configuration, on: loop) { client in
                try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let alias = KafkaAddress(host: "broker-\(number)", port: 9092)
                            return try await client.send(
                                metadata(), to: .address(alias), deadline: .now + ample
                            ).clusterId
                        }
                    }
                    var count = 0
                    for try await name in group where name == "one" { count += 1 }
                    #expect(count == 200)
                }
            }
        }
    }

    @Test func `a connection that the node closed is opened anew`() async throws {
        let connections = Tally()
        try await FakeKafka.with({ request in
            if request.header.apiKey == .apiVersions { await connections.next() }
            return request.header.apiKey == .metadata ? .sendAndClose(described(request, "once")) : .silence
        }) { loop, address in
            try await withKafkaClient(
                KafkaClientConfiguration.ample(bootstrap: [address], retry: quick), on: loop
            ) { client in
                for _ in 0..<5 {
                    let answer = try await client.send(
                        metadata(), to: .address(address), deadline: .now + ample)
                    #expect(answer.clusterId == "once")
                }
                #expect(await connections.count == 5)
            }
        }
    }

    // MARK: Versions

    @Test func `a request that the node lacks fails by name and is not sent`() async throws {
        try await FakeKafka.with({ _ in .silence }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(
                        DescribeQuorumRequest(), to: .address(address), deadline: .now + ample)
                }
                #expect(error?.code == .unsupportedVersion && error?.wasSent == false)
                #expect(error?.description.contains("DescribeQuorum") == true)
            }
        }
    }

    @Test func `the version is the highest common one, and the caller's limit is kept`() async throws {
        try await FakeKafka.with({ request in
            request.header.apiKey == .metadata ? .send(described(request, "\(request.header.apiVersion)")) : .silence
        }) { loop, address in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                let free = try await client.ask(metadata(), of: .address(address), deadline: .now + ample)
                #expect(free.version == 12 && free.response.clusterId == "12")
                let limited = try await client.ask(
                    metadata(), of: .address(address), deadline: .now + ample, versionLimit: 5)
                #expect(limited.version == 5 && limited.response.clusterId == "5")
                let offered = try await client.capabilities(of: .address(address), deadline: .now + ample)
                #expect(offered.versions[.createTopics] == 2...7)
            }
        }
    }

    @Test func `acks=0 is refused, because it has no answer`() async throws {
        try await withEventLoop { loop in
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: []), on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(ProduceRequest(acks: 0), to: .any, deadline: .now + .seconds(1))
                }
                #expect(error?.code == .invalidRequest)
            }
        }
    }

    // MARK: Retries

    @Test func `a request that changes nothing is sent again when its connection is lost`() async throws {
        let calls = Tally()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata else { return .silence }
            return await calls.next() < 3 ? .sendAndClose([]) : .send(described(request, "third"))
        }) { loop, address in
            try await withKafkaClient(
                KafkaClientConfiguration.ample(bootstrap: [address], retry: quick), on: loop
            ) { client in
                let answer = try await client.send(metadata(), to: .any, deadline: .now + ample)
                #expect(answer.clusterId == "third")
            }
        }
    }

    @Test func `a request that changes something is never sent twice when its outcome is not known`() async throws {
        let calls = Tally()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .createTopics else { return .silence }
            await calls.next()
            return .sendAndClose([])
        }) { loop, address in
            try await withKafkaClient(
                KafkaClientConfiguration.ample(bootstrap: [address], retry: quick), on: loop
            ) { client in
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(
                        CreateTopicsRequest(topics: []), to: .address(address), deadline: .now + ample)
                }
                #expect(error?.code == .connectionLost && error?.wasSent == true)
                #expect(await calls.count == 1)
            }
        }
    }

    @Test func `NOT_CONTROLLER makes the client look for the controller anew`() async throws {
        let lookups = Tally()
        try await withEventLoop { loop in
            let unregister: @Sendable (FakeKafka.Request, Int16) -> FakeKafka.Reply = { request, code in
                .send(
                    request.answer(
                        UnregisterBrokerResponse(errorCode: ErrorCode(rawValue: code)), to: UnregisterBrokerRequest.self
                    ))
            }
            try await FakeKafka.with(
                on: loop, { request in request.header.apiKey == .unregisterBroker ? unregister(request, 0) : .silence }
            ) { active in
                try await FakeKafka.with(
                    on: loop,
                    { request in
                        switch request.header.apiKey {
                        case .unregisterBroker: return unregister(request, 41)
                        case .metadata:
                            // The first lookup still names the old controller, which is this node.
                            let controller: Int32 = await lookups.next() == 1 ? 1 : 2
                            return .send(
                                request.answer(
                                    MetadataResponse(
                                        brokers: [
                                            .init(nodeId: 1, host: "old.test", port: 1),
                                            .init(nodeId: 2, host: "active.test", port: 2),
                                        ], controllerId: controller),
                                    to: MetadataRequest.self))
                        default: return .silence
                        }
                    }
                ) { old in
                    let configuration = KafkaClientConfiguration.ample(
                        bootstrap: [old],
                        endpoint: { address in
                            let real = address.host == "active.test" ? active : old
                            return .tcp(host: real.host, port: real.port)
                        }, retry: quick)
                    try await withKafkaClient(configuration, on: loop) { client in
                        let answer = try await client.ask(
                            UnregisterBrokerRequest(brokerId: 5), of: .controller, deadline: .now + ample)
                        #expect(answer.response.errorCode == 0 && answer.node == 2)
                        #expect(await lookups.count >= 2)
                    }
                }
            }
        }
    }

    @Test(arguments: [-1, 1] as [Int32])
    func `a controller that was taken out, and names none or itself, is not believed while another one answers`(
        named: Int32
    ) async throws {
        @Sendable func controller(_ request: FakeKafka.Request, names: Int32, code: Int16) -> FakeKafka.Reply {
            switch request.header.apiKey {
            case .unregisterBroker:
                .send(
                    request.answer(
                        UnregisterBrokerResponse(errorCode: ErrorCode(rawValue: code)), to: UnregisterBrokerRequest.self
                    ))
            case .describeCluster:
                .send(
                    request.answer(
                        DescribeClusterResponse(
                            endpointType: 2, clusterId: "fake", controllerId: names,
                            brokers: [
                                .init(brokerId: 1, host: "old.test", port: 1),
                                .init(brokerId: 2, host: "active.test", port: 2),
                            ]),
                        to: DescribeClusterRequest.self))
            default: .silence
            }
        }
        try await withEventLoop { loop in
            try await FakeKafka.with(on: loop, { controller($0, names: 2, code: 0) }) { active in
                try await FakeKafka.with(on: loop, { controller($0, names: named, code: 41) }) { old in
                    let configuration = KafkaClientConfiguration(
                        bootstrap: [old], role: .controllers,
                        endpoint: { address in
                            let real = address.host == "active.test" ? active : old
                            return .tcp(host: real.host, port: real.port)
                        }, connectTimeout: ample, retry: quick)
                    try await withKafkaClient(configuration, on: loop) { client in
                        for _ in 1...3 {
                            let answer = try await client.ask(
                                UnregisterBrokerRequest(brokerId: 5), of: .controller, deadline: .now + ample)
                            #expect(answer.response.errorCode == 0 && answer.node == 2)
                            await client.forget(.controller)
                        }
                    }
                }
            }
        }
    }

    @Test func `an answer that carries a code after the last attempt is returned`() async throws {
        let calls = Tally()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .describeCluster else { return .silence }
            await calls.next()
            return .send(
                request.answer(DescribeClusterResponse(errorCode: .requestTimedOut), to: DescribeClusterRequest.self))
        }) { loop, address in
            try await withKafkaClient(
                KafkaClientConfiguration.ample(bootstrap: [address], retry: quick), on: loop
            ) { client in
                let answer = try await client.send(
                    DescribeClusterRequest(), to: .address(address), deadline: .now + ample)
                #expect(answer.errorCode == .requestTimedOut)
                #expect(await calls.count == 5)
            }
        }
    }

    // MARK: Routes

    @Test func `one bootstrap address that answers is enough, whatever the others do`() async throws {
        try await withEventLoop { loop in
            // One refuses, one accepts and says nothing.
            let refusing = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            await refusing.close()
            let silent = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            let dead = [refusing, silent].compactMap { listener -> KafkaAddress? in
                guard case .tcp(let host, let port) = listener.endpoint else { return nil }
                return KafkaAddress(host: host, port: port)
            }
            try await FakeKafka.with(
                on: loop,
                { request in request.header.apiKey == .metadata ? .send(described(request, "alive")) : .silence }
            ) { address in
                try await withKafkaClient(
                    KafkaClientConfiguration.ample(bootstrap: dead + [address]), on: loop
                ) { client in
                    let answer = try await client.send(metadata(), to: .any, deadline: .now + ample)
                    #expect(answer.clusterId == "alive")
                }
            }
        }
    }

    @Test func `when no bootstrap address answers, every one is named with its reason`() async throws {
        try await withEventLoop { loop in
            let addresses = ["name.invalid:9092", "127.0.0.1:1"].compactMap { KafkaAddress($0) }
            try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: addresses), on: loop) { client in
                let error = await #expect(throws: KafkaClientError.self) {
                    _ = try await client.send(metadata(), to: .any, deadline: .now + ample, retry: .once)
                }
                #expect(error?.code == .unreachable)
                for address in addresses { #expect(error?.description.contains("\(address)") == true) }
            }
        }
    }

    @Test func `a client without any address says so`() async throws {
        try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [])) { client in
            let error = await #expect(throws: KafkaClientError.self) {
                _ = try await client.send(metadata(), to: .any, deadline: .now + .seconds(1), retry: .once)
            }
            #expect(error?.reason == "no address is known")
        }
    }

    @Test func `callers who need the same lookup share one`() async throws {
        let lookups = Tally()
        let gate = Gate()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata else {
                return request.header.apiKey == .unregisterBroker
                    ? .send(request.answer(UnregisterBrokerResponse(), to: UnregisterBrokerRequest.self)) : .silence
            }
            await lookups.next()
            await gate.pass()
            return plainNode(request, at: KafkaAddress(host: "n1.test", port: 1))
        }) { loop, address in
            let configuration = KafkaClientConfiguration.ample(
                bootstrap: [address], endpoint: { _ in .tcp(host: address.host, port: address.port) }, retry: .once)
            try await withKafkaClient(configuration, on: loop) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            _ = try await client.send(
                                UnregisterBrokerRequest(brokerId: 1), to: .controller, deadline: .now + ample)
                        }
                    }
                    while await lookups.count == 0 { await Task.yield() }
                    await gate.open()
                    try await group.waitForAll()
                }
                // A task that came late may have begun a lookup of its own; fifty would be one each.
                #expect(await lookups.count < 5)
            }
        }
    }

    @Test func `a client whose task is cancelled lets go of its callers`() async throws {
        try await FakeKafka.with({ _ in .silence }) { loop, address in
            let task = Task {
                try await withKafkaClient(KafkaClientConfiguration.ample(bootstrap: [address]), on: loop) { client in
                    _ = try await client.send(metadata(), to: .any, deadline: .now + .seconds(3600))
                }
            }
            task.cancel()
            let error = await #expect(throws: KafkaClientError.self) { _ = try await task.value }
            #expect([.cancelled, .closed, .deadlineExceeded, .connectionLost].contains(error?.code))
        }
    }
}
