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
    /// The certificate that the mail server showed last; nil where it showed none.
    public var certificate: ServerCertificate?

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

/// A server's certificate, as it was seen last.
public struct ServerCertificate: Hashable, Sendable, Codable {
    /// Whose: `smtp://mail.example.com:587`.
    public var server: String
    /// When the first one of its chain ends.
    public var end: Timestamp

    /// The certificate of `server`, valid until `end`.
    public init(server: String, end: Timestamp) { (self.server, self.end) = (server, end) }
}

extension HealthRules {
    /// Two weeks and a weekend: time to ask somebody for another one.
    private static let certificateWarning: Duration = .seconds(16 * 86_400)
    private static let certificateCritical: Duration = .seconds(3 * 86_400)

    /// One that is just being handed over, or a server that starts with the machine, worries nobody yet.
    private static let mailPatience: Duration = .seconds(60)

    static let techhostRules: [HealthRule] = [
        HealthRule("mail-spool", "all mail has been sent") { context, rule in
            let mail = context.mail
            let waits = mail.since.map { context.snapshot.takenAt.since($0) } ?? mailPatience
            guard mail.dropped > 0 || mail.kept > 0 && waits >= mailPatience else { return [] }
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
        },
        HealthRule("certificate-expiring", "certificates are valid for weeks: the mail server's, the only one in use") {
            context, rule in
            guard let certificate = context.mail.certificate else { return [] }
            let left = certificate.end.since(context.snapshot.takenAt)
            guard left < certificateWarning else { return [] }
            return [
                rule.finding(
                    left < certificateCritical ? .critical : .warning, "mail server",
                    "the certificate of \(certificate.server) \(left > .zero ? "ends" : "ended") \(certificate.end)",
                    remedy: "renew it on that server; the next mail sees it")
            ]
        },
    ]
}
