import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// What is asked of an operation that has come to its end.
@Suite struct OperationOverTests {
    /// Runs a command line in a fleet whose only operation has ended so; nil: its worker is gone before its end.
    private func run(
        _ line: [String], after ending: OperationEnding?, moved: StepProgress? = nil
    ) async throws -> Harness.Result {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            _ = await harness.run("init", "--simulated")
            let sample = try #require(OperationSample())
            let journal = try #require(try AuditSource.process.journal(try harness.context().fleet()))
            let (record, at) = (sample.record, sample.record.createdAt)
            try journal.create(record.id, plan: record.plan, at: at)
            let holder = try OperationSample.goneHolder()
            let lease = try journal.acquireLease(
                cluster: record.plan.cluster, operation: record.id, holder: holder, replacing: nil, at: at)
            try journal.append(.started(holder), under: lease, at: at)
            if let ending { try journal.append(.ended(ending), under: lease, at: at) }
            if let moved {
                try journal.setValue(
                    try JSONValue(encoding: moved).text(), for: StepProgress.key(of: record.id), under: lease)
            }
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

    @Test func `who attaches to an operation that nobody is at learns that, and what goes on with it`() async throws {
        let left = try await run(["operation", "attach"], after: nil)
        #expect(left.status == .stopped, "\(left)")
        #expect(left.error.contains("its worker is gone and nobody is at it"), "\(left.error)")
        #expect(left.error.contains("gantry operation resume 20260501-030000-3f9a goes on"))
        #expect(!left.error.contains("the operation goes on") && !left.error.contains("Ctrl-C"))
        let paused = try await run(["operation", "attach"], after: .paused(reason: "asked for"))
        #expect(paused.error.contains("is paused: gantry operation resume"), "\(paused.error)")
        let done = try await run(["operation", "attach"], after: .done)
        #expect(done.error.contains("is already done") && !done.error.contains("goes on"), "\(done.error)")
    }

    @Test func `before it is resumed it is told what is left of a move, not what it was in all`() async throws {
        let step = try #require(OperationSample()).record.plan.steps[1]
        var moved = StepProgress(step: step.id, at: Timestamp(milliseconds: 0))
        (moved.copied, moved.bytes) = (ByteCount(9 << 30), ByteCount(12 << 30))
        (moved.settled, moved.partitions) = (15, 20)
        let shown = try await run(
            ["operation", "resume", "--dry-run"], after: .paused(reason: "asked for"), moved: moved)
        #expect(shown.output.contains("\(step.title) (3 GiB of 12 GiB left, 5 of 20 partitions)"), "\(shown)")
    }
}
