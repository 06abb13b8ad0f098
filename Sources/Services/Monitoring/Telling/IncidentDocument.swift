public import FleetModel
import HealthRules

extension IncidentChange {
    /// What plug-ins get, as one line of JSON on standard input. Keys stay; more may follow.
    public func json(cluster: ClusterName) -> JSONValue {
        let finding = incident.finding
        return [
            "cluster": .string(cluster.rawValue), "event": .string(kind.rawValue), "incident": .string(incident.id),
            "at": .string(at.description), "since": .string(incident.openedAt.description),
            "rule": .string(finding.rule), "severity": .string(finding.severity.rawValue),
            "subject": .string(finding.subject), "host": finding.host.map { .string($0.rawValue) } ?? .null,
            "evidence": .string(finding.evidence), "remedy": .string(finding.remedy),
            "flapping": .bool(incident.isFlapping), "lines": .array(incident.evidence.map { .string($0) }),
        ]
    }
}
