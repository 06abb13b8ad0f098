import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite(.timeLimit(.minutes(5))) struct ClientTests {
    // MARK: One connection

    @Test func `a cancelled request's neighbours on the connection get their answers`() async throws {
        let gate = Gate()
        let arrived = AsyncStream.makeStream(of: String.self)
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata, let topic = request.topic else { return .silence }
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
            guard request.header.apiKey == .metadata, let topic = request.topic else { return .silence }
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
            guard request.header.apiKey == .metadata, let topic = request.topic else { return .silence }
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
                KafkaClientConfiguration.ample(bootstrap: [address], retry: .quick), on: loop
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
