import Foundation
import Glibc
import ScriptedServer
import Testing
import Transfers

@testable import DockerEngine

@Suite struct `What a failure is taken for` {
    @Test(arguments: [
        ("error-no-container.json", "404 Not Found", DockerError.Kind.notFound(.container)),
        ("error-no-image.json", "404 Not Found", .notFound(.image)),
        ("error-name-taken.json", "409 Conflict", .conflict),
        ("error-kill-exited.json", "409 Conflict", .conflict),
        ("error-no-bind.json", "400 Bad Request", .invalidRequest),
        ("error-platform.json", "404 Not Found", .wrongPlatform),
    ])
    func `Docker's refusals are told apart`(name: String, status: String, kind: DockerError.Kind) async throws {
        for docker in ["20.10", "28.5"] {
            try await withFakeDaemon(
                docker: docker, answering: .recorded(name, docker: docker, status: status)
            ) { engine, _ in
                let error = await #expect(throws: DockerError.self) { try await engine.inspect(.name("kafka-1")) }
                #expect(error?.kind == kind)
                #expect(error?.operation == "inspect the container kafka-1")
                #expect(error?.message.isEmpty == false)
                #expect(error?.remedy.isEmpty == false)
            }
        }
    }

    @Test(arguments: [
        ("500 Internal Server Error", "write /var/lib/docker/x: no space left on device", DockerError.Kind.noSpace),
        ("500 Internal Server Error", "exec /toy: exec format error", .wrongPlatform),
        ("500 Internal Server Error", "layer does not exist", .server(status: 500)),
        ("404 Not Found", "network kafka not found", .notFound(.other)),
    ])
    func `Docker's words decide where the status says too little`(
        status: String, words: String, kind: DockerError.Kind
    ) async throws {
        try await withFakeDaemon(answering: FakeAnswer(status: status, body: #"{"message":"\#(words)"}"#)) {
            engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.start(.name("kafka-1")) }
            #expect(error?.kind == kind)
            #expect(error?.message == words)
        }
    }

    @Test(arguments: [
        "", "nonsense", "[]", "{", #"{"ServerVersion":"#, #"{"ServerVersion":""}"#, #"{"ServerVersion":{}}"#,
        #"{"ServerVersion":"1","NCPU":"two"}"#, #"{"ServerVersion":"1","Warnings":[1]}"#, "\u{0}\u{1}",
        String(repeating: "[", count: 100_000),
    ])
    func `an answer that makes no sense is named so`(body: String) async throws {
        try await withFakeDaemon(answering: FakeAnswer(body: body)) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.info() }
            #expect(error?.kind == .garbage)
        }
    }

    @Test func `every truncation of a recorded answer is an error`() async throws {
        let whole = fixture("containers.json").trimmingCharacters(in: .whitespacesAndNewlines)
        let length = Counter()
        try await withFakeDaemon({ _, connection in
            connection.answer(String(decoding: whole.utf8.prefix(length.value), as: UTF8.self))
        }) { engine, _ in
            while length.value < whole.utf8.count {
                let error = await #expect(throws: DockerError.self) { try await engine.containers() }
                #expect(error?.kind == .garbage)
                length.add(7)
            }
        }
    }

    @Test func `a foreign server's page is shown short and harmless`() async throws {
        let page = "<html>\u{1b}[2J" + String(repeating: "x", count: 10_000)
        try await withFakeDaemon(answering: FakeAnswer(status: "502 Bad Gateway", body: page)) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.info() }
            #expect(error?.kind == .server(status: 502))
            #expect(error?.message.count == 300)
            #expect(error?.message.contains("\u{1b}") == false)
        }
    }

    @Test func `an answer without end is not read to the end`() async throws {
        try await withFakeDaemon({ _, connection in
            connection.startChunks()
            let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)
            while connection.sendChunk(piece) {}
        }) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.info() }
            #expect(error?.kind == .answerTooLarge(limit: HTTPRequest.defaultBodyLimit))
        }
    }

    @Test func `a socket that is not there is a daemon that does not run`() async throws {
        try await withTransfers { transfers in
            let engine = DockerEngine(socketPath: "/nowhere/docker.sock", transfers: transfers)
            let error = await #expect(throws: DockerError.self) { try await engine.info() }
            #expect(error?.kind == .daemonNotRunning)
            #expect(error?.remedy.contains("systemctl start docker") == true)
            #expect(error?.description.hasPrefix("Docker on /nowhere/docker.sock can't tell its version") == true)
            #expect(error?.cause?.systemError == ENOENT)
        }
    }

    @Test(arguments: [EACCES, EPERM])
    func `a socket that may not be opened is a matter of permission`(systemError: Int32) {
        // Root may open every socket, so the refusal itself can't be had here.
        let refusal = TransferError(.cannotConnect, subject: "GET /info", systemError: systemError)
        let error = DockerError(refusal, operation: "tell about itself", socketPath: "/run/docker.sock")
        #expect(error.kind == .permissionDenied)
        #expect(error.remedy.contains("group docker"))
    }

    @Test func `a socket that closes at once is said to be so`() async throws {
        try await withScriptedServer({ _ in }) { server in
            try await withTransfers { transfers in
                let engine = DockerEngine(socketPath: server.socketPath, transfers: transfers)
                let error = await #expect(throws: DockerError.self) { try await engine.info() }
                #expect(error?.kind == .connectionLost, "\(String(describing: error?.cause))")
                #expect(error?.remedy.contains("socket") == true)
            }
        }
    }

    @Test func `a wait ends with its deadline and with its task`() async throws {
        try await withFakeDaemon({ _, connection in connection.waitForPeerToLeave() }) { engine, _ in
            let late = await #expect(throws: DockerError.self) {
                try await engine.wait(for: .name("kafka-1"), deadline: .milliseconds(50))
            }
            #expect(late?.kind == .deadline(.milliseconds(50)))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: DockerError.self) { try await engine.wait(for: .name("kafka-1")) }
                    #expect(error?.kind == .cancelled)
                }
                group.cancelAll()
            }
        }
    }
}

/// Counts; read from the scripts' threads.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    var value: Int { lock.withLock { count } }
    func add(_ more: Int) { lock.withLock { count += more } }
}
