import Processes
import Testing

@testable import SecureShell

@Suite struct SSHSettingsTests {
    @Test(arguments: [
        "-oProxyCommand=touch /tmp/x", "--", "-", "", "a b", "a\tb", "a\nb", "a;b", "$(id)", "`id`", "a|b", "user@host",
        "a/b",
        "a\u{7f}", "é", "a'b", String(repeating: "a", count: 256),
    ])
    func `what could be an option or a command is no host name`(host: String) {
        let error = #expect(throws: SSHError.self) { try SSHSettings(host: host) }
        #expect(error?.code == .invalid)
        #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F } == true)
    }

    @Test(arguments: ["10.0.0.11", "broker-1.example.com", "fe80::1%eth0", "h_1"])
    func `names, aliases and addresses are host names`(host: String) throws {
        #expect(try SSHSettings(host: host).host == host)
    }

    @Test(arguments: ["-l", "a b", "a;b", ""])
    func `what could be an option or a command is no user`(user: String) {
        #expect(throws: SSHError.self) { try SSHSettings(host: "h", user: user) }
    }

    @Test(arguments: ["relative", "-i", "/a\nb", "/a\"b", "/${HOME}/x"])
    func `a path is absolute and is only a path`(path: String) {
        #expect(throws: SSHError.self) { try SSHSettings(host: "h", identity: path) }
        #expect(throws: SSHError.self) { try SSHSettings(host: "h", configuration: path) }
        #expect(throws: SSHError.self) { try SSHSettings(host: "h", knownHosts: path) }
    }
}

@Suite struct SSHArgumentsTests {
    private func arguments(_ settings: SSHSettings) -> SSHArguments {
        SSHArguments(settings: settings, timings: SSHTimings(), controlPath: "/run/c%d/0")
    }

    @Test func `the master verifies host keys and asks nobody, whatever its configuration says`() throws {
        let master = arguments(try SSHSettings(host: "h")).master
        #expect(master.contains("StrictHostKeyChecking=yes"))
        #expect(master.contains("BatchMode=yes"))
        #expect(master.contains("ControlPath=\"/run/c%%d/0\""))
        #expect(Array(master.suffix(2)) == ["--", "h"])
        #expect(!master.contains("-F"))
        #expect(
            !master.contains { $0.hasPrefix("UserKnownHostsFile") || $0.hasPrefix("Port") || $0.hasPrefix("User=") })
    }

    @Test func `settings given take the place of the operator's`() throws {
        let master = arguments(
            try SSHSettings(
                host: "h", user: "u", port: 2222, identity: "/k e%y", configuration: "/c", knownHosts: "/n")
        ).master
        #expect(Array(master.prefix(2)) == ["-F", "/c"])
        for option in [
            "User=u", "Port=2222", "IdentityFile=\"/k e%%y\"", "IdentitiesOnly=yes", "UserKnownHostsFile=\"/n\"",
            "GlobalKnownHostsFile=/dev/null",
        ] {
            #expect(master.contains(option))
        }
    }

    @Test func `a session never makes a connection of its own`() throws {
        let session = arguments(try SSHSettings(host: "h")).session(line: "true")
        #expect(session.contains { $0.hasPrefix("ProxyCommand=sh -c \"echo ") })
        #expect(Array(session.suffix(3)) == ["--", "h", "true"])
    }
}

@Suite struct ControlDirectoryTests {
    @Test func `sockets fit below a directory that is short enough, else below another`() async throws {
        try await TemporaryDirectory.with { directory in
            let near = try ControlDirectory.open("\(directory)/c")
            #expect(near.path == "\(directory)/c")
            let long = "\(directory)/" + String(repeating: "x", count: 80)
            let far = try ControlDirectory.open(long)
            defer { TemporaryDirectory.remove(far.path) }
            #expect(far.path != long)
            #expect(try ControlDirectory.open(long) == far)
            let settings = try SSHSettings(host: String(repeating: "h", count: 255))
            for directory in [near, far] {
                // What ssh adds while it binds.
                #expect(directory.socket(for: settings).utf8.count + 17 <= UnixSocket.longestPath)
                #expect(directory.newForward().utf8.count <= UnixSocket.longestPath)
            }
        }
    }

    @Test func `other settings are another connection`() throws {
        let directory = try ControlDirectory.open()
        let all = [
            try SSHSettings(host: "h"), try SSHSettings(host: "h", user: "u"), try SSHSettings(host: "h", port: 22),
            try SSHSettings(host: "h", identity: "/a"), try SSHSettings(host: "h", configuration: "/a"),
            try SSHSettings(host: "h", knownHosts: "/a"), try SSHSettings(host: "hu"),
        ]
        #expect(Set(all.map(directory.socket)).count == all.count)
    }

    @Test func `a directory open to others is refused`() async throws {
        try await TemporaryDirectory.with { directory in
            try Directories.make("\(directory)/open")
            let error = #expect(throws: SSHError.self) { try ControlDirectory.open("\(directory)/open") }
            #expect(error?.code == .localFailure)
        }
    }

    @Test func `leftovers of processes that are gone are removed, and nothing else`() async throws {
        try await TemporaryDirectory.with { path in
            let directory = try ControlDirectory.open("\(path)/c")
            let own = directory.newForward()
            let gone = "\(path)/c/f" + String(Int32.max, radix: 36) + "-abc"
            for file in [own, gone, "\(path)/c/0123456789abcdef"] { try AtomicFile.write([], to: file) }
            directory.removeLeftovers()
            #expect(try Directories.entries("\(path)/c").count == 2)
        }
    }
}

@Suite struct MarksTests {
    @Test func `start, end and missing are told apart from what a command says`() {
        var marks = ExecutionMarks()
        #expect(marks.read("a lecture", mark: "m-1") == "a lecture")
        #expect(marks == ExecutionMarks())
        #expect(marks.read("m-1 start", mark: "m-1") == nil)
        #expect(marks.hasStarted)
        #expect(marks.read("m-1 ended otherwise", mark: "m-1") == "m-1 ended otherwise")
        #expect(marks.exitCode == nil)
        #expect(marks.read("no newlinem-1 end 7", mark: "m-1") == "no newline")
        #expect(marks.exitCode == 7)
    }

    @Test(arguments: ["", "a", "a b", "it's", "''", "$x", "a\nb", "-o"])
    func `a quoted word is one word for a shell`(word: String) async throws {
        let result = try await Process.run("sh", ["-c", "printf %s \(shellQuoted(word)) end"])
        #expect(result.stdout.text == word + "end")
    }
}

@Suite struct BackoffTests {
    @Test func `delays grow, are spread by chance, and have a bound`() {
        let backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
        #expect(backoff.delay(attempt: 0, chance: 0) == .milliseconds(50))
        #expect(backoff.delay(attempt: 0, chance: 1) == .milliseconds(100))
        #expect(backoff.delay(attempt: 2, chance: 1) == .milliseconds(400))
        #expect(backoff.delay(attempt: 1000, chance: 1) == .seconds(1))
        #expect(backoff.delay(attempt: -1, chance: 1) == .milliseconds(100))
    }
}

@Suite struct DiagnosisTests {
    private func diagnose(_ words: String) throws -> SSHError {
        SSHDiagnosis(settings: try SSHSettings(host: "10.0.0.11", user: "kafka", port: 2222), timings: SSHTimings())
            .error(stderr: words)
    }

    @Test(arguments: [
        ("ssh: Could not resolve hostname h: Name or service not known", SSHError.Code.nameUnknown),
        ("ssh: connect to host 10.0.0.11 port 22: Connection refused", .connectionRefused),
        ("ssh: connect to host 10.0.0.11 port 22: Connection timed out", .connectionTimedOut),
        ("ssh: connect to host 10.0.0.11 port 22: No route to host", .noRoute),
        ("Connection timed out during banner exchange\r\nConnection to 10.0.0.11 port 22 timed out", .notSSH),
        ("kex_exchange_identification: banner line contains invalid characters", .notSSH),
        ("kex_exchange_identification: Connection closed by remote host", .closedBeforeLogin),
        ("kex_exchange_identification: read: Connection reset by peer", .closedBeforeLogin),
        ("Host key verification failed.", .hostKeyUnknown),
        ("kafka@10.0.0.11: Permission denied (publickey).", .permissionDenied),
        ("Received disconnect from 10.0.0.11 port 22:2: Too many authentication failures", .permissionDenied),
        ("Load key \"/k\": invalid format\r\nsomething else", .keyUnusable),
        (
            "/root/.ssh/config: line 3: Bad configuration option: foo\r\nterminating, 1 bad configuration options",
            .configurationRejected
        ),
        ("something new", .connectionFailed), ("", .connectionFailed),
    ])
    func `what ssh says becomes a kind of failure`(words: String, code: SSHError.Code) throws {
        let error = try diagnose(words)
        #expect(error.code == code)
        #expect(!error.remedy.isEmpty)
        #expect(error.host == "10.0.0.11")
    }

    @Test func `what refuses a command after login is told apart`() throws {
        let diagnosis = SSHDiagnosis(settings: try SSHSettings(host: "h"), timings: SSHTimings())
        #expect(
            diagnosis.refusal(exitCode: 1, stderr: "sudo: a password is required", asRoot: true).code
                == .sudoNeedsPassword)
        #expect(
            diagnosis.refusal(exitCode: 127, stderr: "/bin/sh: 1: exec: sudo: not found", asRoot: true).code
                == .sudoRefused)
        #expect(diagnosis.refusal(exitCode: 1, stderr: "", asRoot: true).code == .commandRefused)
        #expect(
            diagnosis.refusal(exitCode: 1, stderr: "This account is not available.", asRoot: false).code
                == .commandRefused)
    }
}
