public import FleetModel
import HealthRules
import Observation

/// Lines of the daemon's log: `key=value` pairs in a fixed order, one line each. The form is documented in docs/dockmon.md
/// and does not change; keys may be added at the end.
enum LogLine {
    static func change(_ change: IncidentChange) -> String {
        let finding = change.incident.finding
        return line(
            change.at, level: change.kind == .closed ? "info" : finding.severity.rawValue,
            "incident-\(change.kind.rawValue)",
            [
                ("incident", change.incident.id), ("rule", finding.rule), ("subject", finding.subject),
                ("host", finding.host?.rawValue), ("severity", finding.severity.rawValue),
                ("since", change.incident.openedAt.description),
                ("flapping", change.incident.isFlapping ? "true" : nil), ("evidence", finding.evidence),
                ("remedy", finding.remedy),
            ])
    }

    static func evidence(_ words: String, of incident: Incident, at: Timestamp) -> String {
        line(at, level: "info", "incident-evidence", [("incident", incident.id), ("line", words)])
    }

    static func event(_ event: ContainerEvent, on host: HostName, at: Timestamp) -> String {
        line(
            at, level: "debug", "container-\(event.action)",
            [
                ("host", host.rawValue), ("container", event.container), ("node", event.node?.description),
                ("exit_code", event.exitCode.map { "\($0)" }), ("signal", event.signal),
                ("docker_time", event.at.timestamp.description),
            ])
    }

    static func garbled(_ words: String, on host: HostName, at: Timestamp) -> String {
        line(at, level: "debug", "event-garbled", [("host", host.rawValue), ("reason", words)])
    }

    static func sight(_ sight: HostSight, at: Timestamp) -> String {
        guard !sight.isWatched else { return line(at, level: "info", "host-watched", [("host", sight.host.rawValue)]) }
        return line(
            at, level: "warning", "host-blind",
            [
                ("host", sight.host.rawValue), ("since", sight.blindSince?.description),
                ("reason", sight.reason ?? ""),
            ])
    }

    static func trouble(_ reason: String, at: Timestamp) -> String {
        line(at, level: "warning", "look-failed", [("reason", reason)])
    }

    static func line(
        _ at: Timestamp, level: String, _ event: String, _ members: [(key: String, value: String?)]
    ) -> String {
        var words = "time=\(at) level=\(level) event=\(event)"
        for (key, value) in members { if let value { words += " \(key)=\(quoted(value))" } }
        return words
    }

    /// So long a value may be: a line of a log stays one that can be read.
    private static let longestValue = 2000

    /// A plain word stays as it is; anything else stands in double quotes, with `\"`, `\\`, `\n` and `\t`, and other control
    /// characters as `?`.
    static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" && $0 != "=" && $0 != "\\"
            }
        if isPlain, value.utf8.count <= longestValue { return value }
        var words = "\""
        for scalar in value.unicodeScalars.prefix(longestValue) {
            switch scalar {
            case "\"": words += "\\\""
            case "\\": words += "\\\\"
            case "\n": words += "\\n"
            case "\t": words += "\\t"
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value): words += "?"
            default: words.unicodeScalars.append(scalar)
            }
        }
        return words + "\""
    }
}

extension MonitorLog {
    /// A line about the daemon itself, by somebody outside of it.
    public func say(
        _ event: String, level: String = "info", at: Timestamp, _ members: [(key: String, value: String?)] = []
    ) {
        write(LogLine.line(at, level: level, event, members))
    }
}
