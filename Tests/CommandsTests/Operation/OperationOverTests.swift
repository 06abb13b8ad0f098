import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// What is asked of an operation that has come to its end.
@Suite struct OperationOverTests {
    /// Runs a command line in a fleet whose only operation has ended so.
    private func run(_ line: [String], after ending: OperationEnding) async throws -> Harness.Result {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            _ = await harness.run("init", "--simulated")
            let sample = try #require(OperationSample())
            let journal = try #require(try AuditSource.process.journal(try harness.context().fleet()))
            let (record, at) = (sample.record, sample.record.createdAt)
            try journal.create(record.id, plan: record.plan, at: at)
            let lease = try journal.acquireLease(
                cluster: record.plan.cluster, operation: record.id, holder: OperationSample.holder, replacing: nil,
                at: at)
            try journal.append(.started(OperationSample.holder), under: lease, at: at)
            try journal.append(.ended(ending), under: lease, at: at)
            try journal.release(lease)
            var asked = Harness(environment: ["GANTRY_FLEET": directory])
            asked.table = .gantry
            return await asked.run(line)
        }
    }

    @Test func `what was given up is not resumed, and the command that plans it anew is named`() async throws {
        let result = try await run(["operation", "resume", "--yes"], after: .aborted(reason: "asked for"))
        #expect(result.status == .refused, "\(result)")
        #expect(result.error.contains("operation 20260501-030000-3f9a (bootstrap --no-canary)"), "\(result.error)")
        #expect(result.error.contains("it was given up"))
        #expect(result.error.contains("next  gantry bootstrap --no-canary"), "\(result.error)")
    }

    @Test func `what is done can't be given up`() async throws {
        let result = try await run(["operation", "abort", "--yes"], after: .done)
        #expect(result.status == .refused, "\(result)")
        #expect(result.error.contains("there is nothing to give up") && result.error.contains("it is done"))
    }

    @Test(arguments: [("resume", OperationEnding.done), ("abort", .aborted(reason: "asked for"))])
    func `what is so already is said to be so, and no failure`(command: String, ending: OperationEnding) async throws {
        let result = try await run(["operation", command, "--yes"], after: ending)
        #expect(result.status == .done, "\(result)")
        #expect(result.output.contains("nothing to \(command)"), "\(result.output)")
    }
}
