import DockerEngine
import Foundation
import ScriptedServer
import Transfers

/// One answer of the fake daemon to any call but `GET /version`.
struct FakeAnswer: Sendable {
    var status = "200 OK"
    var headers: [String] = []
    var body = ""

    static func recorded(_ name: String, docker: String = "28.5", status: String = "200 OK") -> FakeAnswer {
        FakeAnswer(status: status, body: fixture(name, docker: docker))
    }
}

/// An answer recorded from a real daemon.
func fixture(_ name: String, docker: String = "28.5") -> String {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = here.appendingPathComponent("Fixtures/docker-\(docker)/\(name)")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
}

/// Runs `body` with an engine whose daemon answers `GET /version` as recorded and all else by `script`.
func withFakeDaemon<Value>(
    docker: String = "28.5", _ script: @escaping @Sendable (ScriptedRequest, ScriptedConnection) -> Void,
    _ body: (DockerEngine, ScriptedServer) async throws -> Value
) async throws -> Value {
    try await withScriptedServer({ connection in
        while let request = connection.readRequest() {
            if request.call == "GET /version" {
                connection.answer(fixture("version.json", docker: docker))
            } else {
                script(request, connection)
            }
        }
    }) { server in
        try await withTransfers { transfers in
            try await body(DockerEngine(socketPath: server.socketPath, transfers: transfers), server)
        }
    }
}

/// The same with one answer to everything.
func withFakeDaemon<Value>(
    docker: String = "28.5", answering answer: FakeAnswer,
    _ body: (DockerEngine, ScriptedServer) async throws -> Value
) async throws -> Value {
    try await withFakeDaemon(
        docker: docker,
        { _, connection in connection.answer(answer.body, status: answer.status, headers: answer.headers) }, body)
}

extension ScriptedServer {
    /// The calls that came after the question for the version.
    var calls: [String] { requests.map(\.call).filter { $0 != "GET /version" } }
}
