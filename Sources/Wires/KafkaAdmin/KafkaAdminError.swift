public import KafkaProtocol

/// Why a call on the cluster failed as a whole.
public struct KafkaAdminError: Error, Sendable {
    /// What went wrong.
    public enum Reason: Sendable {
        /// Kafka refused, with its code and, where it gave one, its own sentence.
        case refused(ErrorCode, message: String?)
        /// No answer, or none that could be read. When `outcomeUnknown`, the request may have been carried out: read
        /// the state back before it is sent again.
        case unanswered(String, outcomeUnknown: Bool)
        /// The node does not offer the request: it is too old, or in another mode.
        case notOffered
        /// The answer lacks what was asked for, or contradicts itself.
        case unexpected(String)
    }

    /// What was being done: `describe the quorum`.
    public let operation: String
    /// On what: `broker 3`, `orders-7`; nil for the cluster.
    public let subject: String?
    /// What went wrong.
    public let reason: Reason
    /// What the operator can do.
    public let remedy: String
    /// The error below, if there is one.
    public let cause: (any Error)?

    // Not inlined: the optimizer of Swift 6.3.1 ends with an ownership error where it is.
    /// Kafka's code, when Kafka refused.
    @inline(never)
    public var code: ErrorCode? {
        if case .refused(let code, _) = reason { code } else { nil }
    }

    /// Whether the same call can work later without anything being mended.
    public var isRetriable: Bool {
        switch reason {
        case .refused(let code, _): code.isRetriable
        case .unanswered: true
        case .notOffered, .unexpected: false
        }
    }
}

extension KafkaAdminError: CustomStringConvertible {
    /// One line: what, on what, why.
    public var description: String {
        let place = subject.map { " (\($0))" } ?? ""
        return "cannot \(operation)\(place): \(reason)"
    }
}

extension KafkaAdminError.Reason: CustomStringConvertible {
    /// The reason in words, with Kafka's own where it gave some.
    public var description: String {
        switch self {
        case .refused(let code, let message): "\(code): \(message.flatMap { $0.isEmpty ? nil : $0 } ?? code.meaning)"
        case .unanswered(let text, let outcomeUnknown):
            outcomeUnknown ? "\(text) (it may have been carried out all the same)" : text
        case .notOffered: "the node does not offer this request"
        case .unexpected(let text): text
        }
    }
}

/// What a call does and to what, for its errors.
struct AdminOperation: Sendable {
    let operation: String
    let subject: String?

    init(_ operation: String, _ subject: String? = nil) {
        self.operation = operation
        self.subject = subject
    }

    func refused(_ code: ErrorCode, _ message: String? = nil) -> KafkaAdminError {
        KafkaAdminError(
            operation: operation, subject: subject, reason: .refused(code, message: message), remedy: Self.remedy(code),
            cause: nil)
    }

    func failed(_ failure: SendFailure) -> KafkaAdminError {
        if failure.isNotOffered {
            return KafkaAdminError(
                operation: operation, subject: subject, reason: .notOffered,
                remedy: "Upgrade the cluster to a version of Kafka that has this request.", cause: failure.cause)
        }
        return KafkaAdminError(
            operation: operation, subject: subject,
            reason: .unanswered(failure.text, outcomeUnknown: failure.outcomeUnknown), remedy: failure.remedy,
            cause: failure.cause)
    }

    func unexpected(_ text: String) -> KafkaAdminError { failed(.unexpected(text)) }

    func failed(_ reason: KafkaAdminError.Reason) -> KafkaAdminError {
        if case .refused(let code, let message) = reason { return refused(code, message) }
        return KafkaAdminError(
            operation: operation, subject: subject, reason: reason,
            remedy: "Ask again; if it stays, read the broker's log.", cause: nil)
    }

    /// Throws unless the code says that all is well.
    func check(_ code: ErrorCode, _ message: String? = nil) throws(KafkaAdminError) {
        guard code.isSuccess else { throw refused(code, message) }
    }

    private static func remedy(_ code: ErrorCode) -> String {
        switch code {
        case .clusterAuthorizationFailed, .topicAuthorizationFailed:
            "Give the user of defaults.cfg the rights for this, or make it a super user."
        case .notController: "Ask again in a moment: the controller has just moved."
        case .unsupportedVersion: "Upgrade the cluster's metadata.version, or the nodes, first."
        case .requestTimedOut: "Look whether it has been done, then try again."
        case .inconsistentClusterId: "These nodes belong to another cluster: check addresses and the cluster id."
        case _ where code.isRetriable: "Try again in a moment."
        default: "Read the node's log for more."
        }
    }
}
