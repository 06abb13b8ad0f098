/// One header line.
public struct HTTPHeader: Sendable, Hashable {
    /// The name as sent; compared without regard to case (RFC 9110, 5.1).
    public let name: String
    /// The value without the white space around it.
    public let value: String

    /// A header; a control character in it makes the request fail, so that no value can smuggle in another header.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    var isWellFormed: Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

/// Status and headers of an answer. Interim answers (1xx) are not shown.
public struct HTTPHead: Sendable, Hashable {
    /// The three-digit status code (RFC 9110, 15).
    public let status: Int
    /// In the order in which they came; trailers are left out.
    public let headers: [HTTPHeader]

    /// A head; made by hand only in tests.
    public init(status: Int, headers: [HTTPHeader]) {
        self.status = status
        self.headers = headers
    }

    /// Whether the status is one of 200 to 299.
    public var isSuccess: Bool { (200...299).contains(status) }

    /// The first value of a header, whatever the case of its name.
    public subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A whole answer.
public struct HTTPResponse: Sendable, Hashable {
    /// Status and headers.
    public let head: HTTPHead
    /// The body, with any transfer coding removed.
    public let body: [UInt8]

    /// An answer; made by hand only in tests.
    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Gathers the header lines of one answer, as a value.
struct HTTPHeadAssembler: Equatable {
    enum Step: Equatable {
        case more
        case head(HTTPHead)
        case tooLarge
        case malformed
    }

    /// Ten times what the largest answers of known servers have; a peer can't fill our memory with headers.
    static let limit = 64 << 10

    private var status: Int?
    private var headers: [HTTPHeader] = []
    private var byteCount = 0
    private(set) var isComplete = false

    /// Takes one line as curl hands it over: with its line end, the empty line included.
    mutating func append(_ line: String) -> Step {
        // What follows a complete head are the trailers of a chunked body, which nobody asked for.
        if isComplete { return .more }
        byteCount += line.utf8.count
        guard byteCount <= Self.limit else { return .tooLarge }
        let text = line.trimmingEnd()
        guard let status else { return begin(text) }
        if text.isEmpty { return end(status) }
        guard let colon = text.firstIndex(of: ":") else { return .more }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        headers.append(HTTPHeader(String(text[..<colon]), String(value)))
        return .more
    }

    private mutating func begin(_ text: Substring) -> Step {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let code = Int(words[1]), (100...999).contains(code) else {
            return .malformed
        }
        status = code
        return .more
    }

    private mutating func end(_ code: Int) -> Step {
        if (100...199).contains(code) {
            status = nil
            headers = []
            return .more
        }
        isComplete = true
        return .head(HTTPHead(status: code, headers: headers))
    }
}

extension String {
    fileprivate func trimmingEnd() -> Substring {
        var text = self[...]
        // "\r\n" is one Character.
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
