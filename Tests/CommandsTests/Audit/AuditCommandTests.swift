import FleetConfiguration
import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// On a journal of its own, in a fleet directory that `init` wrote.
@Suite struct AuditCommandTests {
    @Test func `every invocation shows in the audit of its fleet, the first look too`() async throws {
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
            #expect(try await run("audit").records.map { $0["outcome"] } == ["running"])
            // Refused for want of a terminal or of an operation; either way it was called, with a reason.
            _ = try? await run("operation", "abort", "-m", "a test")
            let records = try await run("audit", "--since", "1h").records
            #expect(records.map { $0["outcome"] } == ["running", "ended", "ended"])
            try #require(records.count == 3)
            #expect(records[1]["reason"] == "a test")
            #expect(records[1]["arguments"]?.array?.first == "operation")
            #expect(records[1]["exit_code"]?.integer ?? 0 != 0)
        }
    }

    @Test func `what only looks needs no place for its record, and what changes something does`() async throws {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            _ = await harness.run("init", "--simulated")
            var source = AuditSource.process
            source.journal = { fleet in
                throw StoreError.unavailable(
                    what: "opening the journal", file: fleet.stateDirectory, reason: "Read-only file system", remedy: ""
                )
            }
            harness.audit = source
            let looked = await harness.run("preflight", "--format", "json")
            #expect(looked.output.contains("\"clauses\""), "\(looked.error)")
            #expect(!looked.error.contains("Read-only"), "\(looked.error)")
            for line in [["preflight", "--fix", "--yes"], ["bootstrap", "--yes"]] {
                let refused = await harness.run(line)
                #expect(
                    refused.status == .failed && refused.error.contains("Read-only file system"), "\(refused.error)")
            }
        }
    }
}
