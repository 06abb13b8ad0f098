public import FleetModel

/// How a clause was judged.
public struct ClauseVerdict: Hashable, Sendable {
    /// The result.
    public var result: ClauseResult
    /// The code of the blocker that a failure is.
    public var code: String
    /// What was seen.
    public var evidence: String
    /// What helps; empty where nothing has to.
    public var remedy: String

    /// A verdict of these parts.
    public init(result: ClauseResult, code: String, evidence: String, remedy: String) {
        self.result = result
        self.code = code
        self.evidence = evidence
        self.remedy = remedy
    }

    /// The clause is met.
    public static func pass(_ evidence: String) -> ClauseVerdict {
        ClauseVerdict(result: .pass, code: "", evidence: evidence, remedy: "")
    }

    /// It is not.
    public static func fail(_ code: String, _ evidence: String, remedy: String) -> ClauseVerdict {
        ClauseVerdict(result: .fail, code: code, evidence: evidence, remedy: remedy)
    }

    /// It is not, which stops nothing.
    public static func warn(_ code: String, _ evidence: String, remedy: String) -> ClauseVerdict {
        ClauseVerdict(result: .warn, code: code, evidence: evidence, remedy: remedy)
    }

    /// Nobody could tell.
    public static func unknown(_ evidence: String) -> ClauseVerdict {
        ClauseVerdict(result: .unknown, code: "unknown", evidence: evidence, remedy: "see the clauses before this one")
    }
}

/// The results that a clause knows.
public enum ClauseResult: String, Hashable, Sendable, Codable {
    case pass, fail, warn, unknown, waived
}

/// One line of `gantry preflight`.
public struct ClauseFinding: Hashable, Sendable {
    /// The clause's number.
    public var clause: String
    /// The host.
    public var host: HostName
    /// The clause's sentence.
    public var title: String
    /// Whether bootstrap and addhost refuse without it.
    public var isBlocking: Bool
    /// The verdict, a waived failure as `waived` with the operator's reason in its evidence.
    public var verdict: ClauseVerdict

    /// A finding of these parts.
    public init(clause: String, host: HostName, title: String, isBlocking: Bool, verdict: ClauseVerdict) {
        self.clause = clause
        self.host = host
        self.title = title
        self.isBlocking = isBlocking
        self.verdict = verdict
    }
}
