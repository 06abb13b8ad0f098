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

/// What is wrong on the techhost, its mail apart: with the fleet directory, and with what the daemon writes.
public struct TechhostTroubles: Hashable, Sendable {
    /// The first mistake in `defaults.cfg`, with its place; then all is judged by the settings that were last in use.
    public var mistake: String?
    /// The daemon's log, where it can't be written.
    public var log: UnwritableLog?
    /// Programs of the operator's that are not run.
    public var idlePrograms: [IdleProgram]

    /// These troubles.
    public init(mistake: String? = nil, log: UnwritableLog? = nil, idlePrograms: [IdleProgram] = []) {
        (self.mistake, self.log, self.idlePrograms) = (mistake, log, idlePrograms)
    }

    /// What to say of them.
    public var findings: [Finding] {
        (mistake.map { [Self.finding($0)] } ?? []) + (log.map { [Self.finding($0)] } ?? [])
            + idlePrograms.map(Self.finding)
    }

    private static func finding(_ mistake: String) -> Finding {
        // How the cluster stands is seen; whether that is what its operator wants by now is not.
        Finding(
            rule: "configuration-invalid", severity: .unknown, subject: "defaults.cfg",
            evidence: "\(mistake); everything is judged by the settings that were last in use",
            remedy: "correct it: gantry bootstrap --dry-run names every mistake")
    }

    private static func finding(_ log: UnwritableLog) -> Finding {
        Finding(
            rule: "dockmon-log", severity: .warning, subject: "techhost",
            evidence: "the daemon's log \(log.path) can't be written, and its lines are lost: \(log.reason)",
            remedy: log.remedy)
    }

    private static func finding(_ program: IdleProgram) -> Finding {
        Finding(
            rule: program.isMisnamed ? "hook-misnamed" : "program-refused", severity: .warning,
            subject: program.name, evidence: "it is not run: \(program.reason)", remedy: program.remedy)
    }
}

/// A log that can't be written.
public struct UnwritableLog: Hashable, Sendable {
    /// Its path.
    public var path: String
    /// Why not.
    public var reason: String
    /// What to do.
    public var remedy: String

    /// A log of these parts.
    public init(path: String, reason: String, remedy: String) {
        (self.path, self.reason, self.remedy) = (path, reason, remedy)
    }
}

/// A program of the operator's that lies in its place and is not run.
public struct IdleProgram: Hashable, Sendable {
    /// Its name in the fleet directory: `hooks.d/before-removehosts`.
    public var name: String
    /// Whether that is because no event has its name.
    public var isMisnamed: Bool
    /// Why it is not run.
    public var reason: String
    /// What to do.
    public var remedy: String

    /// A program of these parts.
    public init(name: String, isMisnamed: Bool, reason: String, remedy: String) {
        (self.name, self.isMisnamed, self.reason, self.remedy) = (name, isMisnamed, reason, remedy)
    }

    /// One line for people.
    public var words: String { "\(name) is not run: \(reason); \(remedy)" }
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
        trouble("configuration-invalid", "defaults.cfg has no mistake, so that all is judged by what it says"),
        trouble("dockmon-log", "the monitoring daemon's log can be written"),
        trouble("program-refused", "programs in hooks.d and monitor.d can be run, and only their owner can write them"),
        trouble("hook-misnamed", "every program in hooks.d has the name of an event"),
    ]

    private static func trouble(_ id: String, _ title: String) -> HealthRule {
        HealthRule(id, title) { context, rule in context.techhost.findings.filter { $0.rule == rule.id } }
    }
}
