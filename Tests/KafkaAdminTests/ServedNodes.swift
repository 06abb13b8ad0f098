import EventLoop
import FleetModel
import KafkaClient
import KafkaProtocol

@testable import KafkaAdmin

/// Runs `body` with the administration through a client of fake nodes that listen on loopback, each on a port of its
/// own. `Metadata` is taught here, so that the client finds them; the last one is the controller.
func withServed(
    _ nodes: [FakeNode], retry: RetryPolicy = .once, _ body: @escaping @Sendable (KafkaAdmin) async throws -> Void
) async throws {
    try await withEventLoop { loop in
        var listeners: [Listener] = []
        var brokers: [MetadataResponse.MetadataResponseBroker] = []
        for node in nodes {
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            guard case .tcp(let host, let port) = listener.endpoint else { continue }
            listeners.append(listener)
            brokers.append(.init(nodeId: node.id.rawValue, host: host, port: Int32(port)))
        }
        for node in nodes where node.offered(.metadata) == nil {
            node.on(MetadataRequest.self) { [brokers] _ in
                MetadataResponse(brokers: brokers, controllerId: brokers.last?.nodeId ?? -1)
            }
        }
        let bootstrap = brokers.map { KafkaAddress(host: $0.host, port: UInt16(clamping: $0.port)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (node, listener) in zip(nodes, listeners) { group.addTask { await serve(node, listener) } }
            defer { group.cancelAll() }
            try await withKafkaClient(KafkaClientConfiguration(bootstrap: bootstrap, retry: retry), on: loop) {
                client in
                try await body(KafkaAdmin(client, timeout: .seconds(10)))
            }
        }
        for listener in listeners { await listener.close() }
    }
}

private func serve(_ node: FakeNode, _ listener: Listener) async {
    await withDiscardingTaskGroup { group in
        while let connection = try? await listener.accept() {
            group.addTask {
                // A client that goes away, or a node that was taught to fail, ends the connection as a broker's would.
                try? await answer(connection, as: node)
                await connection.close()
            }
        }
        group.cancelAll()
    }
}

private func answer(_ connection: Connection, as node: FakeNode) async throws {
    var assembler = FrameAssembler()
    while let bytes = try await connection.read() {
        assembler.append(bytes)
        while let payload = try assembler.next() {
            guard let frame = try node.answer(payload) else { return }
            try await connection.write(frame)
        }
    }
}
