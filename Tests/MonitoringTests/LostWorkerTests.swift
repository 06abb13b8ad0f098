import FleetModel
import HealthRules
import OperationModel
import Testing

@testable import Monitoring

/// What is said of an operation whose worker was lost.
struct LostWorkerTests {
    static func lost(
        _ cause: Resumption.Cause, next: String = "gantry operation resume 20260501-030000-3f9a"
    ) throws -> LostWorker {
        LostWorker(
            operation: try #require(OperationID(rawValue: "20260501-030000-3f9a")), command: "removebroker 3",
            loss: .init(cause: cause, worker: 4711, lastHeard: Timestamp(milliseconds: 1_777_604_400_000)), next: next)
    }

    @Test func `the mail about a worker that died names when that was and when another one went on`() throws {
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let at = Timestamp(milliseconds: 1_777_604_421_500)
        let letter = try Self.lost(.workerDied).letter(cluster, resumed: at, worker: 4811)
        #expect(letter.subject == "[gantry orders] removebroker 3: goes on after its worker died")
        #expect(
            letter.body == """
                operation 20260501-030000-3f9a: removebroker 3

                Its worker (process 4711) died, last heard of at 2026-05-01T03:00:00.000Z.
                It was resumed at 2026-05-01T03:00:21.500Z (process 4811) and goes on by itself (move.resume: auto); watch it with:

                  gantry operation attach 20260501-030000-3f9a

                To have it rest instead: gantry operation pause 20260501-030000-3f9a

                """)
    }

    @Test func `only where the techhost was down that is said`() throws {
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let letter = try Self.lost(.techhostDown).letter(
            cluster, resumed: Timestamp(milliseconds: 1_777_604_421_500), worker: 4811)
        #expect(letter.subject == "[gantry orders] removebroker 3: goes on after the techhost was down")
        #expect(
            letter.body.contains(
                "The techhost went down while its worker was at work, last heard of at 2026-05-01T03:00:00.000Z."))
        #expect(!letter.body.contains("died"))
    }

    @Test(arguments: [
        (Resumption.Reason.again(3), "without another step done", "tail /x.log, dmesg; then gantry operation resume"),
        (.mode(.ask), "move.resume: ask", "gantry operation resume"),
        (.mode(.watch), "only watches", "gantry operation resume"),
        (.asked(.pause), "it had been asked to pause", "gantry operation resume"),
    ])
    func `one that is left says why, and the next command`(
        reason: Resumption.Reason, words: String, remedy: String
    ) throws {
        let finding = try Self.lost(.workerDied).finding(reason, log: "/x.log")
        #expect(finding.rule == "operation-interrupted" && finding.severity == .warning)
        #expect(finding.subject == "operation 20260501-030000-3f9a")
        #expect(finding.evidence.hasPrefix("removebroker 3: its worker (process 4711) died, last heard of at "))
        #expect(finding.evidence.contains(words), "\(finding.evidence)")
        #expect(finding.remedy.contains(remedy), "\(finding.remedy)")
        #expect(
            finding.remedy.hasSuffix(", gantry operation abort 20260501-030000-3f9a gives it up"), "\(finding.remedy)")
    }

    @Test func `one that died while it was given up is given up again, and not resumed`() throws {
        let lost = try Self.lost(.workerDied, next: "gantry operation abort 20260501-030000-3f9a")
        let finding = lost.finding(.asked(.abort), log: "/x.log")
        #expect(finding.remedy == "gantry operation abort 20260501-030000-3f9a goes on with it")
    }
}
