import Glibc
import Processes
import Testing

@testable import SecureShell

private let sshd: Comment = "sshd is not installed"

@Suite(.enabled(if: TestServer.isInstalled, sshd), .serialized, .timeLimit(.minutes(3))) struct SecureShellTests {
    @Test func `exit code, output and errors of a command come back apart`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let result = try await shell.run(.script("echo out; printf err >&2; exit 3"))
                #expect(result.exitCode == 3)
                #expect(result.stdout.text == "out\n")
                #expect(result.stderr.text == "err")
            }
        }
    }

    @Test func `what a login shell says before the command is none of the command's words`() async throws {
        let noisy =
            #"ForceCommand echo "rehash: locked" >&2; printf "no end " >&2; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND""#
        try await TestServer.with([noisy]) { server in
            try await server.withShell { shell in
                var lines: [String] = []
                let result = try await shell.run(.script("printf err >&2; exit 3"), errorLines: { lines.append($0) })
                #expect(result.exitCode == 3)
                #expect(result.stderr.text == "err")
                #expect(lines == ["err"])
            }
        }
    }

    @Test func `an argument reaches the program as it is`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                for odd in ["", "a b", "it's", "\"$HOME\" `id` $(id)", "-n", "*", "a\nb", "\\", "é", "!x", "'"] {
                    let result = try await shell.run(["printf", "[%s]", odd])
                    #expect(result.stdout.text == "[\(odd)]")
                }
            }
        }
    }

    @Test func `255 of a command is a result, not a lost connection`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let result = try await shell.run(.script("exit 255"))
                #expect(result.exitCode == 255)
            }
        }
    }

    @Test func `a program that is not there is said by name`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let error = await #expect(throws: SSHError.self) { try await shell.run(["no-such-program-here"]) }
                #expect(error?.code == .commandMissing)
                #expect(error?.reason == "there is no program no-such-program-here")
            }
        }
    }

    @Test func `a script has its arguments and its input`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let result = try await shell.run(
                    .script("cat; echo $1-$2", ["a b", "c"], input: .bytes(Array("in ".utf8))))
                #expect(result.stdout.text == "in a b-c\n")
            }
        }
    }

    @Test func `lines come as they are written, without the marks`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                var out: [String] = []
                var err: [String] = []
                _ = try await shell.run(
                    .script("echo 1; echo 2 >&2; echo 3; printf 4 >&2"), outputLines: { out.append($0) },
                    errorLines: { err.append($0) })
                #expect(out == ["1", "3"])
                #expect(err == ["2", "4"])
            }
        }
    }

    @Test func `past its deadline a command is ended on the host too`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let pids = "\(server.directory)/pids"
                // Connected before, so that the deadline is the command's alone.
                _ = try await shell.run(["true"])
                let error = await #expect(throws: SSHError.self) {
                    try await shell.run(
                        .script("sleep 1000 & echo $! $$ >$1; echo waiting >&2; wait", [pids], deadline: .seconds(8)))
                }
                #expect(error?.code == .deadlineExceeded)
                #expect(error?.reason.hasSuffix("(it said: waiting)") == true)
                try await expectAllEnded(pids)
            }
        }
    }

    @Test func `cancelling ends a command on the host too, with what it started`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let pids = "\(server.directory)/pids"
                let code = try await withThrowingTaskGroup(of: SSHError.Code?.self) { group in
                    group.addTask {
                        do throws(SSHError) {
                            _ = try await shell.run(
                                .script("sleep 1000 & echo $! $$ >$1.new; mv $1.new $1; wait", [pids]))
                            return nil
                        } catch { return error.code }
                    }
                    try await poll { access(pids, F_OK) == 0 }
                    group.cancelAll()
                    return try await group.next() ?? nil
                }
                #expect(code == .cancelled)
                try await expectAllEnded(pids)
            }
        }
    }

    @Test func `a command that writes without end is stopped at its bound, here and there`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let pids = "\(server.directory)/pids"
                let error = await #expect(throws: SSHError.self) {
                    try await shell.run(
                        .script("echo $$ >$1; exec yes", [pids], limits: OutputLimits(output: 1000, whenFull: .stop)))
                }
                #expect(error?.code == .outputOverLimit)
                try await expectAllEnded(pids)
            }
        }
    }

    @Test func `output beyond the bound is counted and the rest of the command still runs`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let result = try await shell.run(
                    .script("seq 100000; seq 100000 >&2; exit 4", limits: OutputLimits(output: 10, error: 200)))
                #expect(result.exitCode == 4)
                #expect(result.stdout == CapturedOutput(bytes: Array("1\n2\n3\n4\n5\n".utf8), discarded: 588_885))
                #expect(result.stderr.trimmed.hasSuffix("99999\n100000"))
            }
        }
    }

    @Test func `fifty megabytes of a file reach a command, and the progress is told`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let file = "\(server.directory)/big"
                let size: Int64 = 50 << 20
                _ = try await Process.run("sh", ["-c", "head -c \(size) /dev/urandom >\(file)"])
                let here = try await Process.run("sh", ["-c", "sha256sum <\(file)"]).stdout.text
                var seen: [Int64] = []
                let plain = try await shell.pipe(LocalSource(file: file), into: RemoteCommand(["sha256sum"])) {
                    seen.append($0)
                }
                #expect(plain.stdout.text == here)
                #expect(seen.last == size)
                #expect(seen == seen.sorted())
                let compressed = try await shell.pipe(
                    LocalSource(file: file, through: [Invocation("gzip", ["-1"])]),
                    into: .script("gunzip | sha256sum"))
                #expect(compressed.stdout.text == here)
            }
        }
    }

    @Test func `a local program that fails is an error although the command was content`() async throws {
        try await TestServer.with { server in
            try await server.withShell { shell in
                let broken = LocalSource(programs: [Invocation("sh", ["-c", "echo half; echo broken >&2; exit 3"])])
                let error = await #expect(throws: SSHError.self) {
                    try await shell.pipe(broken, into: RemoteCommand(["cat"]))
                }
                #expect(error?.code == .localFailure)
                #expect(error?.reason == "sh failed here (exit code 3): broken")
                let missing = await #expect(throws: SSHError.self) {
                    try await shell.pipe(LocalSource(file: "/no/such/file"), into: RemoteCommand(["cat"]))
                }
                #expect(missing?.code == .localFailure)
            }
        }
    }

    @Test func `what is no command is refused before anything is done`() async throws {
        let shell = SecureShell(try SSHSettings(host: "127.0.0.1", port: 1), controlDirectory: try .open())
        for bad in [[], [""], ["-x"], ["a", "b\0c"]] {
            let error = await #expect(throws: SSHError.self) { try await shell.run(bad) }
            #expect(error?.provesNothingRan == true)
        }
    }

    private func expectAllEnded(_ file: String) async throws {
        let pids = String(decoding: try BoundedFile.read(file, limit: 100), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        #expect(!pids.isEmpty)
        try await poll { pids.allSatisfy(hasEnded) }
    }
}
