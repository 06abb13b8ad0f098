/// A request over HTTP/1.1, to a host or over a unix socket.
///
/// No proxy, no redirect, no cookie and no `.netrc` is ever used. A request other than GET and HEAD gets a connection
/// of its own, because curl silently repeats a request whose kept connection turns out to be dead, and an order
/// must not be given twice.
public struct HTTPRequest: Sendable {
    /// The verbs that are sent.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// What is sent after the head.
    public enum Body: Sendable, Hashable {
        /// Nothing.
        case none
        /// These bytes, with their length.
        case bytes([UInt8])
        /// What is read from a file descriptor until its end (a file, a pipe or a socket), or until `length` bytes
        /// where that is given; without it the body is sent in chunks of unknown number. The descriptor stays the
        /// caller's: it is neither closed nor changed, and must stay open until the transfer has ended.
        case upload(descriptor: Int32, length: Int64? = nil)
    }

    /// Answers are small documents; the largest, a list of some thousand containers, has about 10 MiB.
    public static let defaultBodyLimit = 16 << 20
    /// The kernel's room for a socket's path, without the closing zero (`sun_path`, unix(7)).
    public static let longestSocketPath = 107

    /// The verb.
    public var method: Method
    /// The whole URL, percent-encoded: printable ASCII only. Its path is sent as it is.
    public var url: String
    /// The unix socket to connect to instead of the URL's host.
    public var socketPath: String?
    /// Headers to send beside curl's own.
    public var headers: [HTTPHeader]
    /// What to send.
    public var body: Body
    /// How long it may take.
    public var deadlines: TransferDeadlines
    /// The most bytes that an answer's body may have before the transfer fails. A stream is not bounded by it.
    public var bodyLimit: Int

    /// A request; nothing is checked before it is performed.
    public init(
        _ method: Method, _ url: String, socketPath: String? = nil, headers: [HTTPHeader] = [], body: Body = .none,
        deadlines: TransferDeadlines = TransferDeadlines(), bodyLimit: Int = Self.defaultBodyLimit
    ) {
        self.method = method
        self.url = url
        self.socketPath = socketPath
        self.headers = headers
        self.body = body
        self.deadlines = deadlines
        self.bodyLimit = bodyLimit
    }

    /// What an error says was tried.
    var subject: String { "\(method.rawValue) \(url)" + (socketPath.map { " over \($0)" } ?? "") }

    /// Why the request can't be sent, as a sentence's end; nil if it can.
    var flaw: String? {
        if let socketPath, socketPath.utf8.count > Self.longestSocketPath {
            return "a socket's path has at most \(Self.longestSocketPath) bytes, this one has \(socketPath.utf8.count)"
        }
        if let socketPath, socketPath.isEmpty || socketPath.utf8.contains(0) {
            return "the socket's path is not a path"
        }
        if !url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) { return "the URL is not percent-encoded" }
        for header in headers where !header.isWellFormed { return "the header \(header.name) has a control character" }
        if case .upload(_, let length?) = body, length < 0 { return "the length of the upload is negative" }
        return nil
    }
}
