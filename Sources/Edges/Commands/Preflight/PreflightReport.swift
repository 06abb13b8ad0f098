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
        Document([
            .table(
                Table(
                    "clause",
                    [
                        .init("clause", "CLAUSE"), .init("host", "HOST"), .init("result", "RESULT"),
                        .init("evidence", "EVIDENCE", canShrink: true),
                    ],
                    findings.map {
                        [
                            Cell($0.clause, .strong), Cell($0.host.rawValue),
                            Cell($0.verdict.result.rawValue, $0.verdict.result.tone), Cell($0.verdict.evidence),
                        ]
                    })),
            .findings(
                findings.filter { $0.verdict.result == .fail || $0.verdict.result == .warn }.map {
                    FindingRow(
                        Cell($0.verdict.result.rawValue, $0.verdict.result.tone), rule: $0.clause,
                        subject: "host \($0.host)", evidence: $0.verdict.evidence, remedy: $0.verdict.remedy)
                }), .text(Cell(summary)),
        ])
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
