import DockerEngine
import FleetModel
import Foundation
import Glibc
import ScriptedServer
import Testing
import Transfers

@Suite struct `One-off runs and images on the wire` {
    private static let id = "5c2c087734aae3ae29aa38480a7e3f9abefacb7f6a7bd880c0e5aa986caa62f4"

    /// A daemon that knows the image and one container, and answers a part of its calls otherwise.
    private func withDaemon<Value>(
        _ special: [String: FakeAnswer] = [:], labels: String = #"{"gantry.one-off":"true"}"#,
        hangingOn hanging: String? = nil, arrived: (@Sendable () -> Void)? = nil,
        _ body: (DockerEngine, ScriptedServer) async throws -> Value
    ) async throws -> Value {
        try await withFakeDaemon(
            { request, connection in
                let call =
                    request.call.replacingOccurrences(of: "/v1.51", with: "")
                    .split(separator: "?").first.map(String.init) ?? ""
                if call == hanging {
                    arrived?()
                    return connection.waitForPeerToLeave()
                }
                if let answer = special[call] {
                    return _ = connection.answer(answer.body, status: answer.status, headers: answer.headers)
                }
                switch call {
                case "GET /images/toy:1/json": connection.answer(fixture("image.json"))
                case "POST /containers/create": connection.answer(fixture("create.json"), status: "201 Created")
                case "DELETE /containers/\(Self.id)": connection.answer(status: "204 No Content")
                case let other where other.hasSuffix("/start"): connection.answer(status: "204 No Content")
                case let other where other.hasSuffix("/wait"): connection.answer(#"{"StatusCode":0}"#)
                case let other where other.hasSuffix("/logs"):
                    connection.answer(
                        "\u{1}\0\0\0\0\0\0\u{3}ok\n",
                        headers: ["Content-Type: application/vnd.docker.multiplexed-stream"])
                case let other where other.hasSuffix("/json"):
                    let details = fixture("container-exited.json")
                    let own = #"{"gantry.cluster":"demo","gantry.node":"1","made.by":"test"}"#
                    connection.answer(details.replacingOccurrences(of: own, with: labels))
                default: connection.answer(#"{"message":"page not found"}"#, status: "404 Not Found")
                }
            }, body)
    }

    private func shapes(_ server: ScriptedServer) -> [String] {
        server.calls.map {
            $0.replacingOccurrences(of: "/v1.51", with: "").replacingOccurrences(of: Self.id, with: "ID")
                .replacingOccurrences(of: #"gantry-one-off-[0-9a-f]+"#, with: "NAME", options: .regularExpression)
        }
    }

    private let run = OneOff(ContainerSpecification(image: "toy:1", command: ["exit", "0"]))

    @Test func `a run makes, starts, awaits, reads and removes`() async throws {
        try await withRecordedID { engine, server in
            let outcome = try await engine.runOnce(run)
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.map(\.text) == ["ok"])
            #expect(
                shapes(server) == [
                    "GET /images/toy:1/json", "POST /containers/create?name=NAME", "POST /containers/ID/start",
                    "POST /containers/ID/wait?condition=not-running",
                    "GET /containers/ID/logs?stdout=1&stderr=1", "GET /containers/ID/json",
                    "DELETE /containers/ID?force=1&v=1",
                ])
            let made = try #require(server.requests.first { $0.call.contains("/create") }).text
            #expect(made.contains(#""Labels":{"gantry.one-off":"true"}"#))
            #expect(made.contains(#""NetworkMode":"none""#))
            #expect(made.contains(#""LogConfig":{"Type":"json-file","Config":{"max-file":"2","max-size":"8m"}}"#))
        }
    }

    private func withRecordedID(_ body: (DockerEngine, ScriptedServer) async throws -> Void) async throws {
        try #require(fixture("create.json").contains(Self.id))
        try await withDaemon([:], body)
    }

    @Test(arguments: ["start", "wait", "logs"])
    func `a run that fails half-way removes its container`(step: String) async throws {
        let call = (step == "logs" ? "GET" : "POST") + " /containers/\(Self.id)/\(step)"
        let failure = FakeAnswer(status: "500 Internal Server Error", body: #"{"message":"broken"}"#)
        try await withDaemon([call: failure]) { engine, server in
            let error = await #expect(throws: DockerError.self) { try await engine.runOnce(run) }
            #expect(error?.message == "broken")
            #expect(shapes(server).last == "DELETE /containers/ID?force=1&v=1")
        }
    }

    @Test(arguments: ["POST /containers/\(id)/start", "POST /containers/\(id)/wait", "GET /containers/\(id)/logs"])
    func `a run that is cancelled removes its container`(call: String) async throws {
        let reached = AsyncStream.makeStream(of: Void.self)
        try await withDaemon(hangingOn: call, arrived: { reached.continuation.yield() }) { engine, server in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: DockerError.self) { try await engine.runOnce(run) }
                    #expect(error?.kind == .cancelled)
                }
                for await _ in reached.stream { break }
                group.cancelAll()
            }
            #expect(shapes(server).last == "DELETE /containers/ID?force=1&v=1")
        }
    }

    @Test func `what is left of a run of the same name goes first`() async throws {
        try await withDaemon { engine, server in
            var named = run
            named.name = "format-1"
            _ = try await engine.runOnce(named)
            #expect(
                Array(shapes(server).dropFirst().prefix(3)) == [
                    "GET /containers/format-1/json", "DELETE /containers/ID?force=1&v=1",
                    "POST /containers/create?name=format-1",
                ])
        }
    }

    @Test func `a container that is no one-off is never removed for its name`() async throws {
        try await withDaemon(labels: "{}") { engine, server in
            var named = run
            named.name = "kafka-1"
            let error = await #expect(throws: DockerError.self) { try await engine.runOnce(named) }
            #expect(error?.kind == .conflict)
            #expect(!shapes(server).contains { $0.hasPrefix("DELETE") || $0.hasPrefix("POST") })
        }
    }

    @Test func `a refused name removes nobody's container`() async throws {
        let taken = FakeAnswer.recorded("error-name-taken.json", status: "409 Conflict")
        try await withDaemon(["POST /containers/create": taken]) { engine, server in
            let error = await #expect(throws: DockerError.self) { try await engine.runOnce(run) }
            #expect(error?.kind == .conflict)
            #expect(!shapes(server).contains { $0.hasPrefix("DELETE") })
        }
    }

    @Test func `a container whose birth was not confirmed is looked for and removed`() async throws {
        try await withDaemon(["POST /containers/create": FakeAnswer(status: "201 Created", body: "{")]) {
            engine, server in
            let error = await #expect(throws: DockerError.self) { try await engine.runOnce(run) }
            #expect(error?.kind == .garbage)
            #expect(
                Array(shapes(server).suffix(2)) == ["GET /containers/NAME/json", "DELETE /containers/ID?force=1&v=1"])
        }
    }

    @Test func `an image is searched without being run`() async throws {
        let archive = "HEAD /containers/\(Self.id)/archive"
        for (status, isThere) in [("200 OK", true), ("404 Not Found", false)] {
            try await withDaemon([archive: FakeAnswer(status: status)]) { engine, server in
                let found = try await engine.hasPath("/opt/kafka", in: ImageReference("toy:1"))
                #expect(found == isThere)
                #expect(shapes(server).contains("HEAD /containers/ID/archive?path=%2Fopt%2Fkafka"))
                #expect(!shapes(server).contains { $0.hasSuffix("/start") })
                #expect(shapes(server).last == "DELETE /containers/ID?force=1&v=1")
            }
        }
    }

    @Test func `a load sends the archive and tells how far it is`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        _ = Array("archive".utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        close(ends[1])
        let reading = ends[0]
        defer { close(reading) }
        let progress =
            #"{"status":"Loading layer","progressDetail":{"current":512,"total":1024},"progress":"=","id":"abc"}"#
            + "\n"
        let done = fixture("load.jsonl") + #"{"stream":"Loaded image ID: sha256:aa\n"}"#
        try await withFakeDaemon(answering: FakeAnswer(body: progress + done)) { engine, server in
            var told: [ImageProgress] = []
            let loaded = try await engine.load(from: reading) { told.append($0) }
            #expect(loaded == ["toy:1", "sha256:aa"])
            #expect(told.map(\.layer) == ["abc"])
            #expect(told.first?.current?.bytes == 512)
            let request = try #require(server.requests.last)
            #expect(request.call == "POST /v1.51/images/load?quiet=0")
            #expect(request["content-type"] == "application/x-tar")
            #expect(request.text == "archive")
        }
    }

    @Test(arguments: [
        (#"{"errorDetail":{"message":"x"},"error":"write /x: no space left on device"}"#, DockerError.Kind.noSpace),
        (#"{"error":"archive/tar: invalid tar header"}"#, .server(status: 500)), ("<html>", .garbage), ("", .garbage),
    ])
    func `a load that failed after its status is a failure`(answer: String, kind: DockerError.Kind) async throws {
        let descriptor = open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        try await withFakeDaemon(answering: FakeAnswer(body: answer)) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.load(from: descriptor) }
            #expect(error?.kind == kind)
        }
    }

    @Test(arguments: [
        ("kafka", "fromImage=kafka&tag=latest"), ("r:5000/a/kafka:4", "fromImage=r%3A5000%2Fa%2Fkafka&tag=4"),
        ("kafka@sha256:aa", "fromImage=kafka&tag=sha256%3Aaa"),
    ])
    func `a pull asks for one image`(image: String, query: String) async throws {
        try await withFakeDaemon(answering: FakeAnswer(body: #"{"status":"Downloaded"}"#)) { engine, server in
            try await engine.pull(ImageReference(image))
            #expect(server.calls == ["POST /v1.51/images/create?\(query)"])
        }
    }
}
