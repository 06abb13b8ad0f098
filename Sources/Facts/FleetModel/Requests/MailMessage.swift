/// A mail as a value: what is said to whom, in two forms of which a reader shows one.
public struct MailMessage: Hashable, Sendable, Codable {
    /// Tells it from all others, also when it is sent again: letters, digits, '-' and '.'.
    public var token: String
    /// When it was written.
    public var date: Timestamp
    /// The sender's address.
    public var from: String
    /// The recipients' addresses.
    public var to: [String]
    /// One line; what would end the line is made a space.
    public var subject: String
    /// The text, its lines ended by a newline.
    public var text: String
    /// The same as an HTML document; nil: there is the text alone.
    public var html: String?

    /// A mail of these parts.
    public init(
        token: String, date: Timestamp, from: String, to: [String], subject: String, text: String, html: String? = nil
    ) {
        self.token = token
        self.date = date
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
    }
}
