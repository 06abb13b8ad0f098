public import FleetModel
public import HealthRules

/// Something that is wrong, from when it began to be told until it is over.
public struct Incident: Hashable, Sendable {
    /// What tells one incident from another, however its words change.
    public struct Key: Hashable, Sendable, Comparable {
        /// The rule.
        public let rule: String
        /// What it is about; empty where the rule counts.
        public let subject: String

        /// The key of what `finding` says. The subject of a rule that counts is a number, which changes.
        public init(_ finding: Finding) {
            rule = finding.rule
            let subject = finding.subject
            if subject.first?.isNumber == true {
                self.subject = ""
            } else if finding.rule == "config-drift" {
                self.subject = subject.hasPrefix("controller") ? "controllers" : "brokers"
            } else {
                self.subject = subject
            }
        }

        /// Orders by rule, then subject.
        public static func < (a: Key, b: Key) -> Bool { (a.rule, a.subject) < (b.rule, b.subject) }
    }

    /// Names it in log, mail and plug-ins: the second it was opened in, and a number.
    public var id: String
    /// What it is about.
    public var key: Key
    /// The finding as it was seen last.
    public var finding: Finding
    /// When it was opened.
    public var openedAt: Timestamp
    /// When it was told of last.
    public var changedAt: Timestamp
    /// Whether it comes and goes so often that it is held open until it has been quiet for long.
    public var isFlapping = false
    /// The last lines that a container wrote, where it is about one that died.
    public var evidence: [String] = []

    /// How bad it is.
    public var severity: Severity { finding.severity }
}

/// What became of an incident; each is told once.
public struct IncidentChange: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// It began.
        case opened
        /// Its severity is another one, or it flaps.
        case changed
        /// It is over.
        case closed
    }

    /// What happened.
    public var kind: Kind
    /// The incident after it.
    public var incident: Incident
    /// When.
    public var at: Timestamp
}
