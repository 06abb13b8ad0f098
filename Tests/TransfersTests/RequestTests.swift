import Foundation
import ScriptedServer
import Testing
import Transfers

@Suite struct `What is sent` {
    @Test func `a GET has no body and no expectations`() async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.answer("OK", headers: ["Api-Version: 1.41"])
        }) { server in
            try await withTransfers { transfers in
                let answer = try await transfers.perform(
                    HTTPRequest(.get, "http://docker/_ping?x=%2F", socketPath: server.socketPath))
                #expect(answer.head.status == 200)
                #expect(answer.head["api-version"] == "1.41")
                #expect(String(decoding: answer.body, as: UTF8.self) == "OK")
            }
            let request = try #require(server.requests.first)
            #expect(request.line == "GET /_ping?x=%2F HTTP/1.1")
            #expect(request["host"] == "docker")
            #expect(request["expect"] == nil)
            #expect(request["content-length"] == nil)
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .delete])
    func `an order carries its body and the headers given`(method: HTTPRequest.Method) async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.answer(status: "204 No Content")
        }) { server in
            try await withTransfers { transfers in
                let answer = try await transfers.perform(
                    HTTPRequest(
                        method, "http://docker/a/../b", socketPath: server.socketPath,
                        headers: [HTTPHeader("Content-Type", "application/json")], body: .bytes(Array("{}".utf8))))
                #expect(answer.head.status == 204)
            }
            let request = try #require(server.requests.first)
            #expect(request.call == "\(method.rawValue) /a/../b")
            #expect(request["content-type"] == "application/json")
            #expect(request["content-length"] == "2")
            #expect(request.text == "{}")
        }
    }

    @Test func `an order without a body says so and claims no type`() async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.answer(status: "304 Not Modified")
        }) { server in
            try await withTransfers { transfers in
                let answer = try await transfers.perform(
                    HTTPRequest(.post, "http://docker/stop", socketPath: server.socketPath))
                #expect(answer.head.status == 304)
            }
            let request = try #require(server.requests.first)
            #expect(request["content-length"] == "0")
            #expect(request["content-type"] == nil)
        }
    }

    @Test func `a HEAD's answer has no body whatever its length says`() async throws {
        try await withScriptedServer({ connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Stat: e30=\r\n\r\n")
            connection.waitForPeerToLeave()
        }) { server in
            try await withTransfers { transfers in
                let answer = try await transfers.perform(
                    HTTPRequest(.head, "http://docker/archive", socketPath: server.socketPath))
                #expect(answer.head["X-Stat"] == "e30=")
                #expect(answer.body.isEmpty)
            }
        }
    }

    @Test func `questions share a connection and orders get their own`() async throws {
        try await withScriptedServer({ connection in
            while connection.readRequest() != nil { connection.answer("\(connection.number)") }
        }) { server in
            try await withTransfers { transfers in
                var numbers: [String] = []
                for method in [HTTPRequest.Method.get, .get, .post, .delete] {
                    let answer = try await transfers.perform(
                        HTTPRequest(method, "http://docker/", socketPath: server.socketPath))
                    numbers.append(answer.body.isEmpty ? "" : String(decoding: answer.body, as: UTF8.self))
                }
                #expect(numbers == ["0", "0", "1", "2"])
            }
        }
    }

    @Test(arguments: [
        HTTPRequest(.get, "http://docker/a b"),
        HTTPRequest(.get, "http://docker/a\r\nX-Smuggled: 1"),
        HTTPRequest(.get, "http://docker/", socketPath: ""),
        HTTPRequest(.get, "http://docker/", socketPath: String(repeating: "x", count: 108)),
        HTTPRequest(.get, "http://docker/", headers: [HTTPHeader("A", "b\r\nX-Smuggled: 1")]),
        HTTPRequest(.get, "http://docker/", headers: [HTTPHeader("A: b", "c")]),
        HTTPRequest(.post, "http://docker/", body: .upload(descriptor: 0, length: -1)),
        HTTPRequest(.get, "file:///etc/passwd/"),
    ])
    func `a request that could be taken for another is never sent`(request: HTTPRequest) async throws {
        try await withTransfers { transfers in
            let error = await #expect(throws: TransferError.self) { try await transfers.perform(request) }
            #expect(error?.reason == .invalidRequest || error?.reason == .malformedAnswer)
        }
    }
}
