/// Why a mail was not sent.
public struct MailError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    public enum Code: String, Sendable, Hashable {
        /// A sender or recipient is no address.
        case invalidAddress = "mail-address"
        /// The server could not be reached.
        case unreachable = "mail-server-unreachable"
        /// The server, or the local sendmail, took too long.
        case deadline = "mail-deadline"
        /// A login may go over TLS alone, and the server offers none.
        case tlsNotOffered = "mail-no-tls"
        /// The server's certificate is not trusted, or encryption failed in another way.
        case tlsFailed = "mail-tls"
        /// The server refused the login.
        case loginRefused = "mail-login"
        /// The file with the password can't be used.
        case passwordFile = "mail-password-file"
        /// The server won't take it now (4xx).
        case refusedForNow = "mail-refused-for-now"
        /// The server will never take this mail (5xx).
        case refused = "mail-refused"
        /// There is no sendmail on this machine, or it failed.
        case sendmail = "mail-sendmail"
        /// The task was cancelled.
        case cancelled
        /// Something else.
        case other = "mail-failed"
    }

    /// The kind.
    public let code: Code
    /// By which way it was to go: `smtp://mail.example.com:587`, `/usr/sbin/sendmail`.
    public let way: String
    /// What happened.
    public let reason: String
    /// What to do about it.
    public let remedy: String

    /// An error of these parts.
    public init(_ code: Code, way: String, reason: String, remedy: String) {
        self.code = code
        self.way = way
        self.reason = reason
        self.remedy = remedy
    }

    /// Whether it is this one mail's fault, so that others may still be sent by the same way.
    public var isAboutMessage: Bool { code == .refused || code == .invalidAddress }

    /// `mail by WAY: reason; remedy`.
    public var description: String { "mail by \(way): \(reason); \(remedy)" }
}
