public import FleetModel
import HealthRules

/// When incidents are mailed, and what the mail says: the first at once, and of many that come behind each other one mail a
/// minute. A value that only decides.
public struct MailDigest: Sendable {
    /// What happens at once belongs into one mail: a host takes several brokers along.
    static let gathering: Duration = .milliseconds(500)
    /// A mailbox with one mail a minute can still be read.
    static let pause: Duration = .seconds(60)
    /// What one mail names; of more it says how many. The log has them all.
    static let most = 200
    /// Lines of a dead container that a mail has.
    private static let lines = 50

    private var held: [IncidentChange] = []
    private var dropped = 0
    /// When the next mail goes; nil: nothing is held.
    public private(set) var due: Duration?
    private var sentAt: Duration?

    /// No mail was sent yet.
    public init() {}

    /// Holds `change` for the next mail.
    public mutating func take(_ change: IncidentChange, uptime: Duration) {
        if held.count < Self.most { held.append(change) } else { dropped += 1 }
        due = due ?? max(uptime + Self.gathering, sentAt.map { $0 + Self.pause } ?? .zero)
    }

    /// The mail that is due.
    /// - Parameters:
    ///   - cluster: whose.
    ///   - open: what is open now, for the end of the mail.
    ///   - uptime: a clock that never goes back.
    /// - Returns: nil before it is due.
    public mutating func letter(
        cluster: ClusterName, open: [Incident], uptime: Duration
    ) -> (subject: String, body: String)? {
        guard let due, uptime >= due, !held.isEmpty else { return nil }
        defer { (held, dropped, self.due, sentAt) = ([], 0, nil, uptime) }
        return (Self.subject(held, dropped, cluster), Self.body(held, dropped, open))
    }

    private static func subject(_ changes: [IncidentChange], _ dropped: Int, _ cluster: ClusterName) -> String {
        if let change = changes.first, changes.count == 1 {
            let finding = change.incident.finding
            let words =
                switch change.kind {
                case .opened, .changed: "\(finding.severity.rawValue.uppercased()) \(finding.subject): \(finding.rule)"
                case .closed: "over: \(finding.subject): \(finding.rule)"
                }
            return "[gantry \(cluster)] \(words)"
        }
        let counts = [IncidentChange.Kind.opened, .changed, .closed].compactMap { kind in
            let count = changes.filter { $0.kind == kind }.count
            return count == 0 ? nil : "\(count) \(kind.rawValue)"
        }
        return "[gantry \(cluster)] \(counted(changes.count + dropped, "incident")): \(counts.joined(separator: ", "))"
    }

    private static func body(_ changes: [IncidentChange], _ dropped: Int, _ open: [Incident]) -> String {
        var lines: [String] = []
        for change in changes {
            let (incident, finding) = (change.incident, change.incident.finding)
            let flaps = incident.isFlapping ? ", flapping" : ""
            lines.append(
                "\(change.kind.rawValue): \(finding.subject) (\(finding.rule), \(finding.severity.rawValue)\(flaps))")
            lines.append("  at        \(change.at)")
            if change.kind != .opened { lines.append("  since     \(incident.openedAt)") }
            lines.append("  \(change.kind == .closed ? "was       " : "seen      ")\(finding.evidence)")
            if change.kind != .closed { lines.append("  next      \(finding.remedy)") }
            lines.append("  incident  \(incident.id)")
            if change.kind == .opened, !incident.evidence.isEmpty {
                lines.append("  its last lines:")
                lines += incident.evidence.suffix(Self.lines).map { "    \($0)" }
            }
            lines.append("")
        }
        if dropped > 0 { lines += ["and \(dropped) more, which the log has", ""] }
        lines.append(open.isEmpty ? "Nothing is open now." : "Open now:")
        lines += open.prefix(most).map { "  \($0.finding.subject): \($0.finding.evidence) (since \($0.openedAt))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The mail that says once a day that the daemon is there.
    public static func allIsWell(_ state: MonitorState, cluster: ClusterName) -> (subject: String, body: String) {
        let blind = state.hosts.filter { !$0.isWatched }
        let isWell = state.incidents.isEmpty && blind.isEmpty
        var lines = [
            "dockmon watches \(counted(state.hosts.count, "host")) since \(state.startedAt); the whole was looked at last at "
                + "\(state.lookedAt.map { "\($0)" } ?? "no time").",
            "\(counted(state.openedTotal, "incident")) opened since then, \(state.incidents.count) open now.", "",
        ]
        lines += blind.map {
            "blind on \($0.host) since \($0.blindSince.map { "\($0)" } ?? "the start"): \($0.reason ?? "")"
        }
        lines += state.incidents.map { "\($0.finding.subject): \($0.finding.evidence) (since \($0.openedAt))" }
        return (
            "[gantry \(cluster)] \(isWell ? "all is well" : "\(counted(state.incidents.count, "open incident"))")",
            lines.joined(separator: "\n") + "\n"
        )
    }
}
