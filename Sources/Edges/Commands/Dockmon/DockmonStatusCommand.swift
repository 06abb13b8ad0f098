import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules

/// `gantry dockmon status`.
struct DockmonStatusCommand: Command {
    static let definition = CommandDefinition(
        "status", "tell what the daemon sees, and how old that is",
        details: [
            "Exit status: 0 every host is watched, 1 blind somewhere, silent, or with a mistake in the fleet directory, 2 the daemon does not run, 3 that can't be seen. It is "
                + "about the daemon: incidents that are open are listed and change nothing of it; for those there is the status of "
                + "gantry clusterstatus."
        ])

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let record = fleet.place.dockmon()
        if record == nil { try fleet.place.checkDockmonIsSeen() }
        let report = DockmonReport(record, fleet.place.troubles(mistake: fleet.problem?.brief))
        context.show(report)
        return report.exit
    }
}

/// What `dockmon status` tells.
struct DockmonReport: Report {
    /// Nil: it does not run.
    let record: DockmonRecord?
    /// What is wrong on the techhost, so that it does less than it should.
    let findings: [Finding]

    init(_ record: DockmonRecord?, _ troubles: TechhostTroubles) {
        self.record = record
        findings = troubles.findings
    }

    var exit: ExitStatus {
        guard let record else { return .failed }
        return record.isWatching && record.silence == nil && record.blind.isEmpty && findings.isEmpty
            ? .done : .warning
    }

    var json: JSONValue {
        let found = JSONValue.array(findings.map(\.json))
        guard let record else { return ["state": "stopped", "hosts": [], "incidents": [], "findings": found] }
        return [
            "state": .string(record.isWatching ? "watching" : "starting"), "pid": .integer(Int64(record.pid)),
            "started_at": .string(record.startedAt.description),
            "looked_at": record.lookedAt.map { .string($0.description) } ?? .null,
            "looked_age_ms": record.lookedAt.map { .number(record.age(of: $0).milliseconds) } ?? .null,
            "look_problem": .string(orNull: record.hangs ?? record.lookProblem), "log": .string(record.log),
            "log_problem": .string(orNull: record.logProblem), "metrics": .string(orNull: record.metrics),
            "metrics_problem": .string(orNull: record.metricsProblem),
            "hosts": .array(
                record.hosts.map { host in
                    [
                        "host": .string(host.host.rawValue), "state": .string(host.isWatched ? "watched" : "blind"),
                        "observed_at": host.observedAt.map { .string($0.description) } ?? .null,
                        "age_ms": host.observedAt.map { .number(record.age(of: $0).milliseconds) } ?? .null,
                        "blind_since": host.isWatched
                            ? .null : host.blindSince.map { .string($0.description) } ?? .null,
                        "reason": .string(orNull: host.reason), "events": .integer(Int64(host.events)),
                    ]
                }), "incidents": .array(record.incidents.map(\.json)),
            "findings": found,
        ]
    }

    /// What the daemon has as an incident already is said once.
    private var rows: [FindingRow] {
        let open = record?.incidents.map(\.finding) ?? []
        return (open + findings.filter { own in !open.contains { ($0.rule, $0.subject) == (own.rule, own.subject) } })
            .map { FindingRow($0) }
    }

    var document: Document {
        guard let record else {
            let words = Cell("dockmon does not run: gantry dockmon start", .bad, exact: "stopped")
            return Document([.text(words)] + (rows.isEmpty ? [] : [.findings(rows)]))
        }
        var blocks: [Document.Block] = [
            .text(
                Cell(
                    "dockmon \(record.isWatching ? "watches" : "is starting") (pid \(record.pid)); "
                        + "\(counted(record.incidents.count, "open incident"))",
                    record.silence != nil ? .bad : record.isWatching ? .good : .notice)),
            .table(
                Table(
                    "host",
                    [
                        .init("host", "HOST"), .init("state", "STATE"), .init("age", "SEEN", isNumber: true),
                        .init("events", "EVENTS", isNumber: true), .init("reason", "REASON", canShrink: true),
                    ],
                    record.hosts.map { host in
                        [
                            Cell(host.host.rawValue, .strong),
                            Cell(host.isWatched ? "watched" : "blind", host.isWatched ? .good : .bad),
                            host.observedAt.map { age(of: $0, record) } ?? .none, Cell(host.events),
                            host.reason.map { Cell($0) } ?? .none,
                        ]
                    })),
        ]
        let problems = [
            record.hangs,
            record.lookProblem.map { "the last look at the whole came to nothing: \($0)" },
            record.metricsProblem,
        ]
        for problem in problems.compactMap({ $0 }) {
            blocks.append(.text(Cell(problem, .bad)))
        }
        if !rows.isEmpty { blocks.append(.findings(rows)) }
        return Document(blocks)
    }

    private func age(of time: Timestamp, _ record: DockmonRecord) -> Cell {
        let age = record.age(of: time)
        return Cell("\(TimeText.span(age)) ago", exact: "\(Int64(age.milliseconds))")
    }
}

extension DockmonRecord {
    /// What to know of a daemon that runs and does nothing; nil where it works.
    var hangs: String? {
        silence.map {
            "nothing was written for \(TimeText.span($0)), though it runs: make room in the fleet's directory if there is "
                + "none, else gantry dockmon stop, then gantry dockmon start"
        }
    }
}

extension DockmonRecord.OpenIncident {
    /// As `dockmon status` and `clusterstatus` show it.
    var json: JSONValue {
        [
            "id": .string(id), "rule": .string(finding.rule), "severity": .string(finding.severity.rawValue),
            "subject": .string(finding.subject), "since": .string(openedAt.description),
            "flapping": .bool(isFlapping), "evidence": .string(finding.evidence), "remedy": .string(finding.remedy),
        ]
    }
}

extension JSONValue {
    /// Text, or `null` where there is none.
    static func string(orNull text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
