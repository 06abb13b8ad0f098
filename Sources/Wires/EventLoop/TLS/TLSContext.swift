internal import COpenSSL
internal import CSystem
internal import Glibc

/// A certificate with its chain, and its private key, in PEM files.
public struct TLSIdentity: Sendable, Hashable {
    /// The certificate first, then the intermediate ones.
    public var certificateChainFile: String
    /// The key, not encrypted by a pass phrase; the same file may hold both.
    public var privateKeyFile: String

    /// An identity from two PEM files.
    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// Whose signatures are believed.
public enum TLSTrust: Sendable, Hashable {
    /// The CAs of the operating system (Debian: ca-certificates).
    case system
    /// The CAs in a PEM file, and nobody else.
    case file(String)
}

/// One side's TLS settings with the files read: TLS 1.2 or later, the peer verified, shared by any number of
/// connections on any loop.
public final class TLSContext: @unchecked Sendable {
    // Unchecked: an SSL_CTX that is not changed any more may be used by any thread (openssl-threads(7)).

    private let context: OpaquePointer
    private let isServer: Bool
    private let hasIdentity: Bool

    /// The client's side: the server's certificate must come from `trust` and carry the server's name or address.
    ///
    /// - Throws: `EventLoopError` with code `badCredentials` for files that are unreadable or do not fit.
    public static func client(trust: TLSTrust, identity: TLSIdentity? = nil) throws(EventLoopError) -> TLSContext {
        try TLSContext(isServer: false, trust: trust, identity: identity)
    }

    /// The server's side; with `clientTrust` clients must show a certificate that it has signed.
    ///
    /// - Throws: `EventLoopError` with code `badCredentials` for files that are unreadable or do not fit.
    public static func server(
        identity: TLSIdentity, clientTrust: TLSTrust? = nil
    ) throws(EventLoopError) -> TLSContext {
        try TLSContext(isServer: true, trust: clientTrust, identity: identity)
    }

    private init(isServer: Bool, trust: TLSTrust?, identity: TLSIdentity?) throws(EventLoopError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw EventLoopError(.system, during: "set TLS up", reason: OpenSSLWords.lastError())
        }
        self.context = context
        self.isServer = isServer
        hasIdentity = identity != nil
        // From here on deinit frees the context when the rest throws.
        csystem_ssl_ctx_prepare(context)
        if let trust { try trustOnly(trust) }
        if let identity { try show(identity) }
        switch (isServer, trust) {
        case (true, nil): csystem_ssl_ctx_verify(context, SSL_VERIFY_NONE)
        case (true, _): csystem_ssl_ctx_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
        case (false, _): csystem_ssl_ctx_verify(context, SSL_VERIFY_PEER)
        }
        if !isServer { csystem_ssl_ctx_note_certificate_requests(context) }
    }

    deinit { SSL_CTX_free(context) }

    private func trustOnly(_ trust: TLSTrust) throws(EventLoopError) {
        switch trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw Self.bad("the system's CA certificates", remedy: "Install the package ca-certificates.")
            }
        case .file(let path):
            guard SSL_CTX_load_verify_file(context, path) == 1 else {
                throw Self.bad("the CA file \(path)", remedy: "Give a readable PEM file with CA certificates.")
            }
        }
    }

    private func show(_ identity: TLSIdentity) throws(EventLoopError) {
        guard SSL_CTX_use_certificate_chain_file(context, identity.certificateChainFile) == 1 else {
            throw Self.bad(
                "the certificate file \(identity.certificateChainFile)",
                remedy: "Give a readable PEM file with the certificate first, then its chain.")
        }
        guard SSL_CTX_use_PrivateKey_file(context, identity.privateKeyFile, SSL_FILETYPE_PEM) == 1 else {
            throw Self.bad(
                "the key file \(identity.privateKeyFile)",
                remedy: "Give a readable PEM key without a pass phrase that belongs to the certificate.")
        }
    }

    private static func bad(_ what: String, remedy: String) -> EventLoopError {
        EventLoopError(
            .badCredentials, during: "set TLS up", reason: "\(what) cannot be used: \(OpenSSLWords.lastError())",
            remedy: remedy)
    }

    /// The state of one connection.
    func makeFilter(serverName: String?, peer: Endpoint) throws(EventLoopError) -> TLSFilter {
        ERR_clear_error()
        guard let session = SSL_new(context) else {
            throw EventLoopError(.system, during: "set TLS up", at: peer, reason: OpenSSLWords.lastError())
        }
        let filter = try TLSFilter(taking: session, isServer: isServer, hasIdentity: hasIdentity, peer: peer)
        if !isServer {
            guard let serverName, !serverName.isEmpty else {
                throw EventLoopError(
                    .tlsFailed, during: "set TLS up", at: peer,
                    reason: "no server name to verify", remedy: "Name the server whose certificate is expected.")
            }
            try filter.expect(serverName)
        }
        return filter
    }
}
