import Testing

@testable import EventLoop

/// Time that is enough on the busiest machine: only what hangs needs more.
let ample = Duration.seconds(200)

/// Bytes whose places can be told apart.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

/// Runs `body` beside a server that sends back whatever comes, and ends it.
func withEcho(
    on endpoint: Endpoint = .tcp(host: "127.0.0.1", port: 0), tls: TLSContext? = nil,
    _ body: @escaping @Sendable (EventLoop, Endpoint) async throws -> Void
) async throws {
    try await withEventLoop { loop in
        let listener = try await loop.listen(on: endpoint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await echo(listener, tls: tls) }
            defer { group.cancelAll() }
            try await body(loop, listener.endpoint)
        }
        await listener.close()
    }
}

private func echo(_ listener: Listener, tls: TLSContext?) async {
    await withDiscardingTaskGroup { group in
        while let connection = try? await listener.accept() {
            group.addTask {
                do {
                    if let tls { try await connection.secure(with: tls, deadline: .now + ample) }
                    while let bytes = try await connection.read() { try await connection.write(bytes) }
                    try await connection.finishWriting()
                } catch {
                    // A client that goes away, or is refused, is what some tests are about.
                }
                await connection.close()
            }
        }
        group.cancelAll()
    }
}

/// Sends `bytes`, half-closes, and returns all that comes back.
func exchange(
    _ loop: EventLoop, _ endpoint: Endpoint, _ bytes: [UInt8], tls: TLSUse? = nil
) async throws -> [UInt8] {
    try await loop.withConnection(to: endpoint, tls: tls, deadline: .now + ample) { connection in
        try await withThrowingTaskGroup(of: Void.self, returning: [UInt8].self) { group in
            group.addTask {
                try await connection.write(bytes)
                try await connection.finishWriting()
            }
            var received: [UInt8] = []
            while let more = try await connection.read() { received += more }
            try await group.waitForAll()
            return received
        }
    }
}

/// Runs `body` with both ends of one connection.
func withPair(_ body: (_ client: Connection, _ server: Connection) async throws -> Void) async throws {
    try await withEventLoop { loop in
        let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
        let client = try await loop.connect(to: listener.endpoint, deadline: .now + ample)
        let server = try await listener.accept(deadline: .now + ample)
        await listener.close()
        try await body(client, server)
        await client.close()
        await server.close()
    }
}
