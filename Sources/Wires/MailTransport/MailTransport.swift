public import FleetModel
import Processes
public import Transfers

/// Sends mail: through a mail server by SMTP, or by the local sendmail.
public struct MailTransport: Sendable {
    /// By which way mail goes.
    public enum Way: Sendable, Hashable {
        /// Through a server.
        case smtp(SMTPServer)
        /// By the program at this path, which takes mail as sendmail does.
        case sendmail(String)

        /// How errors call it.
        public var name: String {
            switch self {
            case .smtp(let server): server.url
            case .sendmail(let path): path
            }
        }
    }

    /// Where the programs of Debian's mail servers lie, and of others.
    public static let sendmails = ["/usr/sbin/sendmail", "/usr/lib/sendmail"]

    /// A local program queues and returns.
    private static let sendmailDeadline: Duration = .seconds(60)

    private let way: Way
    private let transfers: Transfers
    private let localName: String

    /// Mail by `way`; `localName` is what this machine calls itself.
    public init(_ way: Way, transfers: Transfers, localName: String) {
        self.way = way
        self.transfers = transfers
        self.localName = localName
    }

    /// Hands `message` over. When it returns, somebody else is responsible for it.
    ///
    /// - Returns: recipients that were refused while others were taken, each with the server's words.
    /// - Throws: `MailError`.
    @discardableResult
    public func send(_ message: MailMessage) async throws(MailError) -> [String: String] {
        try await handOver(message).refused
    }

    /// What is known of a mail that somebody else has taken over.
    public struct Handover: Sendable {
        /// Recipients that were refused while others were taken, each with the server's words.
        public var refused: [String: String] = [:]
        /// When the first certificate of the server's chain ends; nil where it showed none.
        public var certificateEnd: Timestamp?
    }

    /// The same, with what else was seen.
    /// - Throws: `MailError`.
    public func handOver(_ message: MailMessage) async throws(MailError) -> Handover {
        let content = try MIMEMessage.bytes(message)
        switch way {
        case .smtp(let server): return try await submit(message, content, to: server)
        case .sendmail(let path):
            try await pass(message, content, to: path)
            return Handover()
        }
    }

    // MARK: SMTP

    private func submit(
        _ message: MailMessage, _ content: [UInt8], to server: SMTPServer
    ) async throws(MailError) -> Handover {
        var login: MailSubmission.Login?
        if let user = server.user, let file = server.passwordFile {
            do throws(ProcessError) {
                login = MailSubmission.Login(user: user, password: try SecretFile.line(file))
            } catch {
                throw MailError(
                    .passwordFile, way: server.url, reason: "\(error.subject): \(error.reason)",
                    remedy: error.remedy.isEmpty ? "correct notify.smtp.password_file" : error.remedy)
            }
        }
        let submission = MailSubmission(
            server.url, localName: localName, sender: message.from, recipients: message.to, login: login,
            certificates: server.certificates, content: content,
            deadlines: server.deadlines ?? MailSubmission.defaultDeadlines)
        do throws(TransferError) {
            let receipt = try await transfers.submit(submission)
            return Handover(
                refused: receipt.refused,
                certificateEnd: receipt.certificateEnd.map { Timestamp(milliseconds: $0 * 1000) })
        } catch {
            throw server.error(error)
        }
    }

    // MARK: sendmail

    private func pass(_ message: MailMessage, _ content: [UInt8], to path: String) async throws(MailError) {
        // A program on this machine takes this machine's line ends.
        let input = content.filter { $0 != 0x0d }
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Process.run(
                path, ["-i", "-f", message.from, "--"] + message.to, input: .bytes(input),
                deadline: Self.sendmailDeadline, keepingDescendants: true)
        } catch {
            throw Self.error(error, path)
        }
        guard result.exit.isSuccess else {
            let words = result.stderr.trimmed.split(separator: "\n").last.map(String.init) ?? "it said nothing"
            throw MailError(
                .sendmail, way: path, reason: "it ended with \(result.exit): \(words)",
                remedy: "see the mail log of this machine: journalctl -t sendmail -t postfix/sendmail")
        }
    }

    private static func error(_ error: ProcessError, _ path: String) -> MailError {
        switch error.code {
        case .executableMissing:
            MailError(
                .sendmail, way: path, reason: "there is no sendmail on this machine",
                remedy: "install one (apt-get install msmtp-mta), or set notify.smtp in defaults.cfg")
        case .deadlineExceeded:
            MailError(
                .deadline, way: path, reason: "it did not end within \(sendmailDeadline)",
                remedy: "see the mail log of this machine: journalctl -t sendmail -t postfix/sendmail")
        case .cancelled: MailError(.cancelled, way: path, reason: "cancelled", remedy: "it is tried again later")
        default: MailError(.sendmail, way: path, reason: error.reason, remedy: "run \(path) -V by hand")
        }
    }
}
