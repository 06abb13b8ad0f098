import Glibc
import Processes
import Testing
import Threads

@testable import SecureShell

private let sshd: Comment = "sshd is not installed"

@Suite(.enabled(if: TestServer.isInstalled, sshd), .serialized, .timeLimit(.minutes(3))) struct ConnectionTests {
    @Test func `ten commands at once log in once`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                try await expectAll(10, shell)
                #expect(server.logins == 1)
            }
        }
    }

    @Test func `more commands than the server has sessions for all run, one after the other`() async throws {
        try await TestServer.with(["MaxSessions 2"]) { server in
            try await server.withShell { shell in
                try await expectAll(12, shell)
                #expect(server.logins == 1)
            }
        }
    }

    @Test func `another process's object uses the same connection`() async throws {
        try await TestServer.with { server in
            try await server.withShell { first in
                _ = try await first.run(["true"])
                let second = SecureShell(try server.settings(), controlDirectory: try .open(server.control))
                _ = try await second.run(["true"])
                #expect(server.logins == 1)
            }
        }
    }

    @Test func `a killed connection is made anew for the next command`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                _ = try await shell.run(["true"])
                let master = try await masterPid(server)
                kill(master, SIGKILL)
                try await poll { hasEnded(master) }
                #expect(try await shell.run(["echo", "again"]).stdout.text == "again\n")
                #expect(server.logins == 2)
            }
        }
    }

    @Test func `a connection killed under a command is said as lost, not as never begun`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let up = "\(server.directory)/up"
                let master = Locked<Int32>(0)
                let error = try await withThrowingTaskGroup(of: SSHError?.self) { group in
                    group.addTask {
                        do throws(SSHError) {
                            _ = try await shell.run(.script("touch $1; sleep 5", [up]))
                            return nil
                        } catch { return error }
                    }
                    try await poll { access(up, F_OK) == 0 }
                    let pid = try await masterPid(server)
                    master.withLock { $0 = pid }
                    kill(pid, SIGKILL)
                    return try await group.next() ?? nil
                }
                #expect(error?.code == .connectionLost)
                #expect(error?.provesNothingRan == false)
            }
        }
    }

    @Test func `a hanging connection is put aside after a deadline, and the next command runs`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                _ = try await shell.run(["true"])
                let master = try await masterPid(server)
                kill(master, SIGSTOP)
                defer { kill(master, SIGKILL) }
                let error = await #expect(throws: SSHError.self) {
                    try await shell.run(["true"], deadline: .milliseconds(500))
                }
                #expect(error?.code == .deadlineExceeded)
                #expect(try await shell.run(["echo", "again"]).stdout.text == "again\n")
            }
        }
    }

    @Test func `an unused connection ends by itself, one with a forward stays`() async throws {
        try await TestServer.with { server in
            try await server.withShell(timings: SSHTimings(persist: .seconds(1))) { shell in
                try await shell.withForwardedSocket("/no/such/socket") { _ in
                    let master = try await masterPid(server)
                    try await Task.sleep(for: .seconds(3))
                    #expect(!hasEnded(master))
                }
                _ = try await shell.run(["true"])
                let master = try await masterPid(server)
                try await poll { hasEnded(master) }
            }
        }
    }

    @Test func `the operator's configuration can't switch the check of host keys off`() async throws {
        try await TestServer.with { server in
            let weak = "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nNoHostAuthenticationForLocalhost yes\n"
            try AtomicFile.write(Array(weak.utf8), to: "\(server.directory)/ssh_config")
            try AtomicFile.write([], to: "\(server.directory)/empty")
            let settings = try server.settings(knownHosts: "\(server.directory)/empty")
            try await server.withShell(settings) { shell in
                let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
                #expect(error?.code == .hostKeyUnknown)
                #expect(error?.remedy.contains("ssh-keyscan -p \(server.port) 127.0.0.1") == true)
                #expect(error?.isUnreachable == false)
            }
            #expect(server.logins == 0)
            #expect(try BoundedFile.read("\(server.directory)/empty", limit: 10).isEmpty)
        }
    }

    @Test func `the operator's configuration names hosts, users and ports`() async throws {
        try await TestServer.with { server in
            let own = """
                Host broker-one
                    HostName 127.0.0.1
                    Port \(server.port)
                    HostKeyAlias [127.0.0.1]:\(server.port)
                    RemoteCommand cat /etc/passwd
                    RequestTTY force
                    LocalForward 127.0.0.1:1 127.0.0.1:1
                """
            try AtomicFile.write(Array(own.utf8), to: "\(server.directory)/ssh_config")
            let settings = try SSHSettings(
                host: "broker-one", identity: server.identity, configuration: "\(server.directory)/ssh_config",
                knownHosts: server.knownHosts)
            try await server.withShell(settings) { shell in
                let result = try await shell.run(["echo", "here"])
                #expect(result.stdout.text == "here\n")
            }
        }
    }

    @Test func `a changed host key is told with its fingerprint and what to do`() async throws {
        try await TestServer.with { server in
            let file = "\(server.directory)/changed"
            try server.writeKnownHosts(key: "other", to: file)
            try await server.withShell(try server.settings(knownHosts: file)) { shell in
                let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
                #expect(error?.code == .hostKeyChanged)
                #expect(error?.reason.contains("SHA256:") == true)
                #expect(error?.remedy.contains("ssh-keygen -f \(file) -R '[127.0.0.1]:\(server.port)'") == true)
            }
        }
    }

    @Test func `a refused key is told with the keys that were offered`() async throws {
        try await TestServer.with { server in
            let settings = try server.settings(identity: "\(server.directory)/other")
            try await server.withShell(settings) { shell in
                let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
                #expect(error?.code == .permissionDenied)
                #expect(error?.reason.contains("keys offered: \(server.directory)/other") == true)
                #expect(error?.reason.contains("user \(CurrentUser.current().name)") == true)
            }
        }
    }

    @Test func `those who wait for one connection all learn why it can't be made, at one try`() async throws {
        try await TestServer.with { server in
            let settings = try server.settings(identity: "\(server.directory)/other")
            try await server.withShell(settings) { shell in
                let codes = await withTaskGroup(of: SSHError.Code?.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            do throws(SSHError) {
                                _ = try await shell.run(["true"])
                                return nil
                            } catch { return error.code }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(codes == Array(repeating: .permissionDenied, count: 5))
            }
        }
    }

    @Test func `a port that accepts and says nothing is not SSH`() async throws {
        let silent = try SilentPort()
        defer { silent.stop() }
        try await withStrayShell(port: silent.port) { shell in
            let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
            #expect(error?.code == .notSSH)
            #expect(error?.isUnreachable == true)
        }
    }

    @Test func `a port where nobody listens is a refused connection`() async throws {
        let closed = try SilentPort()
        closed.stop()
        try await withStrayShell(port: closed.port) { shell in
            let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
            #expect(error?.code == .connectionRefused)
        }
    }

    @Test func `a name without an address is told as that`() async throws {
        try await withStrayShell(host: "no-such-host.invalid", port: 22) { shell in
            let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
            #expect(error?.code == .nameUnknown)
        }
    }

    @Test func `sudo that asks for a password is told with the line that allows it`() async throws {
        try await withFakeSudo("echo 'sudo: a password is required' >&2; exit 1") { shell in
            let error = await #expect(throws: SSHError.self) { try await shell.run(["true"], asRoot: true) }
            #expect(error?.code == .sudoNeedsPassword)
            #expect(error?.remedy.contains("NOPASSWD") == true)
            #expect(error?.provesNothingRan == true)
        }
    }

    @Test func `sudo that allows it runs the command, arguments and input untouched`() async throws {
        try await withFakeSudo("[ \"$1 $2\" = '-n --' ] || exit 9; shift 2; ROOT=yes exec \"$@\"") { shell in
            let result = try await shell.run(
                .script("echo $ROOT \"$1\"; cat", ["a  b"], asRoot: true, input: .bytes(Array("in".utf8))))
            #expect(result.stdout.text == "yes a  b\nin")
            let plain = try await shell.run(.script("echo ${ROOT-no}"))
            #expect(plain.stdout.text == "no\n")
        }
    }

    @Test func `a host that lets in and runs nothing is told as that`() async throws {
        try await TestServer.with(["ForceCommand echo 'This account is not available.'; exit 1"]) { server in
            try await server.withShell { shell in
                let error = await #expect(throws: SSHError.self) { try await shell.run(["true"]) }
                #expect(error?.code == .commandRefused)
            }
        }
    }

    // MARK: Helpers

    private func expectAll(_ count: Int, _ shell: SecureShell) async throws {
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<count {
                group.addTask { try await shell.run(.script("sleep 0.1; echo $1", ["\(number)"])).stdout.trimmed }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(outputs == Set((0..<count).map { "\($0)" }))
    }

    /// The process that serves the control socket, as the master itself says.
    private func masterPid(_ server: TestServer) async throws -> Int32 {
        let arguments = SSHArguments(
            settings: try server.settings(), timings: SSHTimings(),
            controlPath: try ControlDirectory.open(server.control).socket(for: server.settings()))
        let answer = try await Process.run("ssh", arguments.control("check"))
        let digits = answer.stderr.text.drop { !$0.isNumber }.prefix { $0.isNumber }
        return try #require(Int32(digits))
    }

    private func withStrayShell(
        host: String = "127.0.0.1", port: UInt16, _ body: (SecureShell) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with(prefix: "gs") { directory in
            try AtomicFile.write([], to: "\(directory)/known_hosts")
            let settings = try SSHSettings(host: host, port: port, knownHosts: "\(directory)/known_hosts")
            try await body(
                SecureShell(
                    settings, controlDirectory: try .open("\(directory)/c"), timings: SSHTimings(connect: .seconds(1))))
        }
    }

    /// A server on which we are not root, as far as `id` says, and where `sudo` is this script.
    private func withFakeSudo(
        _ script: String, _ body: @escaping @Sendable (SecureShell) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with(prefix: "gb") { programs in
            try AtomicFile.write(Array("#!/bin/sh\necho 1000\n".utf8), to: "\(programs)/id", mode: 0o755)
            try AtomicFile.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "\(programs)/sudo", mode: 0o755)
            try await TestServer.with(["SetEnv PATH=\(programs):/usr/bin:/bin"]) { server in
                try await server.withShell { shell in try await body(shell) }
            }
        }
    }
}
