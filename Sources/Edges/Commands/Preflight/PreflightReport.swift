import FleetModel
import HealthRules

/// What `preflight` found.
struct PreflightReport: Report {
    let findings: [ClauseFinding]

    /// Fail counts most, then unknown, then warn; what is waived never.
    var exit: ExitStatus {
        ExitStatus.worst(
            of: findings.map {
                switch $0.verdict.result {
                case .pass, .waived: .done
                case .warn: .warning
                case .unknown: .unknown
                case .fail: .failed
                }
            })
    }

    var json: JSONValue {
        [
            "clauses": .array(
                findings.map {
                    [
                        "clause": .string($0.clause), "host": .string($0.host.rawValue), "title": .string($0.title),
                        "result": .string($0.verdict.result.rawValue), "evidence": .string($0.verdict.evidence),
                        "remedy": .string($0.verdict.remedy),
                    ]
                })
        ]
    }

    var document: Document {
        let rows = Dictionary(grouping: findings, by: \.host)
        let order = findings.map(\.host).reduce(into: [HostName]()) { if $0.last != $1 { $0.append($1) } }
        return Document([
            .table(Self.table(order.flatMap { Self.rows(rows[$0] ?? []) })),
            .findings(
                findings.filter { $0.verdict.result == .fail || $0.verdict.result == .warn }.map {
                    FindingRow(
                        Cell($0.verdict.result.rawValue, $0.verdict.result.tone), rule: $0.clause,
                        subject: "host \($0.host)", evidence: $0.verdict.evidence, remedy: $0.verdict.remedy)
                }), .text(Cell(summary)),
        ])
    }

    /// Every clause of every host, whatever the reason that so many are unknown.
    var plain: [String] {
        var document = document
        document.blocks[0] = .table(Self.table(findings.map { Self.row($0, $0.clause, $0.verdict.evidence) }))
        return document.plainLines
    }

    private static func table(_ rows: [[Cell]]) -> Table {
        Table(
            "clause",
            [
                .init("clause", "CLAUSE"), .init("host", "HOST"), .init("result", "RESULT"),
                .init("evidence", "EVIDENCE", canShrink: true),
            ], rows)
    }

    private static func row(_ finding: ClauseFinding, _ clause: String, _ evidence: String) -> [Cell] {
        [
            Cell(clause, .strong), Cell(finding.host.rawValue),
            Cell(finding.verdict.result.rawValue, finding.verdict.result.tone), Cell(evidence),
        ]
    }

    /// The rows of one host: what is unknown for the same reason stands together, in the row of the clause before it
    /// where that failed, since it is the cause.
    private static func rows(_ findings: [ClauseFinding]) -> [[Cell]] {
        var rows: [[Cell]] = []
        var index = 0
        while index < findings.count {
            let first = findings[index]
            let alike = findings[index...].prefix {
                $0.verdict.result == .unknown && first.verdict.result == .unknown
                    && $0.verdict.evidence == first.verdict.evidence
            }
            guard let last = alike.last, alike.count > 1 else {
                rows.append(row(first, first.clause, first.verdict.evidence))
                index += 1
                continue
            }
            let names = "\(first.clause) to \(last.clause)"
            if index > 0, findings[index - 1].verdict.result == .fail {
                let cause = findings[index - 1]
                rows[rows.count - 1] = row(
                    cause, cause.clause,
                    "\(cause.verdict.evidence); \(names) unknown: \(first.verdict.evidence)")
            } else {
                rows.append(row(first, names, first.verdict.evidence))
            }
            index += alike.count
        }
        return rows
    }

    private var summary: String {
        func count(_ result: ClauseResult) -> Int { findings.filter { $0.verdict.result == result }.count }
        return "\(findings.count) checks: \(count(.pass)) passed, \(count(.fail)) failed, \(count(.warn)) warned, "
            + "\(count(.unknown)) unknown, \(count(.waived)) waived"
    }
}

extension ClauseResult {
    fileprivate var tone: Tone {
        switch self {
        case .pass: .good
        case .fail: .bad
        case .warn: .notice
        case .unknown: .unknown
        case .waived: .faint
        }
    }
}
