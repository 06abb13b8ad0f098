import DockerEngine
import FleetModel
import Foundation
import Glibc
import Testing
import Transfers

@Suite(.serialized, .enabled("a real dockerd can be started here") { RealDaemon.obstacle == nil })
struct `A real Docker daemon` {
    @Test func `it tells what it is`() async throws {
        try await withRealDaemon { daemon in
            let offered = try await daemon.engine.ping()
            let version = try await daemon.engine.version()
            let info = try await daemon.engine.info()
            #expect(offered == version.apiVersion)
            #expect(version.apiVersion >= .oldest)
            #expect(version.os == "linux")
            #expect(info.serverVersion == version.version)
            #expect(info.dockerRootDir == daemon.directory + "/data")
            #expect(info.ncpu > 0)
            #expect(info.memTotal > .zero)
            #expect(["1", "2"].contains(info.cgroupVersion))
            #expect(!info.driver.isEmpty)
            #expect(info.liveRestoreEnabled == false)
        }
    }

    @Test func `images are loaded from a pipe, listed, tagged, saved and removed`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            #expect(try await engine.images().isEmpty)
            let loaded = try await load(daemon.toys.archive, into: engine)
            #expect(loaded == ["toy:1"])
            let image = try await engine.inspect(image: "toy:1")
            #expect(image.repoTags == ["toy:1"])
            #expect(image.entrypoint == ["/toy"])
            #expect(image.labels == ["made.by": "test"])
            #expect(image.volumes == ["/var/lib/toy"])
            #expect(image.created?.timestamp.description == "2026-05-01T03:00:00.123Z")
            #expect(image.runs(on: try await engine.version()))
            try await engine.tag("toy:1", as: "local/deep/toy:2")
            #expect(try await engine.images().first?.repoTags.sorted() == ["local/deep/toy:2", "toy:1"])
            var size = 0
            try await engine.withArchive(of: "local/deep/toy:2") { stream in
                for try await chunk in stream { size += chunk.count }
            }
            #expect(size > 100_000)
            #expect(try await engine.hasPath("/opt/kafka/bin", in: ImageReference("toy:1")))
            #expect(try await !engine.hasPath("/opt/zookeeper", in: ImageReference("toy:1")))
            #expect(try await engine.containers().isEmpty)
            try await engine.remove(image: "toy:1")
            let error = await #expect(throws: DockerError.self) { try await engine.inspect(image: "toy:1") }
            #expect(error?.kind == .notFound(.image))
        }
    }

    @Test func `what is no archive is refused in Docker's words`() async throws {
        try await withRealDaemon { daemon in
            let path = daemon.directory + "/nonsense"
            try Data(repeating: 0x41, count: 100_000).write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: DockerError.self) { try await load(path, into: daemon.engine) }
            #expect(error?.message.isEmpty == false)
        }
    }

    @Test func `a command runs once, and nothing is left of it`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            try await load(daemon.toys.archive, into: engine)
            let failing = try await engine.runOnce(OneOff(toy("both", "3")))
            #expect(failing.exitCode == 3)
            #expect(Set(failing.output.map(\.text)) == ["out", "err"])
            #expect(failing.output.first { $0.text == "err" }?.stream == .stderr)
            let long = try await engine.runOnce(OneOff(toy("lines", "5000"), outputLimit: 100))
            #expect(long.exitCode == 0)
            #expect(long.isOutputCut)
            #expect(long.output.last?.text == "line 5000")
            var reading = toy("cat", "/given/file")
            try Data("from the host\n".utf8).write(to: URL(fileURLWithPath: daemon.directory + "/file"))
            reading.binds = [.init(source: daemon.directory, target: "/given", readOnly: true)]
            #expect(try await engine.runOnce(OneOff(reading)).output.map(\.text) == ["from the host"])
            reading.binds = [.init(source: daemon.directory + "/absent", target: "/given")]
            let absent = await #expect(throws: DockerError.self) { try await engine.runOnce(OneOff(reading)) }
            #expect(absent?.kind == .invalidRequest)
            #expect(absent?.message.contains("absent") == true)
            let late = await #expect(throws: DockerError.self) {
                try await engine.runOnce(OneOff(toy("stay"), deadline: .milliseconds(300)))
            }
            #expect(late?.kind == .deadline(.milliseconds(300)))
            #expect(try await engine.containers().isEmpty)
        }
    }

    @Test func `a command that needs too much memory is killed, and its run is an outcome`() async throws {
        try await withRealDaemon { daemon in
            try await load(daemon.toys.archive, into: daemon.engine)
            var eating = toy("eat")
            eating.memory = ByteCount(16 << 20)
            let outcome = try await daemon.engine.runOnce(OneOff(eating))
            #expect(outcome.exitCode == 137)
            #expect(try await daemon.engine.containers().isEmpty)
        }
    }

    @Test func `a cancelled run leaves nothing behind`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            try await load(daemon.toys.archive, into: engine)
            try await engine.withEvents(
                filter: EventFilter(types: [.container], actions: [.start]), silence: .seconds(60)
            ) { events in
                await withTaskGroup(of: DockerError.Kind?.self) { group in
                    group.addTask {
                        do throws(DockerError) {
                            _ = try await engine.runOnce(OneOff(self.toy("stay"), name: "gone"))
                            return nil
                        } catch { return error.kind }
                    }
                    var reader = events.makeAsyncIterator()
                    let started = try? await reader.next()
                    #expect(started != nil)
                    group.cancelAll()
                    #expect(await group.next() == .some(.cancelled))
                }
            }
            #expect(try await engine.containers().isEmpty)
        }
    }

    @Test func `an image of another processor is not run`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            #expect(try await load(daemon.toys.foreignArchive, into: engine) == ["toy:foreign"])
            let once = await #expect(throws: DockerError.self) {
                try await engine.runOnce(OneOff(ContainerSpecification(image: "toy:foreign", command: ["exit", "0"])))
            }
            #expect(once?.kind == .wrongPlatform)
            let version = try await engine.version()
            let made = await #expect(throws: DockerError.self) {
                _ = try await engine.create(
                    ContainerSpecification(image: "toy:foreign"), platform: "linux/\(version.arch)")
            }
            #expect(made?.kind == .wrongPlatform)
        }
    }

    @Test func `a container's life is inspected, listed and told by events`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            try await load(daemon.toys.archive, into: engine)
            var staying = toy("stay")
            staying.labels = ["gantry.cluster": "demo", "gantry.node": "1"]
            staying.networkMode = "host"
            staying.restartPolicy = RestartPolicy(name: .unlessStopped)
            staying.stopTimeout = .seconds(330)
            staying.memory = ByteCount(64 << 20)
            staying.binds = [.init(source: daemon.directory, target: "/data")]
            let container = ContainerReference.name("demo-1")
            try await engine.withEvents(filter: EventFilter(types: [.container]), silence: .seconds(60)) { events in
                let id = try await engine.create(staying, name: "demo-1")
                let taken = await #expect(throws: DockerError.self) { try await engine.create(staying, name: "demo-1") }
                #expect(taken?.kind == .conflict)
                #expect(try await engine.inspect(container).state.status == .created)
                #expect(try await engine.start(container))
                #expect(try await !engine.start(container))
                let details = try await engine.inspect(.id(id))
                #expect(details.name == "demo-1")
                #expect(details.state.running)
                #expect(details.state.pid != nil)
                #expect(details.state.finishedAt == nil)
                #expect(details.stopTimeout == .seconds(330))
                #expect(details.hostConfig.networkMode == "host")
                #expect(details.hostConfig.restartPolicy == RestartPolicy(name: .unlessStopped))
                #expect(details.hostConfig.memory == ByteCount(64 << 20))
                #expect(details.mounts.first { $0.destination == "/data" }?.source == daemon.directory)
                #expect(details.imageID == (try await engine.inspect(image: "toy:1")).id)
                let listed = try await engine.containers(labels: ["gantry.cluster=demo"])
                #expect(listed.map(\.names) == [["demo-1"]])
                #expect(listed.first?.state == .running)
                #expect(try await engine.containers(labels: ["gantry.cluster=other"]).isEmpty)
                try await engine.withLogs(of: container, follow: true) { lines in
                    var reader = lines.makeAsyncIterator()
                    let line = try await reader.next()
                    #expect(line?.text == "staying")
                }
                #expect(try await engine.stop(container))
                #expect(try await !engine.stop(container))
                #expect(try await engine.wait(for: container) == 143)
                let stopped = try await engine.inspect(container).state
                #expect(stopped.status == .exited)
                #expect(stopped.exitCode == 143)
                #expect(stopped.finishedAt != nil)
                try await engine.start(container)
                try await engine.restart(container, timeout: .seconds(5))
                try await engine.kill(container)
                #expect(try await engine.wait(for: container, deadline: .seconds(20)) == 137)
                let dead = await #expect(throws: DockerError.self) { try await engine.kill(container) }
                #expect(dead?.kind == .conflict)
                try await engine.remove(container, force: true, volumes: true)
                let gone = await #expect(throws: DockerError.self) { try await engine.inspect(container) }
                #expect(gone?.kind == .notFound(.container))
                var told: [DockerEvent] = []
                for try await item in events {
                    guard case .event(let event) = item else { continue }
                    told.append(event)
                    if event.action == .destroy { break }
                }
                #expect(told.allSatisfy { $0.container == id && $0.name == "demo-1" })
                #expect(told.first?.attributes["gantry.node"] == "1")
                #expect(told.filter { $0.action == .die }.map(\.exitCode) == [143, 143, 137])
                #expect(told.map(\.time) == told.map(\.time).sorted())
                let again = try await engine.withEvents(
                    since: told[0].time, until: told[told.count - 1].time, filter: EventFilter(types: [.container])
                ) { events in
                    var actions: [DockerEvent.Action] = []
                    for try await case .event(let event) in events { actions.append(event.action) }
                    return actions
                }
                #expect(again == told.map(\.action))
            }
        }
    }

    @Test func `output is read by its tail, by its times and from a terminal`() async throws {
        try await withRealDaemon { daemon in
            let engine = daemon.engine
            try await load(daemon.toys.archive, into: engine)
            for tty in [false, true] {
                let name = ContainerReference.name("talk-\(tty)")
                var talking = toy("lines", "1000")
                talking.tty = tty
                _ = try await engine.create(talking, name: "talk-\(tty)")
                try await engine.start(name)
                #expect(try await engine.wait(for: name) == 0)
                let last = try await engine.logs(of: name, LogSelection(tail: .last(2)))
                #expect(last.map(\.text) == ["line 999", "line 1000"])
                #expect(last.first?.stream == (tty ? .terminal : .stdout))
                #expect(last.first?.time == nil)
                let timed = try await engine.logs(of: name, LogSelection(timestamps: true))
                #expect(timed.count == 1000)
                let middle = try #require(timed[500].time)
                let since = try await engine.logs(of: name, LogSelection(since: middle, timestamps: true))
                #expect(since.last?.text == "line 1000")
                #expect(since.allSatisfy { $0.time.map { $0 >= middle } == true })
            }
            let long = ContainerReference.name("long")
            _ = try await engine.create(toy("long", "40000"), name: "long")
            try await engine.start(long)
            #expect(try await engine.wait(for: long) == 0)
            #expect(try await engine.logs(of: long).map(\.text) == [String(repeating: "x", count: 40_000)])
        }
    }

    @Test func `a daemon that stops ends its subscriptions, and one that came back is spoken to again`() async throws {
        try await withRealDaemon { daemon in
            try await daemon.engine.withEvents { events in
                await daemon.end()
                var reader = events.makeAsyncIterator()
                do throws(DockerError) {
                    while try await reader.next(isolation: nil) != nil {}
                } catch { #expect(error.kind == .connectionLost) }
            }
            let down = await #expect(throws: DockerError.self) { try await daemon.engine.info() }
            #expect(down?.kind == .daemonNotRunning)
            try await daemon.restart()
            #expect(try await daemon.engine.info().containers == 0)
        }
    }

    private func toy(_ arguments: String...) -> ContainerSpecification {
        ContainerSpecification(image: "toy:1", command: arguments)
    }
}

/// Loads an archive through a pipe, as it would come from another host.
@discardableResult
private func load(_ path: String, into engine: DockerEngine) async throws -> [ImageReference] {
    let cat = Process()
    cat.executableURL = findProgram("cat")
    cat.arguments = [path]
    let pipe = Pipe()
    cat.standardOutput = pipe
    try cat.run()
    try pipe.fileHandleForWriting.close()
    defer {
        try? pipe.fileHandleForReading.close()
        cat.waitUntilExit()
    }
    return try await engine.load(from: pipe.fileHandleForReading.fileDescriptor)
}
