import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct OperationReportTests {
    private func report(_ sample: OperationSample, alive: Bool = false) -> OperationReport {
        OperationReport(sample.record.id, sample.progress, holderIsAlive: alive)
    }

    private func show(_ sample: OperationSample, alive: Bool = false) -> OperationShowReport {
        OperationShowReport(
            record: sample.record, progress: sample.progress, holderIsAlive: alive,
            now: sample.record.createdAt.advanced(by: .seconds(3600)))
    }

    @Test func `a failure of several hosts has short rows and is explained once`() throws {
        let report = report(try #require(OperationSample.failed()))
        try expectSnapshot(report.document.text(Style(columns: 100)), "operation/failed.txt")
        try expectSnapshot(report.plain.joined(separator: "\n"), "operation/failed-plain.txt")
        let hosts = try #require(report.json["hosts"]?.array)
        #expect(hosts.map { $0["result"] } == ["failed", "failed"])
        #expect(hosts.allSatisfy { $0["evidence"] == ["no space left on device"] })
        #expect(hosts.last?["detail"]?.string?.hasPrefix("host 10.0.0.12: bringing") == true)
        #expect(report.exit == .failed)
    }

    @Test func `failures that differ are explained each`() throws {
        var sample = try #require(OperationSample.failed())
        sample.add(
            5...6, 2,
            .failed(StepFailure(code: "x", what: "starting", object: "broker 1", reason: "it died", remedy: "look")))
        #expect(OperationFailures.merged(sample.progress).map(\.code) == ["disk-full", "x"])
        #expect(report(sample).rows.first?.detail == "bring image kafka:4 to 10.0.0.11 (and 1 more step)")
    }

    @Test func `an operation is shown with who began it, when, why, and each step with its time`() throws {
        let sample = try #require(OperationSample.resumed())
        try expectSnapshot(show(sample).document.text(Style()), "operation/show.txt")
        try expectSnapshot(show(sample).plain.joined(separator: "\n"), "operation/show-plain.txt")
        try expectSnapshot(show(sample).json.text(.indented), "operation/show.json")
        let failed = try #require(OperationSample.failed())
        try expectSnapshot(show(failed).document.text(Style(columns: 110)), "operation/show-failed.txt")
    }

    @Test func `the time of an operation that was resumed is its workers', and goes on while one is at it`() throws {
        let sample = try #require(OperationSample.resumed())
        #expect(report(sample).took == .seconds(32))
        var running = try #require(OperationSample())
        running.add(3590, .started(OperationSample.holder))
        #expect(show(running, alive: true).json["took_ms"] == 10_000)
        #expect(show(running, alive: false).json["took_ms"] == 0)
    }

    @Test func `a part of the steps done is said as that, for a host and for the cluster`() throws {
        var sample = try #require(OperationSample())
        sample.add(0, .started(OperationSample.holder))
        sample.add(1...2, 0, .done(note: nil))
        sample.add(1...2, 4, .done(note: nil))
        sample.add(2, .intent(sample.record.plan.steps[5].id))
        sample.add(3, .ended(.stopped(reason: "asked for")))
        try expectSnapshot(report(sample).document.text(Style()), "operation/stopped.txt")
    }

    @Test func `the next command stands on a line of its own, however narrow the terminal`() throws {
        let text = report(try #require(OperationSample.failed())).document.text(Style(columns: 40))
        #expect(text.hasSuffix("\nnext: mend the cause, then gantry operation resume 20260501-030000-3f9a"))
    }

    @Test func `an operation that has just begun in the background says how to watch it and claims nothing`() throws {
        let sample = try #require(OperationSample())
        let report = OperationReport(
            sample.record.id, sample.progress, holderIsAlive: true, detached: .begin)
        #expect(
            report.document.text(Style(columns: 60)) == """
                bootstrap --no-canary: begun as operation
                20260501-030000-3f9a

                gantry operation attach 20260501-030000-3f9a shows it
                """)
        #expect(report.exit == .done)
    }

    @Test func `one that is given up in the background says what was asked, and how to watch that`() throws {
        let sample = try #require(OperationSample())
        let report = OperationReport(sample.record.id, sample.progress, holderIsAlive: true, detached: .abort)
        #expect(
            report.document.text(Style(columns: 100)) == """
                bootstrap --no-canary: operation 20260501-030000-3f9a was asked to be given up

                gantry operation attach 20260501-030000-3f9a shows it
                """)
        #expect(report.exit == .done)
    }

    @Test func `one that was stopped at once says what was cut off, and which node is left stopped`() throws {
        var sample = try #require(OperationSample())
        let host = try #require(HostName(rawValue: "10.0.0.11"))
        func step(_ kind: String, _ object: String, _ subject: String, _ host: HostName?) -> StepRecord {
            StepRecord(
                id: StepID(kind, object), kind: kind, subject: subject, host: host, title: "\(kind) \(subject)",
                dependencies: [], payload: "{}")
        }
        sample.plan([
            step("stop-safely", "1", "broker 1", host), step("start-again", "1", "broker 1", host),
            step("move-data", "cluster", "data", nil),
        ])
        sample.add(0, .started(OperationSample.holder))
        sample.add(1...2, 0, .done(note: nil))
        sample.add(2, .intent(StepID("move-data", "cluster")))
        sample.add(3, .requested(.stop))
        sample.add(4, .ended(Scheduler.cutOff(sample.progress)))
        let report = report(sample)
        try expectSnapshot(report.document.text(Style()), "operation/stopped-at-once.txt")
        #expect(report.exit == .stopped && report.json["result"] == "stopped")
        #expect(
            report.json["stopped_nodes"]?.array == [
                ["id": 1, "role": "broker", "host": "10.0.0.11", "certain": true, "leaving": false]
            ])
        // A worker that died leaves the same.
        var dead = sample
        dead.forget(2)
        #expect(self.report(dead).status == .interrupted)
        #expect(self.report(dead).document.text(Style()).contains("broker 1 on 10.0.0.11 is stopped"))
        #expect(self.report(dead).document.text(Style()).contains("cut off: move-data data"))
    }

    @Test func `what was given up is not offered to be resumed`() throws {
        var sample = try #require(OperationSample())
        sample.add(0, .started(OperationSample.holder))
        sample.add(1, .requested(.abort))
        sample.add(2, .ended(.aborted(reason: "asked for")))
        #expect(report(sample).next == nil)
        #expect(report(sample).document.text(Style()).contains("given up in 2s"))
    }

    @Test func `the log names steps by their titles, and by their ids too where programs read`() throws {
        let sample = try #require(OperationSample.resumed())
        let log = OperationLogReport(record: sample.record, events: sample.events)
        try expectSnapshot(log.document.text(Style()), "operation/log.txt")
        try expectSnapshot(log.plain.joined(separator: "\n"), "operation/log-plain.txt")
        #expect(log.json["events"]?.array?[1]["title"] == "bring image kafka:4 to 10.0.0.11")
        #expect(log.json["events"]?.array?[1]["step"] == "bring-image/10.0.0.11")
    }
}
