import Foundation
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(5))) struct ConnectionTests {
    @Test func `what is written comes back, whatever its size`() async throws {
        try await withEcho { loop, endpoint in
            for size in [1, 100, 65_536, 2_000_000] {
                let bytes = pattern(size)
                let echoed = try await exchange(loop, endpoint, bytes)
                #expect(echoed == bytes, "\(size) bytes")
            }
        }
    }

    @Test func `a unix socket works like a TCP one`() async throws {
        let path = "/tmp/gantry-test-\(UUID().uuidString).sock"
        defer { unlink(path) }
        try await withEcho(on: .unix(path: path)) { loop, endpoint in
            let bytes = pattern(200_000)
            let echoed = try await exchange(loop, endpoint, bytes)
            #expect(echoed == bytes)
        }
    }

    @Test func `two hundred connections at once are served`() async throws {
        try await withEcho { loop, endpoint in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let bytes = pattern(1000 + number)
                        return try await exchange(loop, endpoint, bytes) == bytes
                    }
                }
                var good = 0
                for try await same in group where same { good += 1 }
                #expect(good == 200)
            }
        }
    }

    @Test func `a half-closed connection can still be read`() async throws {
        try await withPair { client, server in
            try await client.finishWriting()
            #expect(try await server.read() == nil)
            try await server.write([1, 2, 3])
            #expect(try await client.read() == [1, 2, 3])
            await #expect(throws: EventLoopError.self) { try await client.write([4]) }
        }
    }

    @Test func `an end that arrives together with the last bytes is seen`() async throws {
        try await withPair { client, server in
            for _ in 0..<50 { try await server.write([7]) }
            try await server.finishWriting()
            var received: [UInt8] = []
            while let bytes = try await client.read() { received += bytes }
            #expect(received == [UInt8](repeating: 7, count: 50))
            #expect(try await client.read() == nil)
        }
    }

    @Test func `a slow reader stops its writer, and gets everything in the end`() async throws {
        try await withPair { client, server in
            let chunk = pattern(256 * 1024)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<16 {
                        try await client.write(chunk)
                        #expect(await client.unsent < Connection.highWater)
                    }
                    try await client.finishWriting()
                }
                group.addTask {
                    var total = 0
                    while let bytes = try await server.read(upTo: 32 * 1024) {
                        #expect(bytes.first == chunk[total % chunk.count])
                        total += bytes.count
                    }
                    #expect(total == 16 * chunk.count)
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a reader that stops reading leaves its writer waiting until it is cancelled`() async throws {
        try await withPair { client, _ in
            await withTaskGroup { group in
                group.addTask {
                    let error = await #expect(throws: EventLoopError.self) {
                        while true { try await client.write(pattern(1_000_000)) }
                    }
                    #expect(error?.code == .cancelled)
                }
                while await client.unsent < Connection.highWater { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    @Test func `a cancelled read takes nothing from the stream`() async throws {
        try await withPair { client, server in
            await withTaskGroup { group in
                group.addTask {
                    let error = await #expect(throws: EventLoopError.self) { _ = try await client.read() }
                    #expect(error?.code == .cancelled)
                }
                group.cancelAll()
            }
            try await server.write([9, 8])
            #expect(try await client.read() == [9, 8])
        }
    }

    @Test func `a read's deadline passes without harm to the connection`() async throws {
        try await withPair { client, server in
            let error = await #expect(throws: EventLoopError.self) {
                _ = try await client.read(deadline: .now + .milliseconds(10))
            }
            #expect(error?.code == .deadlineExceeded)
            try await server.write([5])
            #expect(try await client.read() == [5])
        }
    }

    @Test func `closing wakes the reader and the writers`() async throws {
        try await withPair { client, _ in
            await withTaskGroup { group in
                group.addTask {
                    let error = await #expect(throws: EventLoopError.self) { _ = try await client.read() }
                    #expect(error?.code == .closed)
                }
                group.addTask {
                    await #expect(throws: EventLoopError.self) {
                        while true { try await client.write(pattern(1_000_000)) }
                    }
                }
                while await client.unsent < Connection.highWater { await Task.yield() }
                await client.close()
                await client.close()
            }
        }
    }

    @Test func `a busy connection does not starve another one`() async throws {
        try await withEcho { loop, endpoint in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let flood = try await loop.connect(to: endpoint, deadline: .now + ample)
                    let bytes = pattern(1_000_000)
                    while !Task.isCancelled {
                        try? await flood.write(bytes)
                        while await flood.unsent > 0, !Task.isCancelled { _ = try? await flood.read() }
                    }
                    await flood.close()
                }
                for _ in 0..<100 { #expect(try await exchange(loop, endpoint, [1, 2, 3]) == [1, 2, 3]) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a port nobody listens on is refused, by name`() async throws {
        try await withEventLoop { loop in
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            await listener.close()
            let error = await #expect(throws: EventLoopError.self) {
                _ = try await loop.connect(to: listener.endpoint, deadline: .now + ample)
            }
            #expect(error?.code == .connectionRefused)
            #expect(error?.endpoint == listener.endpoint)
            #expect(error?.description.contains("\(listener.endpoint)") == true)
        }
    }

    @Test func `a connect that nobody answers ends at its deadline`() async throws {
        try await withEventLoop { loop in
            // A full backlog leaves further connects unanswered.
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0), backlog: 0)
            var taken: [Connection] = []
            var late: EventLoopError?
            for _ in 0..<50 where late == nil {
                do throws(EventLoopError) {
                    taken.append(try await loop.connect(to: listener.endpoint, deadline: .now + .milliseconds(300)))
                } catch {
                    late = error
                }
            }
            #expect(late?.code == .deadlineExceeded)
            for connection in taken { await connection.close() }
        }
    }

    @Test func `a connect can be cancelled`() async throws {
        try await withEventLoop { loop in
            await withTaskGroup { group in
                group.addTask {
                    let error = await #expect(throws: EventLoopError.self) {
                        _ = try await loop.connect(
                            to: .tcp(host: "name.invalid", port: 1), deadline: .now + ample)
                    }
                    #expect(error?.code == .cancelled || error?.code == .nameNotResolved)
                }
                group.cancelAll()
            }
        }
    }

    @Test func `a name without an address is an error that says so`() async throws {
        try await withEventLoop { loop in
            for name in ["name.invalid", "", "with\0zero", "-x", String(repeating: "a", count: 5000)] {
                let error = await #expect(throws: EventLoopError.self) {
                    _ = try await loop.connect(to: .tcp(host: name, port: 1), deadline: .now + ample)
                }
                #expect(error?.code == .nameNotResolved, "\(name.prefix(20))")
            }
        }
    }

    @Test func `localhost is found by name`() async throws {
        try await withEcho { loop, endpoint in
            guard case .tcp(_, let port) = endpoint else { return }
            let echoed = try await exchange(loop, .tcp(host: "localhost", port: port), [1])
            #expect(echoed == [1])
        }
    }

    @Test func `an impossible unix path is an error`() async throws {
        try await withEventLoop { loop in
            for path in ["", String(repeating: "x", count: 200), "/nowhere/at/all.sock"] {
                let error = await #expect(throws: EventLoopError.self) {
                    _ = try await loop.connect(to: .unix(path: path), deadline: .now + ample)
                }
                #expect(error?.code == .unreachable)
            }
        }
    }
}
