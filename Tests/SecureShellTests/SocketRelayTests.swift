import Processes
import Testing

@testable import SecureShell

struct SocketRelayTests {
    @Test func `a relay hands connections on both ways, and leaves nothing behind`() async throws {
        let here = LocalShell(name: "here")
        let root = try await here.run(["sh", "-c", "id -u"])
        // A login that may not become root has no relay.
        guard root.stdout.trimmed == "0" else { return }
        let before = try await here.run(.script("ls -d /run/gantry-relay.* 2>/dev/null | wc -l")).stdout.trimmed
        let server = try EchoServer(path: "/tmp/gantry-echo-\(UInt32.random(in: 0 ... .max))")
        defer { server.stop() }
        let bytes = [UInt8](repeating: 7, count: 4000)
        let answer = try await here.withRelayedSocket(server.path) { local in
            #expect(local.hasPrefix("/run/gantry-relay."))
            return try EchoServer.exchange(bytes, at: local)
        }
        #expect(answer == bytes)
        let after = try await here.run(.script("ls -d /run/gantry-relay.* 2>/dev/null | wc -l")).stdout.trimmed
        #expect(before == after)
    }
}
