public import EventLoop
public import KafkaProtocol

/// Why a request to Kafka has no answer: what failed, at which node, why, and what to do about it.
///
/// An answer that carries an error code of Kafka's is an answer, and no such error.
public struct KafkaClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure a caller may want to tell apart.
    public enum Code: String, Sendable, Hashable {
        /// No connection could be made.
        case unreachable
        /// The connection ended while the request was under way.
        case connectionLost
        /// The deadline passed.
        case deadlineExceeded
        /// The task was cancelled.
        case cancelled
        /// TLS failed: a certificate that is not accepted on either side, no TLS at the other end.
        case tlsFailed
        /// The login was refused.
        case authenticationFailed
        /// What answers there is not Kafka, or expects another security protocol.
        case notKafka
        /// Kafka answered something that cannot be read.
        case badAnswer
        /// Node and client have no version of the request in common, or the node lacks it.
        case unsupportedVersion
        /// The cluster has no node of this id.
        case unknownNode
        /// The partition has no leader, or does not exist.
        case noLeader
        /// The cluster has no active controller that is known.
        case noController
        /// The cluster's description was refused with an error code.
        case refused
        /// The request cannot be sent as it is.
        case invalidRequest
        /// A bound of this client was reached.
        case limitReached
        /// The client has ended.
        case closed
    }

    /// What lies beneath.
    public enum Cause: Sendable, Equatable {
        /// The socket, TLS, or a name.
        case eventLoop(EventLoopError)
        /// Bytes that are not Kafka's protocol, or a value that it cannot carry.
        case wire(WireError)
        /// A code of Kafka's, with the broker's words where it sent some.
        case kafka(ErrorCode, message: String?)
        /// The failures of several nodes that were tried.
        case nodes([KafkaClientError])
    }

    /// The kind of failure.
    public var code: Code
    /// The node's address as the cluster advertises it, where one was chosen.
    public var address: KafkaAddress?
    /// The request.
    public var api: APIKey?
    /// The reason in words.
    public var reason: String
    /// What lies beneath, where there is something.
    public var cause: Cause?
    /// What to check or do, one sentence.
    public var remedy: String
    /// Whether the request may have reached the node: then it may have been carried out.
    public var wasSent: Bool

    /// An error of `code`; the remedy is the cause's or the code's usual one unless given.
    public init(
        _ code: Code, at address: KafkaAddress? = nil, api: APIKey? = nil, reason: String, cause: Cause? = nil,
        remedy: String? = nil, wasSent: Bool = false
    ) {
        self.code = code
        self.address = address
        self.api = api
        self.reason = reason
        self.cause = cause
        self.remedy = remedy ?? Self.usualRemedy(code, cause)
        self.wasSent = wasSent
    }

    /// One line: request, node, reason, remedy.
    public var description: String {
        let request = api.map { $0.name ?? "\($0)" } ?? "Kafka"
        let place = address.map { " at \($0)" } ?? ""
        return "\(request)\(place): \(reason). \(remedy)"
    }

    /// Whether the same request may do better a moment later.
    public var isTransient: Bool {
        switch code {
        case .unreachable, .connectionLost, .unknownNode, .noLeader, .noController: true
        case .refused:
            // A controller that is still starting knows no version of the cluster yet, and says 35.
            if case .kafka(let code, _) = cause { code.isRetriable || code == .unsupportedVersion } else { false }
        case .badAnswer, .notKafka, .deadlineExceeded, .cancelled, .tlsFailed, .authenticationFailed,
            .unsupportedVersion, .invalidRequest, .limitReached, .closed:
            false
        }
    }

    private static func usualRemedy(_ code: Code, _ cause: Cause?) -> String {
        switch cause {
        case .eventLoop(let error): return error.remedy
        case .wire(let error): return error.remedy
        case .kafka, .nodes, nil: break
        }
        return switch code {
        case .unreachable: "Check that the node runs and that its address is right."
        case .connectionLost: "Look into the node's log; try again."
        case .deadlineExceeded: "Check that the node is not overloaded, or allow more time."
        case .cancelled, .closed: "Nothing needs to be done."
        case .tlsFailed: "Check the certificates, and that the listener speaks TLS."
        case .authenticationFailed: "Check user, password and mechanism of the login."
        case .notKafka: "Check that the port is a Kafka listener and which security protocol it speaks."
        case .badAnswer: "Look into the node's log; check that nothing stands between client and node."
        case .unsupportedVersion: "Upgrade the node, or use a function that its version has."
        case .unknownNode: "Check the node's id and that it is registered and running."
        case .noLeader: "Check that the topic exists and that replicas of the partition are in sync."
        case .noController: "Check that a majority of the controllers runs."
        case .refused: "Look into the node's log."
        case .invalidRequest: "Correct the request."
        case .limitReached: "Do less at once."
        }
    }
}

extension KafkaClientError {
    /// What an event loop's error means to a request.
    init(_ error: EventLoopError, at address: KafkaAddress?, api: APIKey? = nil, opened: Bool, wasSent: Bool = false) {
        let code: Code =
            switch error.code {
            case .deadlineExceeded: opened ? .deadlineExceeded : .unreachable
            case .cancelled: .cancelled
            case .certificateRejected, .clientCertificateRejected, .tlsFailed, .badCredentials: .tlsFailed
            case .limitReached: .limitReached
            case .nameNotResolved, .connectionRefused, .unreachable, .closed, .connectionReset, .system:
                opened ? .connectionLost : .unreachable
            }
        let words = error.reason.isEmpty ? "\(error.operation) failed (\(error.code.rawValue))" : error.reason
        self.init(code, at: address, api: api, reason: words, cause: .eventLoop(error), wasSent: wasSent)
    }

    /// The same failure for one of the requests that it hit.
    func of(_ api: APIKey, wasSent: Bool) -> KafkaClientError {
        var copy = self
        copy.api = api
        copy.wasSent = wasSent
        return copy
    }
}
