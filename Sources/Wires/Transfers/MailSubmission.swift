/// A mail to hand to a server by SMTP (RFC 5321) or, from the first byte on encrypted, SMTPS.
public struct MailSubmission: Sendable {
    /// A login; sent over TLS alone.
    public struct Login: Sendable {
        /// The name.
        public var user: String
        /// The password.
        public var password: String

        /// `user` with `password`.
        public init(user: String, password: String) { (self.user, self.password) = (user, password) }
    }

    /// How mail may be sent.
    public enum Encryption: Sendable, Hashable {
        /// By STARTTLS where the server offers it, else plain.
        case whenOffered
        /// By STARTTLS or not at all.
        case always
    }

    /// A mail server in another town answers within a second; one that looks up who calls may take some.
    public static let defaultDeadlines = TransferDeadlines(
        connect: .seconds(15), silence: .seconds(30), whole: .seconds(60))

    /// `smtp://host:port` or `smtps://host:port`, without a path.
    public var url: String
    /// How this machine calls itself (EHLO).
    public var localName: String
    /// The envelope's sender.
    public var sender: String
    /// The envelope's recipients, at least one.
    public var recipients: [String]
    /// The login; nil: none.
    public var login: Login?
    /// Whether it may go unencrypted. A login always implies `.always`.
    public var encryption: Encryption
    /// A file of certificates to trust instead of the system's.
    public var certificates: String?
    /// The mail, its lines ended by CRLF.
    public var content: [UInt8]
    /// How long it may take; `connect` reaches to the end of the login.
    public var deadlines: TransferDeadlines

    /// A submission; nothing is checked before it is performed.
    public init(
        _ url: String, localName: String, sender: String, recipients: [String], login: Login? = nil,
        encryption: Encryption = .whenOffered, certificates: String? = nil, content: [UInt8],
        deadlines: TransferDeadlines = Self.defaultDeadlines
    ) {
        self.url = url
        self.localName = localName
        self.sender = sender
        self.recipients = recipients
        self.login = login
        self.encryption = encryption
        self.certificates = certificates
        self.content = content
        self.deadlines = deadlines
    }

    var subject: String { "mail by \(url)" }

    /// Why it can't be sent, as a sentence's end; nil if it can.
    var flaw: String? {
        func isWord(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3c && $0 != 0x3e }
        }
        guard isWord(url) else { return "the URL is not percent-encoded" }
        guard isWord(localName), !localName.contains("/") else {
            return "this machine's name is none for a mail server"
        }
        guard !recipients.isEmpty else { return "it has no recipient" }
        for address in [sender] + recipients where !isWord(address) { return "'\(address)' is no mail address" }
        return nil
    }
}

/// What a mail server said to a submission that it took.
public struct MailReceipt: Sendable, Hashable {
    /// Recipients that it refused, each with its words; the others get the mail.
    public let refused: [String: String]
    /// Its last word on the mail, which often names its place in the queue.
    public let reply: String
    /// When the first certificate of the server's chain ends, in seconds since the epoch; nil where it showed none.
    public let certificateEnd: Int64?
}

/// One reply of a mail server: `250 Ok`.
struct MailReply: Equatable {
    let code: Int
    let text: String
}

/// Gathers a mail server's replies, as a value. Lines of one reply are joined (RFC 5321, 4.2.1).
struct MailReplies: Equatable {
    /// A dialogue has some ten replies and one for each recipient; a peer can't fill our memory with more.
    static let limit = 64 << 10

    private(set) var replies: [MailReply] = []
    private var text = ""
    private var byteCount = 0

    /// Takes a line with its end; false where there are too many of them.
    mutating func append(_ line: String) -> Bool {
        byteCount += line.utf8.count
        guard byteCount <= Self.limit else { return false }
        let printable = line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
        let words = String(String.UnicodeScalarView(printable))
        guard words.utf8.count >= 3, let code = Int(words.prefix(3)) else { return true }
        let rest = words.dropFirst(3)
        text += (text.isEmpty ? "" : " ") + rest.dropFirst()
        if !rest.hasPrefix("-") {
            replies.append(MailReply(code: code, text: text))
            text = ""
        }
        return true
    }

    /// What it said to each of `recipients`: the replies right before the one that asks for the mail itself (354).
    func refused(among recipients: [String]) -> [String: String] {
        guard let data = replies.lastIndex(where: { $0.code == 354 }), data >= recipients.count else { return [:] }
        let answers = replies[(data - recipients.count)..<data]
        return zip(recipients, answers).reduce(into: [:]) { refused, pair in
            if pair.1.code >= 400 { refused[pair.0] = "\(pair.1.code) \(pair.1.text)" }
        }
    }

    /// Its answer to the mail itself, or, where none came so far, the last reply but its good-bye (221).
    var verdict: MailReply? {
        guard let data = replies.lastIndex(where: { $0.code == 354 }) else {
            return replies.last { $0.code != 221 }
        }
        return replies[(data + 1)...].first
    }
}
