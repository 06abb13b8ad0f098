import Foundation
import Glibc
import ScriptedServer
import Testing
import Transfers

@Suite struct `What is uploaded` {
    private func echoLength(_ connection: ScriptedConnection) {
        while let request = connection.readRequest() { connection.answer("\(request.body.count)") }
    }

    @Test func `a file goes with its length`() async throws {
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = NSTemporaryDirectory() + "upload-\(UUID().uuidString)"
        try Data(content).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        try await withScriptedServer(echoLength) { server in
            try await withTransfers { transfers in
                _ = try await transfers.perform(
                    HTTPRequest(
                        .post, "http://docker/load", socketPath: server.socketPath,
                        body: .upload(descriptor: descriptor, length: Int64(content.count))))
            }
            let request = try #require(server.requests.first)
            #expect(request["content-length"] == "300000")
            #expect(request["expect"] == nil)
            #expect(request.body == content)
        }
    }

    @Test func `a pipe that has nothing yet holds up nobody else`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        try await withScriptedServer(echoLength) { server in
            try await withTransfers { transfers in
                async let upload = transfers.perform(
                    HTTPRequest(
                        .post, "http://docker/load", socketPath: server.socketPath,
                        body: .upload(descriptor: reading)))
                let neighbour = try await transfers.perform(
                    HTTPRequest(.get, "http://docker/", socketPath: server.socketPath))
                #expect(neighbour.head.status == 200)
                _ = Array("first ".utf8).withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
                _ = try await transfers.perform(
                    HTTPRequest(.get, "http://docker/", socketPath: server.socketPath))
                _ = Array("second".utf8).withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
                close(writing)
                let answer = try await upload
                #expect(String(decoding: answer.body, as: UTF8.self) == "12")
            }
            let request = try #require(server.requests.last { $0.call == "POST /load" })
            #expect(request["transfer-encoding"] == "chunked")
            #expect(request.text == "first second")
        }
    }

    @Test func `a descriptor that can't be read fails with the system's reason`() async throws {
        let descriptor = open("/", O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        try await withScriptedServer(echoLength) { server in
            try await withTransfers { transfers in
                let error = await #expect(throws: TransferError.self) {
                    try await transfers.perform(
                        HTTPRequest(
                            .post, "http://docker/load", socketPath: server.socketPath,
                            body: .upload(descriptor: descriptor)))
                }
                #expect(error?.reason == .uploadUnreadable)
                #expect(error?.systemError == EISDIR)
            }
        }
    }

    @Test func `an answer that comes before the upload's end is the answer`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        defer {
            close(reading)
            close(writing)
        }
        try await withScriptedServer({ connection in
            connection.answer("no room", status: "507 Insufficient Storage", headers: ["Connection: close"])
            connection.waitForPeerToLeave()
        }) { server in
            try await withTransfers { transfers in
                let answer = try await transfers.perform(
                    HTTPRequest(
                        .post, "http://docker/load", socketPath: server.socketPath,
                        body: .upload(descriptor: reading)))
                #expect(answer.head.status == 507)
                #expect(String(decoding: answer.body, as: UTF8.self) == "no room")
            }
        }
    }
}
