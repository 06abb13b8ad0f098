public import Transfers

/// A mail server and how it lets us in.
public struct SMTPServer: Sendable, Hashable {
    /// `smtp://host:port` (STARTTLS when offered) or `smtps://host:port`.
    public var url: String
    /// The login's name; nil: no login. It is sent over TLS alone.
    public var user: String?
    /// The file with the login's password, closed to others; read for each mail, so that it can be changed any time.
    public var passwordFile: String?
    /// A file of certificates to trust instead of the system's.
    public var certificates: String?
    /// How long it may take; nil: as long as is usual.
    public var deadlines: TransferDeadlines?

    /// The server at `url`.
    public init(
        url: String, user: String? = nil, passwordFile: String? = nil, certificates: String? = nil,
        deadlines: TransferDeadlines? = nil
    ) {
        self.url = url
        self.user = user
        self.passwordFile = passwordFile
        self.certificates = certificates
        self.deadlines = deadlines
    }

    /// A failed submission in words for an operator.
    func error(_ error: TransferError) -> MailError {
        func made(_ code: MailError.Code, _ reason: String, _ remedy: String) -> MailError {
            MailError(code, way: url, reason: reason, remedy: remedy)
        }
        switch error.reason {
        case .cannotConnect:
            return made(
                .unreachable, "the server can't be reached (\(error.detail))",
                "see that it runs and that no firewall is between: curl -v \(url)")
        case .closedWithoutAnswer, .connectionLost:
            return made(
                .unreachable, "the server closed the connection", "read its log; curl -v \(url) shows the dialogue")
        case .deadline(_, let limit):
            return made(
                .deadline, "the server did not answer within \(limit)",
                "see that a mail server listens there and no firewall is between: curl -v \(url)")
        case .tlsNotOffered:
            return made(
                .tlsNotOffered, "the server offers no encryption (STARTTLS), and a login goes over TLS alone",
                "use a port that offers it (587, or smtps:// with 465), or take user and password_file out of notify.smtp"
            )
        case .tlsFailed:
            return made(
                .tlsFailed, "encryption failed: \(error.detail)",
                "give the server a certificate for the name in the URL, or name its authority in notify.smtp.ca_file")
        case .loginRefused:
            return made(
                .loginRefused, "the server refused the login of \(user ?? "nobody")",
                "correct notify.smtp.user or the password in \(passwordFile ?? "notify.smtp.password_file")")
        case .refused(let code, let text) where code < 500:
            return made(.refusedForNow, "the server won't take it now: \(code) \(text)", "it is tried again later")
        case .refused(let code, let text):
            return made(
                .refused, "the server refused: \(code) \(text)", "correct notify.to or notify.from, or the server")
        case .cancelled: return made(.cancelled, "cancelled", "it is tried again later")
        case .malformedAnswer:
            return made(.other, "what answers is no mail server (\(error.detail))", "correct notify.smtp.url")
        case .answerTooLarge, .invalidRequest, .uploadUnreadable, .other:
            return made(.other, error.detail, "curl -v \(url) shows the dialogue")
        }
    }
}
