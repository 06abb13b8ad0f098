import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

/// A plan that is kept: read back whole, refused when it was edited.
@Suite struct OperationPlanFileTests {
    private func file() throws -> OperationPlanFile {
        let plan = try #require(OperationSample()).record.plan
        return OperationPlanFile(
            plan: plan, words: ["bootstrap", "--no-canary"], state: PlannedState(none: plan.clusterID),
            madeAt: Timestamp(milliseconds: 5), notes: [])
    }

    @Test func `a file is read back as it was written`() throws {
        let file = try file()
        let read = try OperationPlanFile.read(file.document(took: nil).bytes(.compact), path: "p.json")
        #expect(read.plan == file.plan)
        #expect(read.words == file.words)
        #expect(read.state == file.state)
    }

    @Test func `an edited file, one of another kind and no file at all are refused, each with its reason`() throws {
        let text = String(decoding: try file().document(took: nil).bytes(.compact), as: UTF8.self)
        let cases = [
            (
                text.split(separator: "no-canary", omittingEmptySubsequences: false).joined(separator: "canary"),
                "plan-edited"
            ),
            ("{\"digest\": \"x\", \"partitions\": []}", "plan-without-operation"), ("[]", "plan-unreadable"),
            ("", "plan-unreadable"), (String(text.prefix(200)), "plan-unreadable"),
        ]
        for (text, code) in cases {
            do throws(CommandError) {
                _ = try OperationPlanFile.read(Array(text.utf8), path: "p.json")
                Issue.record("\(code) was taken")
            } catch {
                #expect(error.code == code)
                #expect(error.exit == .refused)
            }
        }
    }

    @Test func `options of the planned command are handed on, and others are refused`() throws {
        guard
            case .run(let parsed) = try CommandLineParser.parse(
                ["plan", "addbroker", "10.0.0.11", "2", "--rebalance", "--throttle", "5MiB/s", "-o", "p.json"],
                by: CommandTable.gantry.definitions)
        else {
            Issue.record("not run")
            return
        }
        _ = try PlanCommand(parsed)
        for line in [
            ["plan", "addbroker", "10.0.0.11", "2", "--delete-data"], ["plan", "init"], ["plan", "bootstrap", "x"],
        ] {
            #expect(throws: CommandError.self) {
                if case .run(let parsed) = try CommandLineParser.parse(line, by: CommandTable.gantry.definitions) {
                    _ = try PlanCommand(parsed)
                }
            }
        }
    }
}
