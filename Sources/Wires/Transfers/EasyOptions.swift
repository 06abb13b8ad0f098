import CCurl
import CSystem
import Glibc

/// Sets options of an easy handle and keeps the first failure.
struct EasyOptions {
    let handle: UnsafeMutableRawPointer
    private(set) var failure: CURLcode?

    init(handle: UnsafeMutableRawPointer) { self.handle = handle }

    private mutating func check(_ code: CURLcode) {
        if code != CURLE_OK, failure == nil { failure = code }
    }

    mutating func set(_ option: CURLoption, _ value: Int) { check(csystem_curl_set_long(handle, option, value)) }
    mutating func setOffset(_ option: CURLoption, _ value: Int64) {
        check(csystem_curl_set_offset(handle, option, curl_off_t(value)))
    }
    mutating func set(_ option: CURLoption, _ value: String) { check(csystem_curl_set_string(handle, option, value)) }
    mutating func setPointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        check(csystem_curl_set_pointer(handle, option, value))
    }
    mutating func setCallback(
        _ option: CURLoption, _ dataOption: CURLoption, _ data: UnsafeMutableRawPointer,
        _ callback: @escaping @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int
    ) {
        check(csystem_curl_set_data_callback(handle, option, callback))
        setPointer(dataOption, data)
    }

    /// What holds for every protocol.
    mutating func setCommon(connectDeadline: Duration, errorText: UnsafeMutablePointer<CChar>) {
        setPointer(CURLOPT_ERRORBUFFER, errorText)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, connectDeadline.wholeMilliseconds))
        // An empty name also keeps curl from asking the environment (http_proxy and its kin).
        set(CURLOPT_PROXY, "")
    }

    /// What an HTTP request needs; the list it returns must outlive the transfer.
    mutating func set(_ request: HTTPRequest) -> UnsafeMutablePointer<curl_slist>? {
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PATH_AS_IS, 1)
        if let path = request.socketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        set(method: request.method)
        // "Expect: 100-continue" costs a second where the peer does not know it.
        var lines = request.headers.map { "\($0.name): \($0.value)" } + ["Expect:"]
        switch request.body {
        case .none:
            if request.method == .post || request.method == .put { set(body: []) }
        case .bytes(let bytes): set(body: bytes)
        case .upload(_, let length):
            set(CURLOPT_UPLOAD, 1)
            setOffset(CURLOPT_INFILESIZE_LARGE, length ?? -1)
        }
        // Or curl claims that every body is a form.
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        set(CURLOPT_CUSTOMREQUEST, request.method, unless: [.get, .head])
        return setList(CURLOPT_HTTPHEADER, lines)
    }

    /// What a mail needs; the list it returns must outlive the transfer.
    mutating func set(_ mail: MailSubmission) -> UnsafeMutablePointer<curl_slist>? {
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // curl calls itself by the URL's path (EHLO).
        set(CURLOPT_URL, "\(mail.url)/\(mail.localName)")
        let isEncrypted = mail.login != nil || mail.encryption == .always
        set(CURLOPT_USE_SSL, Int((isEncrypted ? CURLUSESSL_ALL : CURLUSESSL_TRY).rawValue))
        if let certificates = mail.certificates {
            set(CURLOPT_CAINFO, certificates)
            setPointer(CURLOPT_CAPATH, nil)
        }
        if let login = mail.login {
            set(CURLOPT_USERNAME, login.user)
            set(CURLOPT_PASSWORD, login.password)
        }
        // curl waits for the reply to the mail itself, and to its good-bye, without returning; it shall not wait for longer
        // than we do, and not say good-bye when the handles are cleaned up, where nothing of ours bounds it.
        if let limit = mail.deadlines.silence ?? mail.deadlines.whole {
            set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, limit.wholeMilliseconds / 1000))
        }
        set(CURLOPT_FORBID_REUSE, 1)
        set(CURLOPT_CERTINFO, 1)
        set(CURLOPT_MAIL_FROM, mail.sender)
        set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        set(CURLOPT_UPLOAD, 1)
        setOffset(CURLOPT_INFILESIZE_LARGE, Int64(mail.content.count))
        return setList(CURLOPT_MAIL_RCPT, mail.recipients)
    }

    private mutating func set(method: HTTPRequest.Method) {
        switch method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        // See `HTTPRequest`: an order is never repeated behind our back.
        case .post, .put, .delete: set(CURLOPT_FRESH_CONNECT, 1)
        }
    }

    private mutating func set(
        _ option: CURLoption, _ method: HTTPRequest.Method, unless plain: Set<HTTPRequest.Method>
    ) {
        if !plain.contains(method) { set(option, method.rawValue) }
    }

    private mutating func set(body: [UInt8]) {
        setOffset(CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
        // Copied by curl, by the size set before.
        var copy = body
        copy.withUnsafeMutableBytes { bytes in
            var nothing: UInt8 = 0
            withUnsafeMutableBytes(of: &nothing) { empty in
                setPointer(CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? empty.baseAddress)
            }
        }
    }

    private mutating func setList(_ option: CURLoption, _ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                check(CURLE_OUT_OF_MEMORY)
                break
            }
            list = longer
        }
        check(csystem_curl_set_list(handle, option, list))
        return list
    }
}

extension Duration {
    /// Milliseconds, rounded up, within what a C `long` and `int` can hold; none of what has passed, by however little.
    var wholeMilliseconds: Int {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let limit = Int64(Int32.max)
        guard seconds < limit / 1000 else { return Int(limit) }
        return Int(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
