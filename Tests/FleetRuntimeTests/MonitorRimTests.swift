import FleetModel
import Foundation
import HealthRules
import Monitoring
import Processes
import Testing
import Threads

@testable import FleetRuntime

/// Log and plug-ins of the daemon, on real files and real processes.
struct MonitorRimTests {
    private func read(_ path: String) -> [Substring] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    @Test func `a log that is renamed, deleted, or loses its directory goes on under its name`() async throws {
        try await TemporaryDirectory.with { directory in
            let log = LogFile(path: "\(directory)/log/dockmon.log", echo: nil)
            log.write("one")
            try FileManager.default.moveItem(atPath: log.path, toPath: log.path + ".1")
            log.write("two")
            #expect(read(log.path) == ["two"])
            #expect(read(log.path + ".1") == ["one"])
            try FileManager.default.removeItem(atPath: "\(directory)/log")
            log.write("three")
            #expect(read(log.path) == ["three"])
            log.reopen()
            log.write("four")
            #expect(read(log.path) == ["three", "four"])
            #expect(log.trouble.lost == 0)
        }
    }

    @Test func `a log that can not be written loses lines and counts them, and the daemon goes on`() {
        let log = LogFile(path: "/dev/full", echo: nil)
        for _ in 0..<1000 { log.write("line") }
        #expect(log.trouble.lost == 1000)
        #expect(log.trouble.reason == "No space left on device")
    }

    @Test func `that a log can't be written is said once, also of another file, and so is that it can again`()
        async throws
    {
        try await TemporaryDirectory.with { directory in
            let said = Locked<[String]>([])
            let log = LogFile(path: "/dev/full", echo: nil) { words in said.withLock { $0.append(words) } }
            for _ in 0..<10 { log.write("line") }
            #expect(said.withLock { $0.count } == 1)
            #expect(said.withLock { $0.first }?.contains("the log /dev/full can't be written (No space left") == true)
            log.move(to: "/dev/null/x")
            log.write("line")
            #expect(said.withLock { $0.last }?.contains("the log /dev/null/x can't be written (Not a dir") == true)
            log.move(to: "\(directory)/log")
            log.write("here")
            #expect(read(log.path) == ["level=warning event=lines-lost count=11", "here"])
            #expect(log.trouble.reason == nil && log.trouble.lost == 11)
            #expect(said.withLock { $0.count } == 2)
        }
    }

    private func plugins(_ directory: String) throws -> (MonitorPlugins, LogFile) {
        let log = LogFile(path: "\(directory)/log", echo: nil)
        let cluster = try #require(ClusterName(rawValue: "orders"))
        return (MonitorPlugins(directory: "\(directory)/monitor.d", cluster: cluster, log: log), log)
    }

    private func put(_ script: String, _ path: String, mode: Int = 0o755) throws {
        try FileManager.default.createDirectory(
            atPath: Directories.parent(of: path), withIntermediateDirectories: true)
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func change(_ number: Int) -> IncidentChange {
        var incidents = Incidents()
        let finding = Finding(
            rule: "broker-container-dead", severity: .critical, subject: "broker \(number)", evidence: "e", remedy: "r")
        let changes = incidents.take(
            Incidents.Look(findings: [finding], askedAt: .zero), now: Timestamp(milliseconds: 0), uptime: .zero)
        return changes[0]
    }

    /// Runs `body` while plug-ins are served.
    private func serve(_ plugins: MonitorPlugins, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await plugins.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < end, "it did not come to pass")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `each plug-in gets each incident once, in order, whatever another one does`() async throws {
        try await TemporaryDirectory.with { directory in
            try put("cat >> ../got", "\(directory)/monitor.d/good")
            try put("sleep 600", "\(directory)/monitor.d/hangs")
            try put("while :; do echo flood; done", "\(directory)/monitor.d/floods")
            try put("exit 3", "\(directory)/monitor.d/fails")
            try put("cat >> ../never", "\(directory)/monitor.d/plain", mode: 0o644)
            try put("cat >> ../never", "\(directory)/monitor.d/.hidden")
            try put("cat >> ../never", "\(directory)/monitor.d/group", mode: 0o775)
            try put("cat >> ../never", "\(directory)/monitor.d/open", mode: 0o777)
            let (plugins, log) = try plugins(directory)
            let changes = (1...5).map { change($0) }
            try await serve(plugins) {
                for change in changes { plugins.receive(change) }
                try await until { read("\(directory)/got").count == 5 && plugins.counts.failures >= 5 }
            }
            let subjects = try read("\(directory)/got").map {
                try JSONValue(parsing: Array($0.utf8))["subject"]?.string ?? ""
            }
            #expect(subjects == (1...5).map { "broker \($0)" })
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/never"))
            let lines = read(log.path)
            #expect(lines.contains { $0.contains("event=plugin-failed") && $0.contains("exit code 3") })
            for (name, words) in [
                ("plain", "chmod +x"), ("open", "every user can write it: chmod go-w"),
                ("group", "its group can write it: chmod go-w"),
            ] {
                let refused = lines.filter { $0.contains("event=plugin-refused") && $0.contains("/\(name)") }
                #expect(refused.count == 1 && refused.first?.contains(words) == true, "\(lines)")
            }
        }
    }

    @Test func `what a plug-in has started is ended with it, and one that can't be run is said`() async throws {
        try await TemporaryDirectory.with { directory in
            try put(
                "i=0; while [ $i -lt 50 ]; do (trap '' TERM; exec sleep 600) & echo $! >> ../children; i=$((i + 1)); done; wait",
                "\(directory)/monitor.d/forks")
            try Data("#!/no/such/program\n".utf8).write(to: URL(filePath: "\(directory)/monitor.d/lost"))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(directory)/monitor.d/lost")
            let (plugins, log) = try plugins(directory)
            let one = change(1)
            try await serve(plugins) {
                plugins.receive(one)
                try await until { plugins.counts.failures == 2 }
            }
            let children = read("\(directory)/children").compactMap { Int32($0) }
            #expect(children.count == 50)
            try await until { children.allSatisfy { kill($0, 0) != 0 } }
            let lines = read(log.path)
            for name in ["forks", "lost"] {
                #expect(lines.contains { $0.contains("event=plugin-failed") && $0.contains("/\(name)") })
            }
        }
    }

    @Test func `a plug-in that is put there later is found, and one that is taken away is left alone`() async throws {
        try await TemporaryDirectory.with { directory in
            let (plugins, _) = try plugins(directory)
            let (one, two) = (change(1), change(2))
            try await serve(plugins) {
                plugins.receive(one)
                try put("cat >> ../got", "\(directory)/monitor.d/late")
                plugins.receive(two)
                try await until { read("\(directory)/got").contains { $0.contains("broker 2") } }
            }
        }
    }
}
