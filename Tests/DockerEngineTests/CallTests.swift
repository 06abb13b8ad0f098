import DockerEngine
import FleetModel
import Foundation
import ScriptedServer
import Testing
import Transfers

@Suite struct `Calls and recorded answers` {
    @Test(arguments: [("20.10", "1.41"), ("28.5", "1.51")])
    func `the newest version that both speak is spoken`(docker: String, api: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("info.json", docker: docker)) { engine, server in
            _ = try await engine.info()
            _ = try await engine.info()
            #expect(server.requests.map(\.call) == ["GET /version", "GET /v\(api)/info", "GET /v\(api)/info"])
        }
    }

    @Test(arguments: [
        (#"{"Version":"19.03","ApiVersion":"1.40","MinAPIVersion":"1.12"}"#, "Upgrade Docker"),
        (#"{"Version":"40.0","ApiVersion":"1.90","MinAPIVersion":"1.60"}"#, "Upgrade Gantry"),
    ])
    func `a daemon without a version in common is refused in a sentence`(
        version: String, remedy: String
    ) async throws {
        try await withScriptedServer({ connection in
            while connection.readRequest() != nil { connection.answer(version) }
        }) { server in
            try await withTransfers { transfers in
                let engine = DockerEngine(socketPath: server.socketPath, transfers: transfers)
                let error = await #expect(throws: DockerError.self) { try await engine.info() }
                guard case .unsupportedVersion = error?.kind else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(error?.remedy.hasPrefix(remedy) == true)
            }
        }
    }

    @Test func `a daemon that was replaced by an older one is asked again in its own version`() async throws {
        let isReplaced = Flag()
        try await withScriptedServer({ connection in
            while let request = connection.readRequest() {
                switch request.call {
                case "GET /version":
                    connection.answer(fixture("version.json", docker: isReplaced.isSet ? "20.10" : "28.5"))
                case "GET /v1.51/info" where isReplaced.isSet:
                    connection.answer(fixture("error-version.json", docker: "20.10"), status: "400 Bad Request")
                default: connection.answer(fixture("info.json"))
                }
            }
        }) { server in
            try await withTransfers { transfers in
                let engine = DockerEngine(socketPath: server.socketPath, transfers: transfers)
                _ = try await engine.info()
                isReplaced.set()
                _ = try await engine.info()
                #expect(
                    server.requests.map(\.call) == [
                        "GET /version", "GET /v1.51/info", "GET /v1.51/info", "GET /version", "GET /v1.41/info",
                    ])
            }
        }
    }

    @Test func `a ping needs no version`() async throws {
        try await withFakeDaemon(answering: FakeAnswer(headers: ["Api-Version: 1.41"], body: "OK")) { engine, server in
            let offered = try await engine.ping()
            #expect(offered == DockerAPIVersion(1, 41))
            #expect(server.requests.map(\.call) == ["GET /_ping"])
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `a daemon tells about itself`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("info.json", docker: docker)) { engine, _ in
            let info = try await engine.info()
            #expect(info.name == "h1")
            #expect(info.driver == "overlay2")
            #expect(info.cgroupVersion == "1")
            #expect(info.cgroupDriver == "cgroupfs")
            #expect(info.dockerRootDir == "/srv/docker/data")
            #expect(info.architecture == "x86_64")
            #expect(info.ncpu == 2)
            #expect(info.memTotal > ByteCount(1 << 30))
            #expect(info.containersRunning == 1)
            #expect(!info.liveRestoreEnabled)
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `containers are listed by their labels`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("containers.json", docker: docker)) {
            engine, server in
            let container = try #require(
                try await engine.containers(labels: ["gantry.cluster=demo", "b"], names: ["demo"]).first)
            #expect(container.names == ["demo-1"])
            #expect(container.state == .running)
            #expect(container.labels["gantry.node"] == "1")
            #expect(container.image == "toy:1")
            #expect(container.networkMode == "host")
            #expect(container.mounts.contains { $0.type == .bind && $0.source == "/var/lib/kafka-docker" && $0.rw })
            let query = try #require(server.calls.first?.split(separator: "?").last)
            #expect(
                query.removingPercentEncoding
                    == #"all=1&filters={"label":["gantry.cluster=demo","b"],"name":["demo"]}"#)
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `a container that runs is inspected`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("container-running.json", docker: docker)) {
            engine, server in
            let container = try await engine.inspect(.name("demo-1"))
            #expect(container.name == "demo-1")
            #expect(container.state.status == .running)
            #expect(container.state.running)
            #expect(container.state.pid != nil)
            #expect(container.state.startedAt != nil)
            #expect(container.state.finishedAt == nil)
            #expect(container.state.health == nil)
            #expect(container.stopTimeout == .seconds(330))
            #expect(container.hostConfig.restartPolicy == RestartPolicy(name: .unlessStopped))
            #expect(container.hostConfig.memory == ByteCount(64 << 20))
            #expect(container.hostConfig.memoryReservation == nil)
            #expect(container.hostConfig.logDriver == "json-file")
            #expect(container.command == ["stay"])
            #expect(container.environment.contains("A=b"))
            #expect(container.user == "0:0")
            #expect(server.calls.first?.hasSuffix("/containers/demo-1/json") == true)
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `a container that ended is inspected`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("container-exited.json", docker: docker)) {
            engine, _ in
            let state = try await engine.inspect(.name("demo-1")).state
            #expect(state.status == .exited)
            #expect(state.exitCode == 143)
            #expect(state.pid == nil)
            #expect(!state.oomKilled)
            #expect(try #require(state.finishedAt) > #require(state.startedAt))
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `images are listed and inspected`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("images.json", docker: docker)) { engine, _ in
            let images = try await engine.images()
            #expect(images.map(\.repoTags) == [["toy:1"]])
        }
        try await withFakeDaemon(docker: docker, answering: .recorded("image.json", docker: docker)) {
            engine, server in
            let image = try await engine.inspect(image: "registry:5000/a/toy:1")
            #expect(image.platform == "linux/amd64")
            #expect(image.entrypoint == ["/toy"])
            #expect(image.size > .zero)
            #expect(server.calls.first?.hasSuffix("/images/registry:5000/a/toy:1/json") == true)
        }
    }

    @Test func `a container is made as it was specified`() async throws {
        try await withFakeDaemon(answering: .recorded("create.json", status: "201 Created")) { engine, server in
            var wanted = ContainerSpecification(image: "kafka:4", command: ["format", "-t", "\"x\""])
            wanted.entrypoint = []
            wanted.environment = ["A=ü"]
            wanted.user = "1:1"
            wanted.labels = ["b": "2", "a": "1"]
            wanted.binds = [.init(source: "/data", target: "/data", readOnly: true)]
            wanted.networkMode = "host"
            wanted.restartPolicy = RestartPolicy(name: .onFailure, maximumRetryCount: 3)
            wanted.memory = ByteCount(1 << 30)
            wanted.stopTimeout = .milliseconds(330_001)
            wanted.log = ("json-file", ["max-size": "8m"])
            _ = try await engine.create(wanted, name: "kafka-1", platform: "linux/amd64")
            let request = try #require(server.requests.last)
            #expect(request.call == "POST /v1.51/containers/create?name=kafka-1&platform=linux%2Famd64")
            #expect(request["content-type"] == "application/json")
            #expect(
                request.text
                    == #"{"Image":"kafka:4","Cmd":["format","-t","\"x\""],"Entrypoint":[],"Env":["A=ü"],"User":"1:1","#
                    + #""Labels":{"a":"1","b":"2"},"StopTimeout":331,"HostConfig":{"Mounts":[{"Type":"bind","#
                    + #""Source":"/data","Target":"/data","ReadOnly":true}],"NetworkMode":"host","RestartPolicy":"#
                    + #"{"Name":"on-failure","MaximumRetryCount":3},"Memory":1073741824,"MemorySwap":1073741824,"#
                    + #""LogConfig":{"Type":"json-file","Config":{"max-size":"8m"}}}}"#)
        }
    }

    @Test func `orders go out as the documentation has them`() async throws {
        try await withFakeDaemon(answering: FakeAnswer(status: "204 No Content")) { engine, server in
            let container = ContainerReference.name("kafka-1")
            #expect(try await engine.start(container))
            #expect(try await engine.stop(container, timeout: .milliseconds(1500)))
            try await engine.restart(container, timeout: .seconds(330))
            try await engine.kill(container, signal: "SIGTERM")
            try await engine.remove(container, force: true, volumes: true)
            try await engine.tag("toy:1", as: "registry:5000/toy")
            try await engine.tag("toy:1", as: "registry:5000/toy:2")
            #expect(
                server.calls == [
                    "POST /v1.51/containers/kafka-1/start", "POST /v1.51/containers/kafka-1/stop?t=2",
                    "POST /v1.51/containers/kafka-1/restart?t=330",
                    "POST /v1.51/containers/kafka-1/kill?signal=SIGTERM",
                    "DELETE /v1.51/containers/kafka-1?force=1&v=1",
                    "POST /v1.51/images/toy:1/tag?repo=registry%3A5000%2Ftoy",
                    "POST /v1.51/images/toy:1/tag?repo=registry%3A5000%2Ftoy&tag=2",
                ])
        }
    }

    @Test func `what is already so is no failure`() async throws {
        try await withFakeDaemon(answering: FakeAnswer(status: "304 Not Modified")) { engine, _ in
            let hasStarted = try await engine.start(.name("kafka-1"))
            let hasStopped = try await engine.stop(.name("kafka-1"), timeout: .seconds(1))
            #expect(!hasStarted && !hasStopped)
        }
    }

    @Test(arguments: ["20.10", "28.5"])
    func `a wait brings the exit code`(docker: String) async throws {
        try await withFakeDaemon(docker: docker, answering: .recorded("wait.json", docker: docker)) { engine, server in
            let exitCode = try await engine.wait(for: .name("kafka-1"))
            #expect(exitCode == 143)
            #expect(server.calls.first?.hasSuffix("/containers/kafka-1/wait?condition=not-running") == true)
        }
    }

    @Test(arguments: ["", "..", "../images", "a/b", "a?b", "a b", "-a", "ä", String(repeating: "x", count: 256)])
    func `a name that no container can have is never sent`(name: String) async throws {
        try await withFakeDaemon(answering: FakeAnswer(body: "{}")) { engine, server in
            let error = await #expect(throws: DockerError.self) { try await engine.inspect(.name(name)) }
            #expect(error?.kind == .invalidRequest)
            #expect(server.requests.isEmpty)
        }
    }

    @Test(arguments: ["", "a/../../containers", "a//b", "a?b=c", "a b", "/a", "a/", String(repeating: "x", count: 513)])
    func `a name that no image can have is never sent`(name: String) async throws {
        try await withFakeDaemon(answering: FakeAnswer(body: "{}")) { engine, server in
            let error = await #expect(throws: DockerError.self) {
                try await engine.inspect(image: ImageReference(name))
            }
            #expect(error?.kind == .invalidRequest)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `words of a later Docker are kept as they are`() async throws {
        let list = #"[{"Id":"a","State":"hibernating","Mounts":[{"Type":"cloud"}],"Labels":null,"New":{"x":[1]}}]"#
        try await withFakeDaemon(answering: FakeAnswer(body: list)) { engine, _ in
            let container = try #require(try await engine.containers().first)
            #expect(container.state.rawValue == "hibernating")
            #expect(container.mounts.first?.type.rawValue == "cloud")
            #expect(container.labels.isEmpty)
        }
    }
}

/// Set once, read from the scripts' threads.
final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
