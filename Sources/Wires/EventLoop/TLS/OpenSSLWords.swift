internal import COpenSSL
internal import CSystem

/// OpenSSL's error queue and codes in words.
enum OpenSSLWords {
    /// The most specific words in this thread's queue, which is empty afterwards.
    static func lastError() -> String {
        var reason = ""
        while true {
            let error = ERR_get_error()
            guard error != 0 else { break }
            // The first entry is where it went wrong; the later ones are the callers.
            if reason.isEmpty { reason = words(error) }
        }
        return reason.isEmpty ? "unknown error" : reason
    }

    static func words(_ error: UInt) -> String {
        if let text = ERR_reason_error_string(error) { return String(cString: text) }
        // A system error, as of a file that is not there.
        return String(cString: csystem_errno_words(CInt(error & 0x7FFF_FFFF)))
    }

    static func verification(_ result: Int) -> String {
        X509_verify_cert_error_string(result).map { String(cString: $0) } ?? "verification error \(result)"
    }

    static func alert(_ number: CInt) -> String {
        SSL_alert_desc_string_long(number).map { String(cString: $0) } ?? "alert \(number)"
    }
}
