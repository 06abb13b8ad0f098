import FleetConfiguration
import FleetModel
import HealthRules
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct ErrorTests {
    @Test func `an error says what on which object why and what next`() async throws {
        let result = await Harness().run("hidden", "plainly")
        #expect(result.status == .failed)
        #expect(result.output == "")
        try expectSnapshot(result.error, "rendering/error.txt")
    }

    @Test func `the same error is one JSON document`() async throws {
        let result = await Harness().run("hidden", "plainly", "--format=json")
        #expect(result.error == "")
        #expect(
            try JSONValue(parsing: result.output) == [
                "error": [
                    "code": "port-in-use", "message": "broker 3 does not start", "object": "broker 3 on 10.0.0.11",
                    "cause": "port 9092 is in use", "next": "gantry bootstrap", "evidence": ["line 1", "line 2"],
                ]
            ])
    }

    @Test func `there is one document on standard output even when a command fails behind it`() async throws {
        let result = await Harness().run("hidden", "late", "--format=json")
        #expect(try JSONValue(parsing: result.output) == ["result": "failed"])
        #expect(result.error == "gantry: it failed at the end\n")
    }

    @Test func `an interrupted command and an error without words still say what to do`() async {
        let cancelled = await Harness().run("hidden", "cancelled")
        #expect(cancelled.status == .stopped)
        #expect(cancelled.error.contains("gantry operation list"))
        let foreign = await Harness().run("hidden", "foreign")
        #expect(foreign.status == .failed)
        #expect(foreign.error.contains("next"))
    }

    @Test func `every mistake of a configuration has its place and its remedy`() throws {
        let mark = SourceMark(line: 3, column: 7)
        let error = ConfigurationError(
            code: .invalid, message: "defaults.cfg has 3 mistakes", remedy: "correct them",
            diagnostics: [
                Diagnostic(
                    file: "defaults.cfg", mark: mark, path: "move.throtle", message: "is no setting",
                    suggestion: "throttle")
            ], omitted: 2)
        let command = CommandError(describing: error)
        #expect(command.exit == .configuration)
        try expectSnapshot(command.text(Style()), "rendering/configuration-error.txt")
    }

    @Test func `a lease that somebody else has refuses and names the holder`() throws {
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let operation = try #require(OperationID(rawValue: "20260501-030000-3f9a"))
        let lease = Lease(
            cluster: cluster, operation: operation,
            holder: Holder(techhost: "tech1", pid: 812, bootID: "b", startTicks: 1, user: "anna"), token: 1,
            since: Timestamp(milliseconds: 0), heartbeat: Timestamp(milliseconds: 0))
        let error = CommandError(describing: StoreError.leased(lease))
        #expect(error.exit == .refused)
        #expect(
            error.text(Style()) == """
                gantry: another operation works on the cluster
                    on    cluster orders
                    why   operation 20260501-030000-3f9a by anna on tech1, process 812, since 1970-01-01T00:00:00Z
                    next  gantry operation attach 20260501-030000-3f9a
                """)
    }

    @Test func `the worst of several results counts`() {
        #expect(ExitStatus.worst(of: []) == .done)
        #expect(ExitStatus.worst(of: [.done, .warning, .done]) == .warning)
        #expect(ExitStatus.worst(of: [.unknown, .warning]) == .unknown)
        #expect(ExitStatus.worst(of: [.unknown, .failed, .warning]) == .failed)
        #expect(ExitStatus.worst(of: [.failed, .refused]) == .refused)
        // Severities fold the same way.
        for a in Severity.allCases {
            for b in Severity.allCases {
                #expect(ExitStatus.worst(of: [ExitStatus(a), ExitStatus(b)]) == ExitStatus(max(a, b)))
            }
        }
    }

    @Test func `the numbers are those that monitors and scripts know`() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 64, 78])
    }
}
