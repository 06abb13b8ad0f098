public import FleetModel
public import HealthRules

/// One clause of `assumptions.txt`: what a techhost or a virtual host must offer, and how that is checked. The text that
/// operators read and the check that runs are the same value, so that neither can drift from the other.
public struct Clause: Sendable {
    /// Whom it is about.
    public enum Object: Hashable, Sendable {
        /// The techhost.
        case techhost
        /// Each virtual host.
        case host
    }

    /// Its number: `H4`, `T1`. Never given to another clause.
    public let id: String
    /// What must be, in a sentence.
    public let title: String
    /// Whether bootstrap and addhost refuse without it.
    public let isBlocking: Bool
    /// Whom it is about.
    public let object: Object
    /// Whether it is judged only when that was asked for.
    let isOnRequest: Bool
    private let check: @Sendable (ClauseSubject) -> ClauseVerdict
    private let techhostCheck: @Sendable (TechhostFacts, PreflightLook) -> ClauseVerdict
    private let remedies: @Sendable (ClauseSubject) -> [HostChange]

    init(
        _ id: String, _ title: String, blocking: Bool = false, onRequest: Bool = false,
        fix: @escaping @Sendable (ClauseSubject) -> [HostChange] = { _ in [] },
        _ check: @escaping @Sendable (ClauseSubject) -> ClauseVerdict
    ) {
        self.id = id
        self.title = title
        self.isBlocking = blocking
        isOnRequest = onRequest
        self.check = check
        remedies = fix
        object = .host
        techhostCheck = { _, _ in .unknown("it is about virtual hosts") }
    }

    init(
        techhost id: String, _ title: String,
        _ check: @escaping @Sendable (TechhostFacts, PreflightLook) -> ClauseVerdict
    ) {
        self.id = id
        self.title = title
        isBlocking = false
        isOnRequest = false
        object = .techhost
        techhostCheck = check
        self.check = { _ in .unknown("it is about the techhost") }
        remedies = { _ in [] }
    }

    /// Judges one host by this clause.
    public func judge(_ subject: ClauseSubject) -> ClauseVerdict {
        var verdict = check(subject)
        // What gantry can do itself is the smallest remedy.
        if verdict.result == .fail || verdict.result == .warn, !remedies(subject).isEmpty {
            verdict.remedy = "gantry preflight --fix \(id)" + (verdict.remedy.isEmpty ? "" : ", or \(verdict.remedy)")
        }
        return verdict
    }

    /// Judges the techhost by this clause.
    func judge(_ facts: TechhostFacts, _ look: PreflightLook) -> ClauseVerdict { techhostCheck(facts, look) }

    /// What would meet it on a host that does not; empty where only the operator can.
    public func fix(_ subject: ClauseSubject) -> [HostChange] { remedies(subject) }
}

/// What would meet one clause on one host.
public struct ClauseFix: Hashable, Sendable {
    /// The clause's number.
    public var clause: String
    /// The host.
    public var host: HostName
    /// What is changed there, in order.
    public var changes: [HostChange]
}

/// All clauses, and the judging of hosts by them.
public enum Assumptions {
    /// Every clause there is, in the order of the file.
    public static let clauses: [Clause] =
        techhostClauses + hostClauses + machineClauses + diskClauses + networkClauses + kernelClauses + dockerClauses
        + consistencyClauses + requestedClauses

    /// The number under which the techhost's clauses are listed.
    static let techhost = HostName(rawValue: "techhost")

    /// Judges everything that was seen: the techhost first, then hosts in their order, clauses in theirs.
    /// - Parameters:
    ///   - look: what was seen.
    ///   - onlyBlocking: whether clauses are left out that stop nothing.
    /// - Returns: a finding for each clause and whom it is about.
    public static func judge(_ look: PreflightLook, onlyBlocking: Bool = false) -> [ClauseFinding] {
        let commands = HostCommands(look.fleet)
        func finding(_ clause: Clause, _ host: HostName, _ verdict: ClauseVerdict) -> ClauseFinding {
            var verdict = verdict
            if verdict.result == .fail, let waiver = look.fleet.waivers.first(where: { $0.clause == clause.id }) {
                verdict.result = .waived
                verdict.evidence += " (waived: \(waiver.reason))"
            }
            return ClauseFinding(
                clause: clause.id, host: host, title: clause.title, isBlocking: clause.isBlocking, verdict: verdict)
        }
        var findings: [ClauseFinding] = []
        if let techhost, let facts = look.techhost, !onlyBlocking {
            findings = clauses.filter { $0.object == .techhost }.map { finding($0, techhost, $0.judge(facts, look)) }
        }
        let hostClauses = clauses.filter {
            $0.object == .host && ($0.isBlocking || !onlyBlocking) && (!$0.isOnRequest || look.bandwidth != nil)
        }
        for survey in look.surveys {
            let subject = ClauseSubject(survey: survey, look: look, commands: commands)
            findings += hostClauses.map { finding($0, survey.host, $0.judge(subject)) }
        }
        return findings
    }

    /// What would meet the clauses that hosts fail or are warned of, host by host.
    public static func fixes(
        _ look: PreflightLook, for findings: [ClauseFinding], clauses wanted: Set<String>
    ) -> [ClauseFix] {
        let commands = HostCommands(look.fleet)
        let byID = Dictionary(clauses.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return findings.compactMap { finding in
            guard finding.verdict.result == .fail || finding.verdict.result == .warn,
                wanted.isEmpty || wanted.contains(finding.clause), let clause = byID[finding.clause],
                let survey = look.survey(finding.host)
            else { return nil }
            let changes = clause.fix(ClauseSubject(survey: survey, look: look, commands: commands))
            return changes.isEmpty ? nil : ClauseFix(clause: clause.id, host: finding.host, changes: changes)
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
            "What gantry assumes of the techhost (T) and of every virtual host (H), one clause each. `gantry preflight`",
            "checks all of them; `bootstrap` and `addhost` refuse a host that fails a clause marked with *.",
            "A site that can't meet one names it in waive: of defaults.cfg, with the reason.",
        ]
        var object: Clause.Object?
        for clause in clauses {
            if clause.object != object {
                lines += ["", clause.object == .techhost ? "The techhost" : "Every virtual host"]
            }
            object = clause.object
            let number = clause.id + (clause.isBlocking ? "*" : "")
            lines.append(number + String(repeating: " ", count: max(1, 6 - number.count)) + clause.title)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
