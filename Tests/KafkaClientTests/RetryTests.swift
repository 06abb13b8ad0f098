import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite(.timeLimit(.minutes(5))) struct RetryTests {
    @Test func `a request that changes nothing is sent again when its connection is lost`() async throws {
        let calls = Tally()
        try await FakeKafka.with({ request in
            guard request.header.apiKey == .metadata else { return .silence }
            return await calls.next() < 3 ? .sendAndClose([]) : .send(described(request, "third"))
        }) { loop, address in
            try await withKafkaClient(
                KafkaClientConfiguration.ample(bootstrap: [address], retry: .quick), on: loop
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
                KafkaClientConfiguration.ample(bootstrap: [address], retry: .quick), on: loop
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
                        }, retry: .quick)
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
                        }, connectTimeout: ample, retry: .quick)
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
                KafkaClientConfiguration.ample(bootstrap: [address], retry: .quick), on: loop
            ) { client in
                let answer = try await client.send(
                    DescribeClusterRequest(), to: .address(address), deadline: .now + ample)
                #expect(answer.errorCode == .requestTimedOut)
                #expect(await calls.count == 5)
            }
        }
    }
}
