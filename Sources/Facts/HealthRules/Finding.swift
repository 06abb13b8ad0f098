public import FleetModel

/// How bad a finding is. Of several the worst counts: critical, then unknown, then warning (PRODUCT.md, exit codes).
public enum Severity: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
    case ok, warning, unknown, critical

    /// Orders from harmless to worst.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .unknown: 2
        case .critical: 3
        }
    }
}

/// One thing that is not as it should be.
public struct Finding: Hashable, Sendable, Codable {
    /// The rule's stable id: `broker-container-dead`.
    public var rule: String
    /// How bad it is.
    public var severity: Severity
    /// What it is about: `broker 5`, `host 10.0.0.11`.
    public var subject: String
    /// What was seen, in a sentence.
    public var evidence: String
    /// What to do next, a command where there is one.
    public var remedy: String
    /// The host that its subject lives on, where the finding would follow from that host being out of reach.
    public var host: HostName?
    /// The subject of the finding that this one follows from: `host 10.0.0.12`. Nil for one that stands by itself.
    public var follows: String?

    /// A finding of these parts.
    public init(
        rule: String, severity: Severity, subject: String, evidence: String, remedy: String, host: HostName? = nil,
        follows: String? = nil
    ) {
        self.rule = rule
        self.severity = severity
        self.subject = subject
        self.evidence = evidence
        self.remedy = remedy
        self.host = host
        self.follows = follows
    }
}

extension Sequence<Finding> {
    /// The severity of all together.
    public var severity: Severity { map(\.severity).max() ?? .ok }
}
