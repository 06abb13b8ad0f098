/// `move:` of `defaults.cfg`.
public struct MoveSettings: Hashable, Sendable, Codable {
    /// The replication throttle a broker and direction.
    public var throttle: BytesPerSecond
    /// How far a broker's load may lie from its fair share.
    public var tolerance: PerMille
    /// Whether a record is produced to and fetched from each broker as a check.
    public var canary: Bool
    /// What happens to an interrupted operation when the techhost is back.
    public var resume: ResumePolicy

    /// These settings; the defaults are PRODUCT.md's.
    public init(
        throttle: BytesPerSecond = BytesPerSecond(50 << 20), tolerance: PerMille = PerMille(100), canary: Bool = true,
        resume: ResumePolicy = .auto
    ) {
        self.throttle = throttle
        self.tolerance = tolerance
        self.canary = canary
        self.resume = resume
    }
}

/// Whether an interrupted operation goes on by itself.
public enum ResumePolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case auto, ask
}

/// `notify:` of `defaults.cfg`.
public struct NotifySettings: Hashable, Sendable, Codable {
    /// Addresses that get every mail.
    public var recipients: [String]
    /// The sender; nil: gantry@ the techhost's own name.
    public var sender: String?
    /// How mail is submitted; nil: the local sendmail.
    public var smtp: SMTPSettings?
    /// When the monitoring daemon writes every day that it is there, by the techhost's clock; nil: never.
    public var daily: TimeOfDay?

    /// Mail to `recipients`.
    public init(
        recipients: [String], sender: String? = nil, smtp: SMTPSettings? = nil, daily: TimeOfDay? = nil
    ) {
        self.daily = daily
        self.recipients = recipients
        self.sender = sender
        self.smtp = smtp
    }
}

/// `notify.smtp:` of `defaults.cfg`.
public struct SMTPSettings: Hashable, Sendable, Codable {
    /// `smtp://host:port` (STARTTLS when offered) or `smtps://host:port`.
    public var url: String
    /// The login's name; nil: no login.
    public var user: String?
    /// The absolute path of the file that holds the password.
    public var passwordFile: String?
    /// The absolute path of a file of certificates to trust instead of the system's.
    public var authorityFile: String?

    /// Submission to `url`.
    public init(url: String, user: String? = nil, passwordFile: String? = nil, authorityFile: String? = nil) {
        self.url = url
        self.user = user
        self.passwordFile = passwordFile
        self.authorityFile = authorityFile
    }
}

/// `monitor:` of `defaults.cfg`.
public struct MonitorSettings: Hashable, Sendable, Codable {
    /// Time between two full observations.
    public var interval: Duration
    /// Where the metrics page listens; nil: nowhere.
    public var metrics: Endpoint?
    /// The log's absolute path.
    public var log: String

    /// These settings; the defaults are PRODUCT.md's.
    public init(
        interval: Duration = .seconds(30), metrics: Endpoint? = Endpoint(host: "127.0.0.1", port: 9308),
        log: String = "/var/log/gantry/dockmon.log"
    ) {
        self.interval = interval
        self.metrics = metrics
        self.log = log
    }
}
