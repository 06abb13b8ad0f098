public import FleetModel
public import HealthRules

/// One clause of `assumptions.txt`: what a host must offer, and how that is checked. The text that operators read and
/// the check that runs are the same value, so that neither can drift from the other.
public struct Clause: Sendable {
    /// Its number: `H4`. Never given to another clause.
    public let id: String
    /// What must be, in a sentence.
    public let title: String
    /// Whether bootstrap and addhost refuse without it.
    public let isBlocking: Bool
    private let check: @Sendable (ClauseSubject) -> ClauseVerdict

    init(
        _ id: String, _ title: String, blocking: Bool, _ check: @escaping @Sendable (ClauseSubject) -> ClauseVerdict
    ) {
        self.id = id
        self.title = title
        self.isBlocking = blocking
        self.check = check
    }

    /// Judges one host by this clause.
    public func judge(_ subject: ClauseSubject) -> ClauseVerdict { check(subject) }
}

/// What a clause looks at: one host, and what is to run there.
public struct ClauseSubject: Sendable {
    /// What was learned of the host.
    public let survey: HostSurvey
    /// The nodes that are to run in the cluster; nil while none are planned.
    public let layout: ClusterLayout?
    /// How operators run what a remedy names.
    let commands: HostCommands

    /// A host and the layout that it is to be part of.
    public init(survey: HostSurvey, layout: ClusterLayout?, commands: HostCommands = HostCommands()) {
        (self.survey, self.layout, self.commands) = (survey, layout, commands)
    }

    /// The nodes that are to run on the host.
    var nodes: [NodePlacement] { layout?.nodes(on: survey.host) ?? [] }
}

/// All clauses, and the judging of hosts by them.
public enum Assumptions {
    /// Every clause there is, in the order of the file.
    public static let clauses: [Clause] = hostClauses

    /// Judges each surveyed host by each clause; hosts in their order, clauses in theirs.
    public static func judge(
        _ surveys: [HostSurvey], layout: ClusterLayout?, waivers: [ClauseWaiver],
        commands: HostCommands = HostCommands()
    ) -> [ClauseFinding] {
        surveys.flatMap { survey in
            clauses.map { clause in
                var verdict = clause.judge(ClauseSubject(survey: survey, layout: layout, commands: commands))
                if verdict.result == .fail, let waiver = waivers.first(where: { $0.clause == clause.id }) {
                    verdict.result = .waived
                    verdict.evidence += " (waived: \(waiver.reason))"
                }
                return ClauseFinding(
                    clause: clause.id, host: survey.host, title: clause.title, isBlocking: clause.isBlocking,
                    verdict: verdict)
            }
        }
    }

    /// The blockers among `findings`: failures of blocking clauses, each with its code.
    public static func blockers(_ findings: [ClauseFinding]) -> [Blocker] {
        findings.filter { $0.isBlocking && $0.verdict.result == .fail }.map {
            Blocker(
                code: $0.verdict.code, object: "host \($0.host)", reason: $0.verdict.evidence,
                remedy: $0.verdict.remedy)
        }
    }

    /// The text of `assumptions.txt`.
    public static var text: String {
        var lines = [
            "What gantry assumes of every virtual host, one clause each. `gantry preflight` checks all of them;",
            "`bootstrap` and `addhost` refuse a host that fails a clause marked with *.", "",
        ]
        for clause in clauses { lines.append("\(clause.id)\(clause.isBlocking ? "*" : " ")  \(clause.title)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
