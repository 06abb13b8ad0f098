import Glibc
import Processes
import Testing
import Threads

@testable import SecureShell

/// A real sshd on a port of the loopback, as the user of the tests, with keys of its own.
struct TestServer: Sendable {
    static let program = "/usr/sbin/sshd"
    static let isInstalled = access(program, X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0

    let directory: String
    let port: UInt16
    private let log = Locked<[String]>([])

    var identity: String { "\(directory)/id" }
    var knownHosts: String { "\(directory)/known_hosts" }
    var control: String { "\(directory)/c" }

    /// How often somebody has logged in.
    var logins: Int { log.withLock { $0.filter { $0.contains("Accepted publickey") }.count } }

    func settings(
        host: String = "127.0.0.1", identity: String? = nil, configuration: String? = nil, knownHosts: String? = nil
    ) throws -> SSHSettings {
        try SSHSettings(
            host: host, port: port, identity: identity ?? self.identity,
            configuration: configuration ?? "\(directory)/ssh_config", knownHosts: knownHosts ?? self.knownHosts)
    }

    /// Runs `body` with a host of this server, and ends the connection afterwards.
    func withShell<Result>(
        _ settings: SSHSettings? = nil, timings: SSHTimings = SSHTimings(), _ body: (SecureShell) async throws -> Result
    ) async throws -> Result {
        let shell = SecureShell(
            try settings ?? self.settings(), controlDirectory: try .open(control), timings: timings)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(shell)) } catch { result = .failure(error) }
        await shell.disconnect()
        return try result.get()
    }

    /// Starts a server with more lines of sshd_config(5), runs `body`, ends the server.
    static func with<Result: Sendable>(
        _ configuration: [String] = [], _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with(prefix: "gs") { directory in
            let free = try SilentPort()
            free.stop()
            let server = TestServer(directory: directory, port: free.port)
            try await server.makeKeys()
            let lines = [
                "Port \(server.port)", "ListenAddress 127.0.0.1", "HostKey \(directory)/host", "PidFile none",
                "UsePAM no",
                "AuthorizedKeysFile \(directory)/authorized_keys", "StrictModes no", "PermitRootLogin yes",
                "PasswordAuthentication no", "KbdInteractiveAuthentication no", "LogLevel VERBOSE",
            ]
            try AtomicFile.write(
                Array((configuration + lines).joined(separator: "\n").utf8 + [10]), to: "\(directory)/sshd_config")
            // sshd's directory for privilege separation; Debian's service makes it.
            if geteuid() == 0 { try Directories.make("/run/sshd") }
            return try await server.serve(body)
        }
    }

    private func makeKeys() async throws {
        for name in ["host", "id", "other"] {
            let made = try await Process.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(directory)/\(name)"],
                deadline: .seconds(30))
            try #require(made.exit.isSuccess)
        }
        let own = try BoundedFile.read("\(directory)/id.pub", limit: 4096)
        try AtomicFile.write(own, to: "\(directory)/authorized_keys")
        try writeKnownHosts(key: "host", to: knownHosts)
        try AtomicFile.write([], to: "\(directory)/ssh_config")
    }

    /// Writes a known_hosts file that says this server has the key called `key`.
    func writeKnownHosts(key: String, to path: String) throws {
        let text = String(decoding: try BoundedFile.read("\(directory)/\(key).pub", limit: 4096), as: UTF8.self)
        let words = text.split(separator: " ").prefix(2).joined(separator: " ")
        try AtomicFile.write(Array("[127.0.0.1]:\(port) \(words)\n".utf8), to: path)
    }

    private func serve<Result: Sendable>(
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let (listening, listens) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                // Ended by cancellation, which is reported as an error of no interest here.
                let result = try? await Process.run(
                    Self.program, ["-D", "-e", "-f", "\(directory)/sshd_config"], keepingDescendants: true,
                    errorLines: { line in
                        log.withLock { $0.append(line) }
                        if line.contains("Server listening") { listens.finish() }
                    })
                listens.finish()
                if let result { Issue.record("sshd ended: \(result.stderr.text)") }
                return nil
            }
            for await _ in listening {}
            group.addTask { try await body(self) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw SSHError(.invalid, host: "test", reason: "sshd did not start")
        }
    }
}

/// Waits until a condition holds; a test that waits in vain runs into its time limit.
func poll(_ condition: () async throws -> Bool) async throws {
    while !(try await condition()) { try await Task.sleep(for: .milliseconds(5)) }
}

/// Whether a process is gone, or a zombie of somebody who does not reap.
func hasEnded(_ pid: Int32) -> Bool {
    guard let bytes = try? BoundedFile.read("/proc/\(pid)/stat", limit: 4096) else { return true }
    return String(decoding: bytes, as: UTF8.self).contains(") Z ")
}
