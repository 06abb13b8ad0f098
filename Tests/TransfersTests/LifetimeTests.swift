import Foundation
import ScriptedServer
import Testing
import Transfers

@Suite struct `Lifetimes` {
    @Test func `a cancelled request leaves its neighbours alive`() async throws {
        try await withScriptedServer({ connection in
            while let request = connection.readRequest() {
                if request.call == "GET /never" { return connection.waitForPeerToLeave() }
                connection.answer("yes")
            }
        }) { server in
            try await withTransfers { transfers in
                let outcomes = await withTaskGroup(of: String.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let never = number.isMultiple(of: 2)
                            let request = HTTPRequest(
                                .get, never ? "http://docker/never" : "http://docker/soon",
                                socketPath: server.socketPath)
                            do {
                                guard never else {
                                    return String(decoding: try await transfers.perform(request).body, as: UTF8.self)
                                }
                                return try await withThrowingTaskGroup(of: String.self) { inner in
                                    inner.addTask {
                                        String(decoding: try await transfers.perform(request).body, as: UTF8.self)
                                    }
                                    await Task.yield()
                                    inner.cancelAll()
                                    return try await inner.next() ?? ""
                                }
                            } catch {
                                return "\((error as? TransferError)?.reason == .cancelled)"
                            }
                        }
                    }
                    return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                #expect(outcomes == ["yes": 50, "true": 50])
            }
        }
    }

    @Test func `a task cancelled before it asks is not answered`() async throws {
        try await withScriptedServer({ $0.waitForPeerToLeave() }) { server in
            try await withTransfers { transfers in
                await withTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask {
                        let error = await #expect(throws: TransferError.self) {
                            try await transfers.perform(
                                HTTPRequest(.get, "http://docker/", socketPath: server.socketPath))
                        }
                        #expect(error?.reason == .cancelled)
                    }
                }
            }
        }
    }

    @Test func `what outlives its transfers is told that they have ended`() async throws {
        let escaped = try await withTransfers { $0 }
        let error = await #expect(throws: TransferError.self) {
            try await escaped.perform(HTTPRequest(.get, "http://docker/", socketPath: "/nowhere"))
        }
        #expect(error?.reason == .cancelled)
        await #expect(throws: TransferError.self) {
            try await escaped.withStream(HTTPRequest(.get, "http://docker/", socketPath: "/nowhere")) { _, _ in }
        }
    }

    @Test func `the end of the transfers ends what is under way`() async throws {
        let arrived = AsyncStream.makeStream(of: Void.self)
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            arrived.continuation.yield()
            connection.waitForPeerToLeave()
        }) { server in
            let late = try await withTransfers { transfers in
                let task = Task {
                    try await transfers.perform(HTTPRequest(.get, "http://docker/", socketPath: server.socketPath))
                }
                for await _ in arrived.stream { break }
                return task
            }
            let error = await #expect(throws: TransferError.self) { try await late.value }
            #expect(error?.reason == .cancelled)
        }
    }

    @Test func `the body's error comes out`() async throws {
        struct Mine: Error {}
        await #expect(throws: Mine.self) { try await withTransfers { _ in throw Mine() } }
    }
}
