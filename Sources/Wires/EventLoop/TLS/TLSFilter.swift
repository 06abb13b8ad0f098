internal import COpenSSL
internal import CSystem
internal import Glibc

/// One TLS session as a filter between two byte streams: OpenSSL over memory BIOs, no socket.
///
/// The owner is an actor; nothing here locks.
final class TLSFilter {
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// What OpenSSL's callbacks note during the handshake.
    private let notes: UnsafeMutablePointer<csystem_tls_notes>
    private let isServer: Bool
    private let hasIdentity: Bool
    private let peer: Endpoint

    init(taking session: OpaquePointer, isServer: Bool, hasIdentity: Bool, peer: Endpoint) throws(EventLoopError) {
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            // Out of memory: one small BIO more does not matter.
            SSL_free(session)
            throw EventLoopError(.system, during: "set TLS up", at: peer, reason: OpenSSLWords.lastError())
        }
        csystem_bio_empty_means_retry(incoming)
        csystem_bio_empty_means_retry(outgoing)
        SSL_set_bio(session, incoming, outgoing)
        notes = .allocate(capacity: 1)
        notes.initialize(to: csystem_tls_notes())
        csystem_ssl_set_notes(session, notes)
        if isServer { SSL_set_accept_state(session) } else { SSL_set_connect_state(session) }
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
        self.isServer = isServer
        self.hasIdentity = hasIdentity
        self.peer = peer
    }

    deinit {
        SSL_free(session)
        notes.deallocate()
    }

    /// Demands that the server's certificate carries `name`: as an address where it is a numeric one, else as a name,
    /// which is also sent as the server name indication (RFC 6066).
    func expect(_ name: String) throws(EventLoopError) {
        var space = in6_addr()
        let isAddress = inet_pton(AF_INET, name, &space) == 1 || inet_pton(AF_INET6, name, &space) == 1
        let accepted: Bool
        if isAddress {
            accepted = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) == 1
        } else {
            SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            accepted = SSL_set1_host(session, name) == 1 && csystem_ssl_set_server_name(session, name) == 1
        }
        guard accepted else {
            throw EventLoopError(
                .tlsFailed, during: "set TLS up", at: peer, reason: "\"\(name)\" cannot be a server's name",
                remedy: "Correct the server's name.")
        }
    }

    /// Takes bytes from the peer.
    func receive(_ bytes: [UInt8]) {
        let count = BIO_write(incoming, bytes, CInt(bytes.count))
        precondition(count == bytes.count, "a memory BIO takes everything or there is no memory")
    }

    /// Whether bytes for the peer are there.
    var hasCiphertext: Bool { csystem_bio_pending(outgoing) > 0 }

    /// The bytes for the peer so far.
    func takeCiphertext() -> [UInt8] {
        let pending = csystem_bio_pending(outgoing)
        guard pending > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: pending) { buffer, count in
            count = Int(max(0, BIO_read(outgoing, buffer.baseAddress, CInt(clamping: pending))))
        }
    }

    /// Goes on with the handshake; true once it is done, false while bytes of the peer are missing.
    func handshake() throws(EventLoopError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 { return true }
        if SSL_get_error(session, result) == SSL_ERROR_WANT_READ { return false }
        throw failure(during: "TLS handshake")
    }

    /// Plain bytes that have come, at most `limit`; nil when there are none yet, or none any more (``isEnded``).
    func decrypt(upTo limit: Int, through scratch: inout [UInt8]) throws(EventLoopError) -> [UInt8]? {
        ERR_clear_error()
        let most = min(limit, scratch.count)
        var filled = 0
        var code = SSL_ERROR_NONE
        scratch.withUnsafeMutableBytes { buffer in
            while filled < most {
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<most])
                let count = SSL_read(session, room.baseAddress, CInt(room.count))
                guard count > 0 else {
                    code = SSL_get_error(session, count)
                    return
                }
                filled += Int(count)
            }
        }
        // Bytes first; an error behind them is met again by the next call.
        if filled > 0 {
            if code == SSL_ERROR_SSL { pendingFailure = failure(during: "read") }
            return Array(scratch[..<filled])
        }
        if let pendingFailure { throw pendingFailure }
        switch code {
        case SSL_ERROR_NONE, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_ZERO_RETURN: return nil
        default: throw failure(during: "read")
        }
    }

    private var pendingFailure: EventLoopError?

    /// Whether the peer has said by close_notify that nothing more comes.
    var isEnded: Bool { SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// `plain` in records for the peer, after whatever was there for it.
    func encrypt(_ plain: [UInt8]) throws(EventLoopError) -> [UInt8] {
        ERR_clear_error()
        var written = 0
        while written < plain.count {
            let count = plain.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                return SSL_write(session, rest.baseAddress, CInt(clamping: rest.count))
            }
            guard count > 0 else { throw failure(during: "write") }
            written += Int(count)
        }
        return takeCiphertext()
    }

    /// The record that says nothing more comes, after whatever was there for the peer.
    func closeNotify() -> [UInt8] {
        ERR_clear_error()
        // Refused during a handshake and after errors; then there is nothing to say.
        if SSL_is_init_finished(session) == 1 { _ = SSL_shutdown(session) }
        ERR_clear_error()
        return takeCiphertext()
    }

    /// A bare "connection reset" with what is known of its likely reason.
    func explained(_ error: EventLoopError) -> EventLoopError {
        guard error.code == .connectionReset, lacksRequestedCertificate else { return error }
        return clientCertificateMissing(during: error.operation, words: error.reason)
    }
}

// MARK: - What went wrong

extension TLSFilter {
    private var lacksRequestedCertificate: Bool {
        !isServer && !hasIdentity && notes.pointee.certificate_requested != 0
    }

    private func failure(during operation: String) -> EventLoopError {
        let error = ERR_peek_error()
        let alert = csystem_err_peer_alert(error)
        let reason = csystem_err_reason(error)
        let words = OpenSSLWords.lastError()
        if alert != 0 { return refusal(alert, during: operation) }
        let verification = SSL_get_verify_result(session)
        if reason == SSL_R_CERTIFICATE_VERIFY_FAILED, verification != Int(X509_V_OK) {
            return rejected(verification, during: operation)
        }
        switch reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return EventLoopError(
                .clientCertificateRejected, during: operation, at: peer, reason: "the client showed no certificate")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST:
            return EventLoopError(
                .tlsFailed, during: operation, at: peer, reason: "the peer does not speak TLS (\(words))")
        default:
            return EventLoopError(.tlsFailed, during: operation, at: peer, reason: words)
        }
    }

    /// This side does not accept the peer's certificate.
    private func rejected(_ verification: Int, during operation: String) -> EventLoopError {
        let words = OpenSSLWords.verification(verification)
        let names = withUnsafeBytes(of: notes.pointee.rejected_names) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let whose = names.isEmpty ? "" : " (the certificate is for \(names))"
        return EventLoopError(
            isServer ? .clientCertificateRejected : .certificateRejected, during: operation, at: peer,
            reason: words + whose, remedy: remedy(verification))
    }

    private func remedy(_ verification: Int) -> String? {
        switch CInt(clamping: verification) {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            "Connect by a name in the certificate, or issue it with this name as a subject alternative name."
        case X509_V_ERR_CERT_HAS_EXPIRED: "Renew the certificate, and check this machine's clock."
        case X509_V_ERR_CERT_NOT_YET_VALID: "Check the clocks of both machines."
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            "Name the CA file that signed it."
        default: nil
        }
    }

    /// The peer ended the session with an alert.
    private func refusal(_ alert: CInt, during operation: String) -> EventLoopError {
        let words = OpenSSLWords.alert(alert)
        let concernsCertificate: Set<CInt> = [
            SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
            SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED,
            SSL_AD_CERTIFICATE_REQUIRED,
        ]
        if lacksRequestedCertificate, concernsCertificate.contains(alert) || alert == SSL_AD_HANDSHAKE_FAILURE {
            return clientCertificateMissing(during: operation, words: words)
        }
        if concernsCertificate.contains(alert) {
            return EventLoopError(
                isServer ? .certificateRejected : .clientCertificateRejected, during: operation, at: peer,
                reason: "the peer does not accept this side's certificate: \(words)",
                remedy: isServer ? "Check whom the client trusts." : nil)
        }
        return EventLoopError(.tlsFailed, during: operation, at: peer, reason: "the peer ended TLS: \(words)")
    }

    private func clientCertificateMissing(during operation: String, words: String) -> EventLoopError {
        EventLoopError(
            .clientCertificateRejected, during: operation, at: peer,
            reason: "the peer asks for a client certificate and none is configured (\(words))")
    }
}
