import FleetModel
import FleetSimulator
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct AuditTests {
    static func holder(_ pid: Int32) -> Holder {
        Holder(techhost: "tech1", pid: pid, bootID: "b", startTicks: 1, user: "root (sudo: anna)")
    }

    static func record(_ pid: Int32, _ arguments: [String], at seconds: Int64) -> AuditRecord {
        AuditRecord(
            caller: holder(pid), arguments: arguments, reason: nil, openedAt: Timestamp(milliseconds: seconds * 1000))
    }

    @Test(arguments: [
        (["bootstrap", "--yes", "-m", "new"], ["bootstrap", "--yes", "-m", "new"]),
        (["x", "--password", "s3cret", "y"], ["x", "--password", "***", "y"]),
        (["x", "--smtp-password=s3cret"], ["x", "--smtp-password=***"]),
        (["x", "--API-Token", "--yes", "y"], ["x", "--API-Token", "--yes", "y"]),
        (["x", "--password-file", "/etc/p"], ["x", "--password-file", "/etc/p"]),
        (["smtp://anna:s3@cret@mail:587/x"], ["smtp://anna:***@mail:587/x"]),
        (["smtp://mail:587/a@b", "://", "a:b@c", ""], ["smtp://mail:587/a@b", "://", "a:b@c", ""]),
    ])
    func `secrets are not written down`(typed: [String], kept: [String]) {
        #expect(Redaction.arguments(typed) == kept)
    }

    @Test func `a record is opened before and closed after with status and operation`() throws {
        let store = MemoryStore()
        let trail = AuditTrail()
        let operation = try #require(OperationID(rawValue: "20260501-030000-3f9a"))
        try trail.open(Self.record(1, ["bootstrap"], at: 1), in: store)
        #expect(try store.audit(since: Timestamp(milliseconds: 0), limit: 9).map(\.closedAt) == [nil])
        trail.concerns(operation)
        try trail.close(.stopped, at: Timestamp(milliseconds: 5000))
        // A second close, at whatever way out, changes nothing.
        try trail.close(.done, at: Timestamp(milliseconds: 6000))
        let record = try #require(try store.audit(since: Timestamp(milliseconds: 0), limit: 9).first)
        #expect(record.exitCode == 5)
        #expect(record.operation == operation)
        #expect(record.closedAt == Timestamp(milliseconds: 5000))
    }

    @Test func `behind an operation a full disk is named with the way on, and not as if nothing had been changed`()
        throws
    {
        let store = MemoryStore()
        let trail = AuditTrail()
        try trail.open(Self.record(1, ["removebroker", "6"], at: 1), in: store)
        trail.concerns(try #require(OperationID(rawValue: "20260501-030000-3f9a")))
        store.fill(afterWrites: 0)
        var said: CommandError?
        do throws(StoreError) {
            try trail.close(.stopped, at: Timestamp(milliseconds: 5000))
        } catch { said = trail.words(for: error) }
        #expect(said?.code == "journal-full")
        #expect(
            said?.next == "make room on the techhost's disk, then gantry operation resume 20260501-030000-3f9a",
            "\(String(describing: said))")
        #expect(AuditTrail().words(for: .full(file: "f", reason: "r")).next == "make room on the techhost's disk")
    }

    @Test func `a trail that was never opened leads nowhere`() throws {
        try AuditTrail().close(.done, at: Timestamp(milliseconds: 0))
    }

    @Test func `an open record whose process is gone shows as killed`() throws {
        var ended = Self.record(1, ["bootstrap", "-m", "it's new"], at: 1)
        ended.closedAt = Timestamp(milliseconds: 61_000)
        ended.exitCode = 0
        ended.reason = "it's new"
        ended.operation = OperationID(rawValue: "20260501-030000-3f9a")
        let report = AuditReport(
            [Self.record(3, ["audit"], at: 3), Self.record(2, ["clusterstatus"], at: 2), ended],
            isAlive: { $0.pid == 3 })
        try expectSnapshot(report.document.text(Style()), "rendering/audit.txt")
        try expectSnapshot(report.plain.joined(separator: "\n"), "rendering/audit-plain.txt")
        try expectSnapshot(report.json.text(.indented), "rendering/audit.json")
    }

    /// Runs lines in a fleet directory and returns the records they left, oldest first.
    private func records(
        _ lines: [[String]], store: MemoryStore = MemoryStore()
    ) async throws -> (records: [AuditRecord], statuses: [ExitStatus]) {
        try await Fixture.withDirectory { directory in
            try Fixture.write("", to: "\(directory)/defaults.cfg")
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.audit = AuditSource(
                journal: { _ in store }, caller: { Self.holder(7) },
                now: { Timestamp(milliseconds: 1000) })
            var statuses: [ExitStatus] = []
            for line in lines { statuses.append(await harness.run(line).status) }
            store.die(afterWrites: nil)
            return (try store.audit(since: Timestamp(milliseconds: 0), limit: 99).reversed(), statuses)
        }
    }

    @Test func `every invocation that has to do with a fleet leaves a closed record`() async throws {
        let lines = [
            ["addhost", "h", "-m", "why", "--dry-run"], ["clusterstatus"], ["operation", "resume"],
            ["hidden", "plainly"],
        ]
        let (records, _) = try await records(lines)
        #expect(records.map(\.arguments) == lines)
        #expect(records.map(\.exitCode) == [0, 1, 64, 2])
        #expect(records.map(\.reason) == ["why", nil, nil, nil])
        #expect(records.allSatisfy { $0.closedAt != nil })
    }

    @Test func `what has nothing to do with a fleet and what is no valid line leaves none`() async throws {
        let (records, _) = try await records([["version"], ["help"], ["xyzzy"], ["addhost"], ["addhost", "--help"]])
        #expect(records == [])
    }

    @Test func `without a record there is no change but there is a look`() async throws {
        let store = MemoryStore()
        store.die(afterWrites: 0)
        let (records, statuses) = try await records([["addhost", "h"], ["clusterstatus"]], store: store)
        #expect(statuses == [.failed, .warning])
        #expect(records == [])
    }

    @Test func `a record that can not be closed is a warning behind work that is done`() async throws {
        let store = MemoryStore()
        store.die(afterWrites: 1)
        let (records, statuses) = try await records([["addhost", "h"]], store: store)
        #expect(statuses == [.warning])
        #expect(records.map(\.closedAt) == [nil])
    }
}
