public import FleetModel

/// Takes mail that is to be sent.
///
/// Handing one over never fails: what can't be sent now is kept and sent later, in order.
public protocol MailPost: Sendable {
    /// Who writes and who reads; nil where nobody asked for mail.
    var addresses: MailAddresses? { get }

    /// Keeps `message` and tries to send it with all that was kept before it.
    @discardableResult
    func post(_ message: MailMessage) async -> MailDelivery

    /// Tries to send what was kept, as far as its time has come.
    @discardableResult
    func sendKept() async -> MailDelivery
}

/// Who writes a mail and who reads it.
public struct MailAddresses: Hashable, Sendable {
    /// The sender.
    public var from: String
    /// The recipients.
    public var to: [String]

    /// From `from` to all of `to`.
    public init(from: String, to: [String]) { (self.from, self.to) = (from, to) }
}

/// What became of mail.
public struct MailDelivery: Hashable, Sendable {
    /// Mails that were sent just now.
    public var sent: Int
    /// Mails that are kept.
    public var kept: Int
    /// Why the oldest of those was not sent, and what to do; nil when none is kept, or its time has not come yet.
    public var problem: String?

    /// A result of these parts.
    public init(sent: Int = 0, kept: Int = 0, problem: String? = nil) {
        self.sent = sent
        self.kept = kept
        self.problem = problem
    }
}
