import FleetModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// On a journal of its own, in a fleet directory that `init` wrote.
@Suite struct AuditCommandTests {
    @Test func `an invocation shows in the audit of its fleet and looking makes no files`() async throws {
        try await Fixture.withDirectory { directory in
            func run(_ line: String...) async throws -> (status: ExitStatus, records: [JSONValue]) {
                var harness = Harness(environment: ["GANTRY_FLEET": directory])
                harness.table = .gantry
                harness.audit = .process
                let result = await harness.run(line + ["--format", "json"])
                let document = try JSONValue(parsing: result.output)
                return (result.status, document["records"]?.array ?? [])
            }
            #expect(try await run("init", "--simulated").status == .done)
            #expect(try await run("audit").records == [])
            #expect(!Fixture.exists("\(directory)/.gantry"))
            // Refused for want of a terminal or of an operation; either way it was called, with a reason.
            _ = try? await run("operation", "abort", "-m", "a test")
            let records = try await run("audit", "--since", "1h").records
            #expect(records.map { $0["outcome"] } == ["running", "ended"])
            #expect(records.last?["reason"] == "a test")
            #expect(records.last?["arguments"]?.array?.first == "operation")
            #expect(records.last?["exit_code"]?.integer ?? 0 != 0)
        }
    }
}
