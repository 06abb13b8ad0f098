import Foundation
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(5))) struct TLSTests {
    private let certificates = TestCertificates.shared

    @Test func `bytes pass a TLS connection unchanged, verified by name and by address`() async throws {
        let server = try TLSContext.server(identity: certificates.identity("server"))
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
        try await withEcho(tls: server) { loop, endpoint in
            for name in [nil, "127.0.0.1", "broker.test"] {
                for size in [1, 16_384, 1_000_000] {
                    let bytes = pattern(size)
                    let echoed = try await exchange(loop, endpoint, bytes, tls: TLSUse(client, serverName: name))
                    #expect(echoed == bytes, "\(size) bytes")
                }
            }
        }
    }

    @Test(arguments: [
        ("server", "other.test", "hostname mismatch", "broker.test"),
        ("server", "10.9.8.7", "IP address mismatch", "broker.test"),
        ("expired", "broker.test", "certificate has expired", "Renew"),
        ("stranger", "broker.test", "self-signed certificate", "CA file"),
    ])
    func `a certificate that is not acceptable is refused in OpenSSL's words`(
        identity: String, name: String, words: String, hint: String
    ) async throws {
        let server = try TLSContext.server(identity: certificates.identity(identity))
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
        try await withEcho(tls: server) { loop, endpoint in
            let error = await #expect(throws: EventLoopError.self) {
                _ = try await exchange(loop, endpoint, [1], tls: TLSUse(client, serverName: name))
            }
            #expect(error?.code == .certificateRejected)
            let text = error?.description ?? ""
            #expect(text.localizedCaseInsensitiveContains(words) && text.contains(hint), "\(text)")
        }
    }

    @Test func `a client certificate that is asked for and there is accepted`() async throws {
        let server = try TLSContext.server(
            identity: certificates.identity("server"), clientTrust: .file(certificates.file("ca.pem")))
        let client = try TLSContext.client(
            trust: .file(certificates.file("ca.pem")), identity: certificates.identity("client"))
        try await withEcho(tls: server) { loop, endpoint in
            let echoed = try await exchange(loop, endpoint, [1, 2], tls: TLSUse(client))
            #expect(echoed == [1, 2])
        }
    }

    @Test func `a client certificate that is missing is reported as that, though TLS 1.3 tells it late`() async throws {
        let server = try TLSContext.server(
            identity: certificates.identity("server"), clientTrust: .file(certificates.file("ca.pem")))
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
        try await withEcho(tls: server) { loop, endpoint in
            let connection = try await loop.connect(to: endpoint, tls: TLSUse(client), deadline: .now + ample)
            let error = await #expect(throws: EventLoopError.self) { _ = try await connection.read() }
            #expect(error?.code == .clientCertificateRejected)
            #expect(error?.reason.contains("none is configured") == true)
            await connection.close()
        }
    }

    @Test func `a client certificate of another CA is reported as not accepted`() async throws {
        let server = try TLSContext.server(
            identity: certificates.identity("server"), clientTrust: .file(certificates.file("ca.pem")))
        let client = try TLSContext.client(
            trust: .file(certificates.file("ca.pem")), identity: certificates.identity("stranger"))
        try await withEcho(tls: server) { loop, endpoint in
            let error = await #expect(throws: EventLoopError.self) {
                let connection = try await loop.connect(
                    to: endpoint, tls: TLSUse(client), deadline: .now + ample)
                _ = try await connection.read()
            }
            #expect(error?.code == .clientCertificateRejected)
            #expect(error?.reason.contains("does not accept") == true)
        }
    }

    @Test func `a peer that does not speak TLS is told apart`() async throws {
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
        try await withEcho { loop, endpoint in
            let error = await #expect(throws: EventLoopError.self) {
                _ = try await exchange(loop, endpoint, [1], tls: TLSUse(client))
            }
            #expect(error?.code == .tlsFailed)
        }
    }

    @Test func `a peer that never answers the handshake costs no more than the deadline`() async throws {
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
        try await withEventLoop { loop in
            let listener = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0))
            let error = await #expect(throws: EventLoopError.self) {
                _ = try await loop.connect(
                    to: listener.endpoint, tls: TLSUse(client), deadline: .now + .milliseconds(50))
            }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test(arguments: ["ca.pem", "nowhere.pem", "server.key"])
    func `files that cannot be used are named`(file: String) throws {
        let error = #expect(throws: EventLoopError.self) {
            _ = try TLSContext.client(
                trust: .file(certificates.file("ca.pem")),
                identity: TLSIdentity(
                    certificateChainFile: certificates.file(file),
                    privateKeyFile: certificates.file("client.key")))
        }
        #expect(error?.code == .badCredentials)
        #expect(error?.reason.contains(certificates.directory.path) == true)
        #expect(throws: EventLoopError.self) { _ = try TLSContext.client(trust: .file("/nowhere/ca.pem")) }
    }

    @Test func `a key with a pass phrase is refused and nobody is asked`() throws {
        let error = #expect(throws: EventLoopError.self) {
            _ = try TLSContext.client(
                trust: .file(certificates.file("ca.pem")),
                identity: TLSIdentity(
                    certificateChainFile: certificates.file("client.pem"),
                    privateKeyFile: certificates.file("locked.key")))
        }
        #expect(error?.remedy.contains("pass phrase") == true)
    }

    @Test func `every fragmentation of the records gives the same plain bytes`() throws {
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)
        let server = try TLSContext.server(identity: certificates.identity("server"))
            .makeFilter(serverName: nil, peer: endpoint)
        let client = try TLSContext.client(trust: .file(certificates.file("ca.pem")))
            .makeFilter(serverName: "broker.test", peer: endpoint)
        var scratch = [UInt8](repeating: 0, count: 32 * 1024)
        var done = (client: false, server: false)
        while !(done.client && done.server) {
            if !done.client { done.client = try client.handshake() }
            for byte in client.takeCiphertext() { server.receive([byte]) }
            if !done.server { done.server = try server.handshake() }
            for byte in server.takeCiphertext() { client.receive([byte]) }
        }
        let message = pattern(40_000)
        var received: [UInt8] = []
        for byte in try client.encrypt(message) {
            server.receive([byte])
            if let plain = try server.decrypt(upTo: 1 << 20, through: &scratch) { received += plain }
        }
        #expect(received == message)
        #expect(!server.isEnded)
        for byte in client.closeNotify() { server.receive([byte]) }
        #expect(try server.decrypt(upTo: 100, through: &scratch) == nil)
        #expect(server.isEnded)
    }
}
