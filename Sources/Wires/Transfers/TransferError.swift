import CCurl
import Glibc

/// A transfer that did not end well. An HTTP status, whatever its number, is an answer and not an error of this kind.
public struct TransferError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why it failed.
    public enum Reason: Sendable, Hashable {
        /// The request can't be sent as it is; nothing was sent.
        case invalidRequest
        /// The peer could not be reached; `systemError` says why where the system did.
        case cannotConnect
        /// The peer took the connection and closed it without a byte of an answer.
        case closedWithoutAnswer
        /// The connection broke within the request or the answer.
        case connectionLost
        /// Something ran out after the duration.
        case deadline(TransferDeadlines.Kind, Duration)
        /// The task was cancelled, or the `Transfers` ended.
        case cancelled
        /// The answer has more bytes than asked for.
        case answerTooLarge(limit: Int)
        /// What came is not HTTP.
        case malformedAnswer
        /// What was to be sent could not be read; `systemError` says why.
        case uploadUnreadable
        /// A mail server said no, in its own words.
        case refused(code: Int, text: String)
        /// A mail server refused the login.
        case loginRefused
        /// The server offers no encryption, and nothing may go without.
        case tlsNotOffered
        /// Encryption failed: most often a certificate that is not trusted or not the server's.
        case tlsFailed
        /// Another error of curl's; `detail` has its words.
        case other
    }

    /// Why.
    public let reason: Reason
    /// What was tried, on which object: verb, URL and socket.
    public let subject: String
    /// More words on the reason, often curl's; may be empty.
    public let detail: String
    /// curl's own number (`CURLcode`, libcurl-errors(3)), where curl was asked at all.
    public let curlCode: UInt32?
    /// The system's error number (errno(3)), where the system said no.
    public let systemError: Int32?

    /// An error; made by hand only in tests.
    public init(
        _ reason: Reason, subject: String, detail: String = "", curlCode: UInt32? = nil, systemError: Int32? = nil
    ) {
        self.reason = reason
        self.subject = subject
        self.detail = detail
        self.curlCode = curlCode
        self.systemError = systemError
    }

    /// One line: what was tried and why it failed.
    public var description: String {
        var text = "\(subject): \(words)"
        if let systemError, systemError != 0 { text += ": \(String(cString: strerror(systemError)))" }
        if !detail.isEmpty { text += " (\(detail))" }
        return text
    }

    private var words: String {
        switch reason {
        case .invalidRequest: "the request can't be sent"
        case .cannotConnect: "no connection"
        case .closedWithoutAnswer: "the connection was closed without an answer"
        case .connectionLost: "the connection broke off"
        case .deadline(.connect, let limit): "no connection within \(limit)"
        case .deadline(.answer, let limit): "no answer within \(limit)"
        case .deadline(.silence, let limit): "nothing was heard for \(limit)"
        case .deadline(.whole, let limit): "not done within \(limit)"
        case .cancelled: "cancelled"
        case .answerTooLarge(let limit): "the answer has more than \(limit) bytes"
        case .malformedAnswer: "the answer is not HTTP"
        case .uploadUnreadable: "the data to send can't be read"
        case .refused(let code, let text): "the server refused: \(code) \(text)"
        case .loginRefused: "the server refused the login"
        case .tlsNotOffered: "the server offers no encryption"
        case .tlsFailed: "encryption failed"
        case .other: "failed"
        }
    }
}

extension TransferError.Reason {
    /// The reason behind a code of curl's (libcurl-errors(3)), for a transfer that nobody here ended on purpose.
    /// Tested by "a peer that leaves at once is told from one that is not there".
    init(_ code: CURLcode, systemError: Int32?, deadlines: TransferDeadlines) {
        switch code {
        // A peer that took the connection and was gone before curl looked at it is a failed connect to curl, but none
        // for which the system has a reason (or it has this one).
        case CURLE_COULDNT_CONNECT where systemError == nil || systemError == ECONNRESET: self = .closedWithoutAnswer
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            self = .malformedAnswer
        case CURLE_URL_MALFORMAT: self = .invalidRequest
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: self = .cannotConnect
        case CURLE_GOT_NOTHING: self = .closedWithoutAnswer
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: self = .connectionLost
        case CURLE_LOGIN_DENIED: self = .loginRefused
        case CURLE_USE_SSL_FAILED: self = .tlsNotOffered
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ISSUER_ERROR:
            self = .tlsFailed
        // The other deadlines are kept here and not by curl.
        case CURLE_OPERATION_TIMEDOUT: self = .deadline(.connect, deadlines.connect)
        default: self = .other
        }
    }
}
