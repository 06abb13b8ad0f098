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
        var blocks: [Document.Block] = [.table(Self.table(Self.grouped(findings)))]
        blocks.append(.findings(Self.troubles(findings)))
        blocks.append(.text(Cell(summary)))
        return Document(blocks)
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

    /// One line of the table: a clause, or several that are unknown for one reason, as some hosts meet it.
    private struct Line {
        var clauses: String
        var order: Int
        var result: ClauseResult
        var evidence: String
        var hosts: [HostName]
        var isOneEvidence = true
    }

    /// All hosts side by side: hosts of which the same is to be said share a row. Of those that pass, one speaks for all.
    private static func grouped(_ findings: [ClauseFinding]) -> [[Cell]] {
        var lines: [Line] = []
        var places: [String: Int] = [:]
        let order = Dictionary(
            findings.map(\.clause).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.enumerated()
                .map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for own in byHost(findings) {
            for line in Self.lines(of: own, order) {
                let key =
                    line.result == .pass ? "\(line.clauses) pass" : "\(line.clauses) \(line.result) \(line.evidence)"
                guard let place = places[key] else {
                    places[key] = lines.count
                    lines.append(line)
                    continue
                }
                lines[place].hosts += line.hosts
                if lines[place].evidence != line.evidence { lines[place].isOneEvidence = false }
            }
        }
        return lines.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(
            \.element
        )
        .map { line in
            [
                Cell(line.clauses, .strong), Cell(named(line.hosts)),
                Cell(line.result.rawValue, line.result.tone),
                Cell(line.evidence + (line.isOneEvidence ? "" : " (and others)")),
            ]
        }
    }

    private static func byHost(_ findings: [ClauseFinding]) -> [[ClauseFinding]] {
        let rows = Dictionary(grouping: findings, by: \.host)
        var seen: Set<HostName> = []
        return findings.map(\.host).filter { seen.insert($0).inserted }.map { rows[$0] ?? [] }
    }

    /// `10.0.0.11`, `10.0.0.11, 10.0.0.12`, `10.0.0.11 and 4 more`.
    private static func named(_ hosts: [HostName]) -> String {
        hosts.count < 3
            ? hosts.map(\.rawValue).joined(separator: ", ") : "\(hosts[0]) and \(hosts.count - 1) more"
    }

    /// The lines of one host: what is unknown for the same reason stands together, in the line of the clause before it
    /// where that failed, since it is the cause.
    private static func lines(of findings: [ClauseFinding], _ order: [String: Int]) -> [Line] {
        var lines: [Line] = []
        var index = 0
        while index < findings.count {
            let first = findings[index]
            let alike = findings[index...].prefix {
                $0.verdict.result == .unknown && first.verdict.result == .unknown
                    && $0.verdict.evidence == first.verdict.evidence
            }
            let (result, evidence) = (first.verdict.result, first.verdict.evidence)
            let place = order[first.clause] ?? 0
            guard let last = alike.last, alike.count > 1 else {
                lines.append(
                    Line(clauses: first.clause, order: place, result: result, evidence: evidence, hosts: [first.host]))
                index += 1
                continue
            }
            let names = "\(first.clause) to \(last.clause)"
            if index > 0, findings[index - 1].verdict.result == .fail {
                lines[lines.count - 1].evidence += "; \(names) unknown: \(evidence)"
            } else {
                lines.append(
                    Line(clauses: names, order: place, result: result, evidence: evidence, hosts: [first.host]))
            }
            index += alike.count
        }
        return lines
    }

    /// What fails and warns, the hosts that share a clause together.
    private static func troubles(_ findings: [ClauseFinding]) -> [FindingRow] {
        var order: [String] = []
        var groups: [String: [ClauseFinding]] = [:]
        for finding in findings where finding.verdict.result == .fail || finding.verdict.result == .warn {
            let key = "\(finding.clause) \(finding.verdict.result) \(finding.verdict.code)"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(finding)
        }
        let all = order.compactMap { groups[$0] }
        let failed = all.filter { $0[0].verdict.result == .fail }
        let warned = all.filter { $0[0].verdict.result == .warn }
        return (failed + warned).map { group in
            let first = group[0]
            return FindingRow(
                Cell(first.verdict.result.rawValue, first.verdict.result.tone), rule: first.clause,
                subject: "\(first.host.rawValue == "techhost" ? "" : "host ")\(named(group.map(\.host)))",
                evidence: "\(first.title) \(first.verdict.evidence)", remedy: first.verdict.remedy)
        }
    }

    private var summary: String {
        func count(_ result: ClauseResult) -> Int { findings.filter { $0.verdict.result == result }.count }
        return
            "\(counted(findings.count, "check")): \(count(.pass)) passed, \(count(.fail)) failed, \(count(.warn)) warned, "
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
