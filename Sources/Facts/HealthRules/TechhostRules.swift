public import FleetModel

/// Mail that could not be sent so far.
public struct MailBacklog: Hashable, Sendable {
    /// How many mails are kept.
    public var kept: Int
    /// When the oldest of them was written.
    public var since: Timestamp?
    /// Why it could not be sent, and what to do.
    public var problem: String?
    /// How many were given up because there was no room for more.
    public var dropped: Int
    /// Where they lie.
    public var directory: String

    /// A backlog of these parts.
    public init(
        kept: Int = 0, since: Timestamp? = nil, problem: String? = nil, dropped: Int = 0, directory: String = ""
    ) {
        self.kept = kept
        self.since = since
        self.problem = problem
        self.dropped = dropped
        self.directory = directory
    }
}

extension HealthRules {
    static let techhostRules: [HealthRule] = [
        HealthRule("mail-spool", "all mail has been sent") { context, rule in
            let mail = context.mail
            guard mail.kept > 0 || mail.dropped > 0 else { return [] }
            var evidence = "\(counted(mail.kept, "mail")) could not be sent"
            if let since = mail.since { evidence += " since \(since)" }
            if mail.dropped > 0 { evidence += ", \(mail.dropped) older ones were given up" }
            if let problem = mail.problem { evidence += ": \(problem)" }
            return [
                rule.finding(
                    .warning, "techhost", evidence,
                    remedy: "it is tried again by itself; \(mail.directory) holds it: what is deleted there is not sent"
                )
            ]
        }
    ]
}
