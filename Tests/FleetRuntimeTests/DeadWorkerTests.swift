import FleetModel
import Foundation
import OperationModel
import Processes
import Testing

@testable import FleetRuntime

/// The built gantry on a simulated fleet: an operation in a process of its own, which ends before its time while the daemon
/// watches in another.
@Suite(.serialized) struct `A worker's end` {
    private struct Stage: Sendable {
        let directory: String

        /// The program of the same build as this test.
        private static var gantry: String {
            let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
            return "\(Directories.parent(of: tests))/gantry"
        }

        var place: FleetPlace {
            FleetPlace(directory: directory, state: "\(directory)/.gantry")
        }

        /// What lines of the daemon's log have `words` in them.
        func said(_ words: String) -> [String] {
            ((try? String(contentsOfFile: "\(directory)/dockmon.log", encoding: .utf8)) ?? "")
                .split(separator: "\n").map(String.init).filter { $0.contains(words) }
        }

        /// Mails that were delivered, without what folds their lines.
        var mails: [String] {
            let path = "\(directory)/.gantry/mail/delivered"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return names.sorted().compactMap { try? String(contentsOfFile: "\(path)/\($0)", encoding: .utf8) }
        }

        @discardableResult
        func gantry(_ words: String, exit: Int32 = 0) async throws -> String {
            let result = try await Processes.Process.run(
                Self.gantry, words.split(separator: " ").map(String.init) + ["--fleet", directory],
                deadline: .seconds(120))
            try #require(
                result.exit == .exited(exit), "gantry \(words): \(result.exit)\n\(result.stdout)\n\(result.stderr)")
            return result.stdout.text
        }

        /// `operation show`, as far as it counts here.
        struct Shown: Decodable {
            struct Step: Decodable {
                var id: String
                var state: String
            }
            var operation: String
            var state: String
            var pid: Int32?
            var steps: [Step]
        }

        func shown(exit: Int32 = 0) async throws -> Shown {
            try JSONDecoder().decode(
                Shown.self, from: Data(try await gantry("operation show --format json", exit: exit).utf8))
        }

        func until(_ what: String, _ condition: () async throws -> Bool) async throws {
            let end = ContinuousClock.now + .seconds(300)
            while try await !condition() {
                try #require(ContinuousClock.now < end, "not in time: \(what)\n\(said("").joined(separator: "\n"))")
                try await Task.sleep(for: .milliseconds(100))
            }
        }

        /// Begins a drain that takes a minute, and waits until data moves.
        /// - Returns: its worker.
        func drains() async throws -> Int32 {
            try await gantry("simulate speed 2")
            try await gantry("removebroker 3 --yes --detach")
            var worker: Int32?
            try await until("data moves") {
                let shown = try await shown()
                worker = shown.pid
                return shown.steps.contains { $0.id.hasPrefix("move-data") && $0.state == "running" }
            }
            return try #require(worker)
        }

        /// Calls `body` while a daemon runs that resumes, and ends it.
        func watching(_ body: @escaping @Sendable () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await Processes.Process.run(
                        Self.gantry, ["dockmon", "run", "--resume", "-q", "--fleet", directory])
                }
                defer { group.cancelAll() }
                try await until("it watches") { place.dockmonRecord()?.isWatching == true }
                try await body()
            }
        }
    }

    /// A cluster of four brokers with data, somebody who wants mail, and a daemon that looks every five seconds of its time.
    private func with(_ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await TemporaryDirectory.with(prefix: "worker") { path in
            let stage = Stage(directory: path)
            try await stage.gantry("init --simulated")
            try Data(
                """
                cluster: { name: orders, transport: simulated, version: 4.3.1, image: i, controllers: 1 }
                virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14]
                defaults: { brokers: 1, data: [/data] }
                kafka: { default.replication.factor: 2, min.insync.replicas: 1 }
                move: { throttle: 5MiB/s }
                notify: { to: [ops@example.com] }
                monitor: { interval: 5s, metrics: none, log: \(path)/dockmon.log }

                """.utf8
            ).write(to: URL(filePath: "\(path)/defaults.cfg"))
            try await stage.gantry("simulate speed 200")
            try await stage.gantry("bootstrap --yes")
            try await stage.gantry("simulate load --topics 2 --partitions 6 --size 60MiB")
            defer {
                // A worker that a test left behind when it failed.
                if let store = try? stage.place.existingJournal(), let name = ClusterName(rawValue: "orders"),
                    let lease = try? store.lease(of: name), lease.holder.isAlive
                {
                    kill(lease.holder.pid, SIGKILL)
                }
            }
            try await stage.watching { try await body(stage) }
        }
    }

    @Test func `by SIGKILL is seen by the daemon that runs, told, and another one brings the operation to its end`()
        async throws
    {
        try await with { stage in
            let worker = try await stage.drains()
            kill(worker, SIGKILL)
            try await stage.until("it goes on") { !stage.said("event=operation-resumed").isEmpty }
            try await stage.gantry("simulate speed 200")
            try await stage.until("it is done") { try await stage.shown().state == "done" }
            let line = try #require(stage.said("event=operation-resumed").first)
            #expect(line.contains("removebroker 3") && line.contains("its worker (process \(worker)) died"), "\(line)")
            #expect(stage.said("event=operation-resumed").count == 1)
            try await stage.until("it is told") {
                stage.mails.contains { $0.contains("goes on after its worker died") }
            }
            #expect(!stage.mails.contains { $0.contains("techhost was down") })
            let log = try await stage.gantry("operation log")
            #expect(log.contains("by the monitoring daemon: its worker died"), "\(log)")
            #expect(stage.said("rule=operation-interrupted").isEmpty, "what goes on by itself is no incident")
        }
    }

    @Test func `on purpose is written down and mailed, and nothing goes on with it by itself`() async throws {
        try await with { stage in
            let worker = try await stage.drains()
            // As the command that watches does at Ctrl-C, and at a second one.
            kill(worker, SIGINT)
            try await stage.until("it is asked to stop") {
                try await stage.gantry("operation log").contains("requested stop")
            }
            kill(worker, SIGTERM)
            try await stage.until("it has ended") { try await stage.shown().state == "stopped" }
            let shown = try await stage.shown()
            #expect(shown.steps.contains { $0.id.hasPrefix("move-data") && $0.state == "interrupted" })
            try await stage.until("it is mailed") { stage.mails.contains { $0.contains("stopped at once after") } }
            let mail = try #require(stage.mails.first { $0.contains("stopped at once after") })
            let text = mail.replacing("=\r\n", with: "")
            #expect(text.contains("gantry operation resume \(shown.operation)"), "\(text.prefix(3000))")
            #expect(text.contains("gantry operation abort \(shown.operation) takes them back"), "\(text.prefix(3000))")
            // Time for two looks of the daemon, and more.
            let looked = try #require(stage.place.dockmonRecord()?.lookedAt)
            try await stage.gantry("simulate speed 20")
            try await stage.until("the daemon has looked again") {
                (stage.place.dockmonRecord()?.lookedAt?.since(looked) ?? .zero) > .seconds(20)
            }
            #expect(stage.said("event=operation-resumed").isEmpty && stage.said("operation-interrupted").isEmpty)
            #expect(try await stage.shown().state == "stopped")
        }
    }
}
