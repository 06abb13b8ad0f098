import Foundation
import ScriptedServer
import Testing

@testable import Transfers

@Suite struct `Streams` {
    @Test func `chunks come while the answer goes on, and the end is an end`() async throws {
        let mayEnd = DispatchSemaphore(value: 0)
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.startChunks(headers: ["A: b"])
            connection.sendChunk("first")
            mayEnd.wait()
            connection.sendChunk("second")
            connection.sendChunk("")
        }) { server in
            try await withTransfers { transfers in
                try await transfers.withStream(
                    HTTPRequest(.get, "http://docker/events", socketPath: server.socketPath)
                ) { head, stream in
                    #expect(head["A"] == "b")
                    var text = ""
                    for try await chunk in stream {
                        text += String(decoding: chunk, as: UTF8.self)
                        if text == "first" { mayEnd.signal() }
                    }
                    #expect(text == "firstsecond")
                }
            }
        }
    }

    @Test func `a reader that leaves early closes the connection`() async throws {
        let left = DispatchSemaphore(value: 0)
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.startChunks()
            connection.sendChunk("first")
            connection.waitForPeerToLeave()
            left.signal()
        }) { server in
            try await withTransfers { transfers in
                try await transfers.withStream(
                    HTTPRequest(.get, "http://docker/events", socketPath: server.socketPath)
                ) { _, stream in
                    var reader = stream.makeAsyncIterator()
                    let first = try await reader.next()
                    #expect(first == Array("first".utf8))
                }
                await waitOff(left)
            }
        }
    }

    @Test func `a cancelled reader gets the word at once and its neighbour goes on`() async throws {
        try await withScriptedServer({ connection in
            guard let request = connection.readRequest() else { return }
            if request.call == "GET /neighbour" { connection.answer("alive") }
            connection.startChunks()
            connection.sendChunk("first")
            connection.waitForPeerToLeave()
        }) { server in
            try await withTransfers { transfers in
                let (beginnings, begun) = AsyncStream.makeStream(of: Void.self)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let error = await #expect(throws: TransferError.self) {
                            try await transfers.withStream(
                                HTTPRequest(
                                    .get, "http://docker/events", socketPath: server.socketPath,
                                    deadlines: TransferDeadlines(whole: nil))
                            ) { _, stream in
                                for try await _ in stream { begun.yield() }
                            }
                        }
                        #expect(error?.reason == .cancelled)
                    }
                    for await _ in beginnings { break }
                    group.cancelAll()
                    try await group.waitForAll()
                }
                let answer = try await transfers.perform(
                    HTTPRequest(.get, "http://docker/neighbour", socketPath: server.socketPath))
                #expect(String(decoding: answer.body, as: UTF8.self) == "alive")
            }
        }
    }

    @Test func `a slow reader loses nothing`() async throws {
        let content = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 / 251) }
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            connection.send(content)
        }) { server in
            try await withTransfers { transfers in
                let read = try await transfers.withStream(
                    HTTPRequest(
                        .get, "http://docker/export", socketPath: server.socketPath,
                        deadlines: TransferDeadlines(silence: .seconds(20))),
                    bufferLimit: 32 << 10
                ) { _, stream in
                    var read: [UInt8] = []
                    for try await chunk in stream {
                        #expect(!chunk.isEmpty)
                        read += chunk
                        await Task.yield()
                    }
                    return read
                }
                #expect(read == content)
            }
        }
    }

    @Test func `a stream that breaks off throws after its last bytes`() async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.startChunks()
            connection.sendChunk("first")
        }) { server in
            try await withTransfers { transfers in
                try await transfers.withStream(
                    HTTPRequest(.get, "http://docker/events", socketPath: server.socketPath)
                ) { _, stream in
                    var reader = stream.makeAsyncIterator()
                    let first = try await reader.next()
                    #expect(first == Array("first".utf8))
                    let error = await #expect(throws: TransferError.self) { try await reader.next() }
                    #expect(error?.reason == .connectionLost)
                }
            }
        }
    }

    @Test func `a stream that falls silent runs into its deadline`() async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.startChunks()
            connection.sendChunk("first")
            connection.waitForPeerToLeave()
        }) { server in
            try await withTransfers { transfers in
                let error = await #expect(throws: TransferError.self) {
                    try await transfers.withStream(
                        HTTPRequest(
                            .get, "http://docker/events", socketPath: server.socketPath,
                            deadlines: TransferDeadlines(silence: .milliseconds(50), whole: nil))
                    ) { _, stream in for try await _ in stream {} }
                }
                #expect(error?.reason == .deadline(.silence, .milliseconds(50)))
            }
        }
    }

    @Test func `a full buffer refuses bytes until it was read`() async throws {
        let (resumptions, resumed) = AsyncStream.makeStream(of: Void.self)
        let buffer = StreamBuffer(limit: 10, subject: "x") { resumed.yield() }
        func offer(_ count: Int) -> SinkAnswer {
            [UInt8](repeating: 1, count: count).withUnsafeBytes { buffer.receive($0) }
        }
        #expect(offer(6) == .taken)
        #expect(offer(4) == .taken)
        #expect(offer(1) == .full)
        #expect(try await buffer.nextChunks().get().map(\.count) == [6, 4])
        for await _ in resumptions { break }
        #expect(offer(50) == .taken, "a chunk larger than the limit passes an empty buffer")
        #expect(offer(1) == .full)
        buffer.finish(.success(()))
        #expect(try await buffer.nextChunks().get().map(\.count) == [50])
        #expect(try await buffer.nextChunks().get().isEmpty)
    }
}

/// Waits for a semaphore without holding a thread of the cooperative pool.
private func waitOff(_ semaphore: DispatchSemaphore) async {
    await withCheckedContinuation { continuation in
        Thread {
            semaphore.wait()
            continuation.resume()
        }.start()
    }
}
