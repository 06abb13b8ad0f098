import FleetModel
import HealthRules

extension ExitStatus {
    /// What a check of this severity ends with.
    init(_ severity: Severity) {
        switch severity {
        case .ok: self = .done
        case .warning: self = .warning
        case .unknown: self = .unknown
        case .critical: self = .failed
        }
    }
}

extension Severity {
    /// How it is shown.
    var tone: Tone {
        switch self {
        case .ok: .good
        case .warning: .notice
        case .unknown: .unknown
        case .critical: .bad
        }
    }
}

extension FindingRow {
    /// How a finding is shown together with what follows from it.
    init(_ group: FindingGroup) {
        self.init(group.finding)
        if let taken = group.taken { evidence += "; it takes \(taken) with it" }
    }

    /// How a finding of the health rules is shown.
    init(_ finding: Finding) {
        self.init(
            Cell(finding.severity.rawValue, finding.severity.tone), rule: finding.rule, subject: finding.subject,
            evidence: finding.evidence, remedy: finding.remedy)
    }
}

extension Finding {
    /// `{"rule", "severity", "subject", "evidence", "remedy", "follows"}`; the last is the subject of its cause, or null.
    var json: JSONValue {
        [
            "rule": .string(rule), "severity": .string(severity.rawValue), "subject": .string(subject),
            "evidence": .string(evidence), "remedy": .string(remedy),
            "follows": follows.map { .string($0) } ?? .null,
        ]
    }
}
