import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// A slip in `defaults.cfg` while an operation is at work: what is about the operation needs the journal alone.
@Suite struct BrokenConfigurationTests {
    /// How the fleet's only operation stands.
    enum Standing: Sendable {
        case running, interrupted, stopped
    }

    /// Calls `body` with the arguments' first words for a fleet whose only operation stands so and whose `defaults.cfg`
    /// has a misspelt key in its tenth line.
    private func broken(
        _ standing: Standing, remembers: Bool = true,
        _ body: (String, @Sendable ([String]) async -> Harness.Result) async throws -> Void
    ) async throws {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            _ = await harness.run("init", "--simulated")
            let fleet = try harness.context().fleet()
            let sample = try #require(OperationSample())
            let journal = try #require(try AuditSource.process.journal(fleet))
            if remembers { FleetPlace(fleet).keep(try harness.context().configuration()) }
            let (record, at) = (sample.record, sample.record.createdAt)
            try journal.create(record.id, plan: record.plan, at: at)
            let holder = standing == .running ? try Holder.current() : try OperationSample.goneHolder()
            let lease = try journal.acquireLease(
                cluster: record.plan.cluster, operation: record.id, holder: holder, replacing: nil, at: at)
            try journal.append(.started(holder), under: lease, at: at)
            if standing == .stopped { try journal.request(.stop, of: record.id, at: at) }
            if standing == .stopped { try journal.append(.ended(.stopped(reason: "asked for")), under: lease, at: at) }
            if standing == .stopped { try journal.release(lease) }
            let file = fleet.configurationFile
            try Fixture.write(Fixture.read(file).replacing("  mode: kraft", with: "  moed: kraft"), to: file)
            try await body(directory) { line in
                var asked = Harness(environment: ["GANTRY_FLEET": directory])
                asked.table = .gantry
                return await asked.run(line)
            }
        }
    }

    private func isWarned(_ result: Harness.Result) -> Bool {
        result.error.contains("warning: ") && result.error.contains("defaults.cfg:10:3: ")
            && result.error.contains("moed")
    }

    @Test(
        arguments: [
            (Standing.running, ["list"], ExitStatus.done), (.running, ["show"], .done), (.running, ["log"], .done),
            (.running, ["abort", "--yes", "--detach"], .done), (.stopped, ["attach"], .stopped),
            (.stopped, ["pause"], .done), (.stopped, ["set", "throttle=1MiB/s"], .refused),
        ] as [(Standing, [String], ExitStatus)])
    func `what is about an operation works by the journal, and names the mistake`(
        standing: Standing, line: [String], status: ExitStatus
    ) async throws {
        try await broken(standing) { _, run in
            let result = await run(["operation"] + line)
            #expect(result.status == status, "\(result)")
            #expect(isWarned(result), "\(result.error)")
            let words = line == ["log"] ? "started" : "20260501-030000-3f9a"
            #expect(status == .refused || result.output.contains(words), "\(result)")
        }
    }

    @Test func `a bundle is packed, with the file as it is`() async throws {
        for remembers in [true, false] {
            try await broken(.interrupted, remembers: remembers) { directory, run in
                let result = await run(["operation", "bundle", "-o", "\(directory)/b.tar.gz"])
                #expect(result.status == .done && isWarned(result), "\(result)")
                #expect(Fixture.exists("\(directory)/b.tar.gz"))
            }
        }
    }

    @Test(arguments: [["resume", "--yes"], ["abort", "--yes"], ["abort", "--rollback", "--yes"]])
    func `what has to work on hosts is refused as before, and nothing is done`(line: [String]) async throws {
        try await broken(.interrupted) { _, run in
            let result = await run(["operation"] + line)
            #expect(result.status == .configuration, "\(result)")
            #expect(result.error.contains("moed"))
            #expect(await run(["operation", "log", "--format", "plain"]).output.contains("abort") == false)
        }
    }

    @Test func `the status is judged by what was last in use, and can't be all well`() async throws {
        try await broken(.stopped) { _, run in
            let result = await run(["clusterstatus", "--no-canary", "--format", "json"])
            #expect(result.status == .configuration, "\(result)")
            let plain = await run(["clusterstatus", "--no-canary", "--format", "plain"]).status
            #expect(plain == .unknown || plain == .failed)
            let status = try JSONValue(parsing: Array(result.output.utf8))
            let found = status["findings"]?.array?.first { $0["rule"]?.string == "configuration-invalid" }
            #expect(found?["severity"]?.string == "unknown")
            #expect(found?["evidence"]?.string?.contains("defaults.cfg:10:3: ") == true, "\(result.output)")
            #expect(status["hosts"]?.array?.count == 3)
            #expect(isWarned(result))
        }
        try await broken(.stopped, remembers: false) { _, run in
            #expect(await run(["clusterstatus"]).status == .configuration)
            #expect(await run(["clusterstatus", "--format", "plain"]).status == .unknown)
        }
    }

    @Test func `a mistake alone makes the status unknown`() throws {
        let world = try #require(StatusWorld())
        #expect(world.report().exit == .done)
        let report = world.report(techhost: .init(mistake: "/f/defaults.cfg:10:3: unknown key"))
        #expect(report.exit == .unknown)
        #expect(report.document.text(Style()).contains("configuration-invalid"))
    }

    @Test func `the daemon's status tells it, too`() async throws {
        try await broken(.stopped) { _, run in
            let result = await run(["dockmon", "status", "--format", "json"])
            #expect(result.status == .failed && isWarned(result), "\(result)")
            let status = try JSONValue(parsing: Array(result.output.utf8))
            #expect(status["findings"]?.array?.first?["rule"]?.string == "configuration-invalid")
            #expect(await run(["dockmon", "stop"]).status == .done)
        }
    }
}
