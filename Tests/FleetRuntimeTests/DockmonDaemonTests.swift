import FleetConfiguration
import FleetModel
import Foundation
import HealthRules
import MetricsEndpoint
import Processes
import Testing
import Threads

@testable import FleetRuntime

/// The daemon itself, in this process, on a simulated fleet: how it begins, what it does without, and how it ends.
@Suite struct `The daemon` {
    /// A fleet directory, and what the daemon on it has said.
    private struct Stage: Sendable {
        let directory: FleetDirectory
        let said = Locked<[String]>([])

        var place: FleetPlace { FleetPlace(directory: directory.path, state: directory.stateDirectory) }
        var daemon: DockmonDaemon {
            DockmonDaemon(
                place: place, logsEvents: false, echo: { line in said.withLock { $0.append(line) } },
                complain: { words in said.withLock { $0.append(words) } }
            ) {
                try FleetConfiguration.load(directory: directory, home: nil)
            }
        }

        func hasSaid(_ words: String) -> Bool { said.withLock { $0.contains { $0.contains(words) } } }

        func count(_ words: String) -> Int { said.withLock { $0.count { $0.contains(words) } } }

        func until(_ what: String, _ condition: () -> Bool) async throws {
            let end = ContinuousClock.now + .seconds(60)
            while !condition() {
                try #require(ContinuousClock.now < end, "not within a minute: \(what): \(said.withLock { $0 })")
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        /// Calls `body` while the daemon runs, and ends it.
        /// - Returns: how long its end took.
        @discardableResult
        func running(_ body: @escaping @Sendable () async throws -> Void) async throws -> Duration {
            let (hangups, _) = AsyncStream<Void>.makeStream()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await daemon.run(hangups: hangups) } catch is CancellationError {}
                }
                try await until("it starts") { hasSaid("event=daemon-started") }
                try await body()
                let start = ContinuousClock.now
                group.cancelAll()
                try await group.waitForAll()
                return ContinuousClock.now - start
            }
        }
    }

    private func with(
        monitor: (_ directory: String) -> String = { "metrics: none, log: \($0)/dockmon.log" },
        _ body: (Stage) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with(prefix: "dockmon") { path in
            let directory = FleetDirectory(path: path)
            try NewFleet.write(to: directory, simulated: true).forEach { _ in }
            try Data(
                """
                cluster: { name: orders, transport: simulated, version: 4.3.1, image: i, controllers: 1 }
                virthosts: [10.0.0.11]
                defaults: { brokers: 1, data: [/data] }
                monitor: { interval: 5s, \(monitor(path)) }

                """.utf8
            ).write(to: URL(filePath: directory.configurationFile))
            try await body(Stage(directory: directory))
        }
    }

    @Test func `a second one is refused, and the end of the first is clean within two seconds`() async throws {
        try await with { stage in
            let took = try await stage.running {
                let (hangups, _) = AsyncStream<Void>.makeStream()
                await #expect(throws: DockmonDaemon.Problem.self) { try await stage.daemon.run(hangups: hangups) }
            }
            #expect(took < .seconds(2))
            #expect(stage.hasSaid("event=daemon-stopped"))
            #expect(!FileManager.default.fileExists(atPath: stage.place.dockmonFile))
            // The lock is free again.
            try await stage.running {}
        }
    }

    @Test func `a record that a killed one left behind is known for what it is, and in nobody's way`() async throws {
        try await with { stage in
            try Directories.make(stage.place.state, mode: 0o700)
            let identity = try ProcessIdentity.current()
            // Of this process id, and of another process.
            let stale = DockmonRecord(
                pid: identity.pid, startTicks: identity.startTicks + 1, bootID: identity.bootID, startedAt: .wall,
                isWatching: true, hosts: [], incidents: [], log: "/x", writtenAt: .wall, writtenOnWall: 0)
            let text = try JSONValue(encoding: stale).text()
            try AtomicFile.write(Array(text.utf8), to: stage.place.dockmonFile, mode: 0o600)
            #expect(stage.place.dockmonRecord() == stale)
            #expect(stage.place.dockmon() == nil)
            guard case .none = try await DockmonControl(place: stage.place).stop(within: .seconds(1)) else {
                Issue.record("a process that is none of ours was asked to end")
                return
            }
            try await stage.running {}
        }
    }

    @Test func `a daemon that runs and has written nothing for long is silent, by how often it looks`() async throws {
        func record(written ago: Int64, longest: Int64?) throws -> DockmonRecord {
            let wall = Machine.wallTime.components
            let identity = try ProcessIdentity.current()
            return DockmonRecord(
                pid: identity.pid, startTicks: identity.startTicks, bootID: identity.bootID, startedAt: .wall,
                isWatching: true, hosts: [], incidents: [], log: "/x", writtenAt: .wall,
                writtenOnWall: (wall.seconds - ago) * 1000, longestSilence: longest)
        }
        #expect(try record(written: 301, longest: 300).silence != nil)
        #expect(try record(written: 200, longest: 300).silence == nil)
        #expect(try record(written: 9_000, longest: nil).silence == nil)
        #expect(StateKeeper.longestSilence(interval: .seconds(30)) == .seconds(300))
        #expect(StateKeeper.longestSilence(interval: .seconds(3600)) == .seconds(10_800))
    }

    @Test func `a port in use and a log that can't be written are said, and it runs without them`() async throws {
        let taken = try MetricsEndpoint(host: "127.0.0.1", port: 0) { _ in .init(body: "") }
        defer { withExtendedLifetime(taken) {} }
        try await with(monitor: { _ in "metrics: 127.0.0.1:\(taken.port), log: /dev/null/dockmon.log" }) { stage in
            try await stage.running {
                try await stage.until("both are said") {
                    stage.hasSaid("event=metrics-failed")
                        && stage.hasSaid("the log /dev/null/dockmon.log can't be written")
                }
                try await stage.until("it looks all the same") { stage.hasSaid("event=host-watched") }
                try await stage.until("the log is an incident") {
                    stage.place.dockmon()?.incidents.contains { $0.finding.rule == "dockmon-log" } == true
                }
            }
        }
    }

    @Test func `a log that is moved is written in its new place`() async throws {
        try await with { stage in
            try await stage.running {
                let file = URL(filePath: stage.directory.configurationFile)
                let text = try String(contentsOf: file, encoding: .utf8)
                try Data(text.replacing("/dockmon.log", with: "/moved/dockmon.log").utf8).write(to: file)
                try await stage.until("it writes there") {
                    let moved = "\(stage.directory.path)/moved/dockmon.log"
                    return (try? String(contentsOfFile: moved, encoding: .utf8))?.contains("configuration-read") == true
                }
                try await stage.until("its record names it") {
                    stage.place.dockmon()?.log == "\(stage.directory.path)/moved/dockmon.log"
                }
            }
        }
    }

    @Test
    func `a configuration that is changed while it runs is taken, and a wrong one is refused and the old one kept`()
        async throws
    {
        try await with { stage in
            try await stage.running {
                let file = URL(filePath: stage.directory.configurationFile)
                let right = try String(contentsOf: file, encoding: .utf8)
                try Data(right.replacing("interval: 5s", with: "interval: 5").utf8).write(to: file)
                try await stage.until("it is refused") { stage.hasSaid("event=configuration-refused") }
                try await stage.until("that is an incident") {
                    stage.place.dockmon()?.incidents.contains { $0.finding.rule == "configuration-invalid" } == true
                }
                try Data(right.replacing("interval: 5s", with: "interval: 7s").utf8).write(to: file)
                try await stage.until("it is taken") { stage.hasSaid("event=configuration-read") }
                unlink(stage.place.dockmonFile)
                try await stage.until("what it sees with that one is told") {
                    FileManager.default.fileExists(atPath: stage.place.dockmonFile)
                }
                try await stage.until("that is over") {
                    stage.place.dockmon()?.incidents.contains { $0.finding.rule == "configuration-invalid" } == false
                }
                #expect(stage.count("event=configuration-refused") == 1)
                #expect(stage.count("event=configuration-read") == 1)
            }
        }
    }
}
