import CCurl
import Foundation
import Glibc
import ScriptedServer
import Testing

@testable import Transfers

@Suite struct `What is answered` {
    private func perform(
        _ request: @Sendable (String) -> HTTPRequest = { HTTPRequest(.get, "http://docker/", socketPath: $0) },
        script: @escaping @Sendable (ScriptedConnection) -> Void
    ) async throws -> Result<HTTPResponse, TransferError> {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            script(connection)
        }) { server in
            try await withTransfers { transfers in
                do { return .success(try await transfers.perform(request(server.socketPath))) } catch {
                    return .failure(try #require(error as? TransferError))
                }
            }
        }
    }

    @Test func `an answer may come byte by byte`() async throws {
        let wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
        let answer = try await perform { connection in
            for byte in wire.utf8 { connection.send([byte]) }
        }.get()
        #expect(
            answer.head
                == HTTPHead(status: 200, headers: [HTTPHeader("Transfer-Encoding", "chunked"), HTTPHeader("A", "b")]))
        #expect(String(decoding: answer.body, as: UTF8.self) == "hello!")
    }

    @Test func `an interim answer and trailers are not shown`() async throws {
        let answer = try await perform { connection in
            connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\n")
            connection.send("Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: y\r\n\r\n")
        }.get()
        #expect(answer.head == HTTPHead(status: 404, headers: [HTTPHeader("Transfer-Encoding", "chunked")]))
        #expect(!answer.head.isSuccess)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ])
    func `half an answer is an error and not an answer`(wire: String) async throws {
        let result = try await perform { $0.send(wire) }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .connectionLost)
    }

    @Test(arguments: [
        (nil, TransferError.Reason.closedWithoutAnswer), (ECONNRESET, .closedWithoutAnswer), (ENOENT, .cannotConnect),
        (ECONNREFUSED, .cannotConnect), (EACCES, .cannotConnect),
    ])
    func `a peer that leaves at once is told from one that is not there`(
        systemError: Int32?, reason: TransferError.Reason
    ) {
        // Which of the two curl sees depends on who is faster, so the mapping is asked itself.
        let found = TransferError.Reason(
            CURLE_COULDNT_CONNECT, systemError: systemError, deadlines: TransferDeadlines())
        #expect(found == reason)
    }

    @Test func `a connection closed without a byte is told apart`() async throws {
        let result = try await perform { _ in }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .closedWithoutAnswer)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{0}\u{0}\u{0}\r\n\r\n", "<html>\r\n\r\n"])
    func `an answer that is not HTTP is named so`(wire: String) async throws {
        let result = try await perform { $0.send(wire) }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .malformedAnswer)
    }

    @Test(arguments: [true, false])
    func `a body over the limit ends the transfer`(saysLength: Bool) async throws {
        let result = try await perform {
            HTTPRequest(.get, "http://docker/", socketPath: $0, bodyLimit: 10_000)
        } script: { connection in
            connection.send("HTTP/1.1 200 OK\r\n" + (saysLength ? "Content-Length: 9999999999\r\n\r\n" : "\r\n"))
            let piece = [UInt8](repeating: 7, count: 4096)
            while connection.send(piece) {}
        }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .answerTooLarge(limit: 10_000))
    }

    @Test func `a body as long as the limit is taken`() async throws {
        let answer = try await perform {
            HTTPRequest(.get, "http://docker/", socketPath: $0, bodyLimit: 5)
        } script: {
            $0.answer("hello")
        }.get()
        #expect(answer.body.count == 5)
    }

    @Test func `headers without end are refused`() async throws {
        let result = try await perform { connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            let line = "A: " + String(repeating: "x", count: 1000) + "\r\n"
            while connection.send(line) {}
        }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .answerTooLarge(limit: 65536))
    }

    @Test func `an absent socket is no connection`() async throws {
        try await withTransfers { transfers in
            let error = await #expect(throws: TransferError.self) {
                try await transfers.perform(HTTPRequest(.get, "http://docker/", socketPath: "/nowhere/docker.sock"))
            }
            #expect(error?.reason == .cannotConnect)
            #expect(error?.systemError == ENOENT)
            #expect(error?.description.contains("/nowhere/docker.sock: no connection: No such file") == true)
        }
    }

    @Test func `a socket that nobody listens on is no connection`() async throws {
        let path = try await withScriptedServer({ _ in }) { server in
            // Linked once more, so that the name outlives its listener.
            let path = server.socketPath + "-\(UUID().uuidString)"
            let kept = "/tmp/" + path.replacingOccurrences(of: "/", with: "-")
            #expect(link(server.socketPath, kept) == 0)
            return kept
        }
        defer { unlink(path) }
        try await withTransfers { transfers in
            let error = await #expect(throws: TransferError.self) {
                try await transfers.perform(HTTPRequest(.get, "http://docker/", socketPath: path))
            }
            #expect(error?.reason == .cannotConnect)
            #expect(error?.systemError == ECONNREFUSED)
        }
    }

    @Test(arguments: [
        (TransferDeadlines(whole: .milliseconds(50)), TransferDeadlines.Kind.whole),
        (TransferDeadlines(answer: .milliseconds(50)), .answer),
        (TransferDeadlines(silence: .milliseconds(50)), .silence),
    ])
    func `a peer that says nothing runs into the deadline`(
        deadlines: TransferDeadlines, kind: TransferDeadlines.Kind
    ) async throws {
        let result = try await perform {
            HTTPRequest(.get, "http://docker/", socketPath: $0, deadlines: deadlines)
        } script: {
            $0.waitForPeerToLeave()
        }
        let error = #expect(throws: TransferError.self) { try result.get() }
        #expect(error?.reason == .deadline(kind, .milliseconds(50)))
    }
}
