internal import CSystem

/// Why something on an event loop failed: what, against whom, why, and what to do about it.
public struct EventLoopError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure a caller may want to tell apart.
    public enum Code: String, Sendable, Hashable {
        /// The name has no address, or the resolver failed.
        case nameNotResolved
        /// Somebody answers at the address, and nobody listens on the port.
        case connectionRefused
        /// No route, no network, no such socket path, or not permitted.
        case unreachable
        /// The deadline passed.
        case deadlineExceeded
        /// The task was cancelled.
        case cancelled
        /// This side had closed the connection.
        case closed
        /// The peer broke the connection off.
        case connectionReset
        /// The peer's certificate is not accepted here; the message has OpenSSL's words.
        case certificateRejected
        /// The peer wants a client certificate and was given none, or one it does not accept.
        case clientCertificateRejected
        /// Another failure of TLS: no common version or cipher, a plain-text peer, broken records.
        case tlsFailed
        /// A certificate, key or CA file of this side is unreadable or does not fit.
        case badCredentials
        /// A bound of this program was reached.
        case limitReached
        /// The operating system refused: descriptors, memory, an invalid address.
        case system
    }

    /// The kind of failure.
    public var code: Code
    /// What was attempted, as a verb phrase: "connect", "read".
    public var operation: String
    /// The other side, where there is one.
    public var endpoint: Endpoint?
    /// The reason in the words of the system, the resolver or OpenSSL; empty where the code says all.
    public var reason: String
    /// What to check or do, one sentence.
    public var remedy: String

    /// An error of `code`; the remedy is the code's usual one unless given.
    public init(
        _ code: Code, during operation: String, at endpoint: Endpoint? = nil, reason: String = "",
        remedy: String? = nil
    ) {
        self.code = code
        self.operation = operation
        self.endpoint = endpoint
        self.reason = reason
        self.remedy = remedy ?? Self.usualRemedy(code)
    }

    /// One line: operation, peer, reason, remedy.
    public var description: String {
        let place = endpoint.map { " (\($0))" } ?? ""
        return "\(operation)\(place): \(reason.isEmpty ? Self.words(code) : reason). \(remedy)"
    }

    static func system(_ number: CInt, during operation: String, at endpoint: Endpoint? = nil) -> EventLoopError {
        EventLoopError(
            SystemErrors.code(number), during: operation, at: endpoint,
            reason: String(cString: csystem_errno_words(number)))
    }

    private static func words(_ code: Code) -> String {
        switch code {
        case .nameNotResolved: "the name has no address"
        case .connectionRefused: "nobody listens there"
        case .unreachable: "it cannot be reached"
        case .deadlineExceeded: "no answer in time"
        case .cancelled: "cancelled"
        case .closed: "the connection is closed"
        case .connectionReset: "the peer closed the connection"
        case .certificateRejected: "the peer's certificate is not accepted"
        case .clientCertificateRejected: "the peer did not accept this client's certificate"
        case .tlsFailed: "TLS failed"
        case .badCredentials: "the certificate or key cannot be used"
        case .limitReached: "a limit was reached"
        case .system: "the operating system refused"
        }
    }

    private static func usualRemedy(_ code: Code) -> String {
        switch code {
        case .nameNotResolved: "Check the name, /etc/hosts and the name servers."
        case .connectionRefused: "Check that the service runs and that the port is right."
        case .unreachable: "Check the address, routes and firewalls."
        case .deadlineExceeded: "Check that the peer is up and not overloaded, or allow more time."
        case .cancelled: "Nothing needs to be done."
        case .closed: "Open a new connection."
        case .connectionReset: "Look into the peer's log; try again."
        case .certificateRejected: "Check the CA file and the name the certificate was issued for."
        case .clientCertificateRejected: "Give a client certificate that the peer's CA has signed."
        case .tlsFailed: "Check that the port speaks TLS 1.2 or later."
        case .badCredentials: "Check the file, its permissions and that key and certificate belong together."
        case .limitReached: "Do less at once."
        case .system: "Check the limits on open files and memory."
        }
    }
}
