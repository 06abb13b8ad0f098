import FleetModel
import Transfers

/// One call of the Engine API, without the daemon that it goes to.
struct DockerCall {
    /// What an error says was tried, after "can't".
    let operation: String
    var method: HTTPRequest.Method = .get
    /// Below the version, with a slash in front; its components are safe as they are.
    let path: String
    var query: [(name: String, value: String)] = []
    var body: HTTPRequest.Body = .none
    var contentType: String?
    /// Beside the content's type.
    var headers: [HTTPHeader] = []
    var deadlines = TransferDeadlines()
    var bodyLimit = HTTPRequest.defaultBodyLimit
    /// What counts as success beside 200 to 299.
    var accepts: Set<Int> = []
    /// `/version` and `/_ping` are asked before a version is known.
    var isVersioned = true

    init(_ operation: String, _ method: HTTPRequest.Method = .get, _ path: String) {
        self.operation = operation
        self.method = method
        self.path = path
    }

    mutating func setBody(_ value: JSONValue) {
        body = .bytes(value.bytes())
        contentType = "application/json"
    }

    mutating func add(_ name: String, _ value: String?) {
        if let value { query.append((name, value)) }
    }

    /// A filter as Docker wants it: `{"label":["a=b"]}`; nothing when it is empty.
    mutating func add(filters: [String: [String]]) {
        let used = filters.filter { !$0.value.isEmpty }
        guard !used.isEmpty else { return }
        let value = JSONValue.object(JSONObject(used.map { ($0.key, .array($0.value.map { .string($0) })) })).sorted
        query.append(("filters", value.text()))
    }

    func request(socketPath: String, version: DockerAPIVersion?) -> HTTPRequest {
        var url = "http://" + Self.authority(of: socketPath) + (version.map { "/v\($0)" } ?? "") + path
        if !query.isEmpty {
            url += "?" + query.map { "\($0.name)=\(Self.escape($0.value))" }.joined(separator: "&")
        }
        return HTTPRequest(
            method, url, socketPath: socketPath,
            headers: (contentType.map { [HTTPHeader("Content-Type", $0)] } ?? []) + headers,
            body: body, deadlines: deadlines, bodyLimit: bodyLimit)
    }

    /// A name for the other end of a socket, of which Docker makes nothing. curl looks through all idle connections to one
    /// name for each request, so the daemons of hundreds of hosts need names of their own.
    private static func authority(of socketPath: String) -> String {
        "docker" + String(decoding: socketPath.utf8.map { $0.isLetterOrDigit ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }

    /// Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
    static func escape(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if byte.isLetterOrDigit || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
