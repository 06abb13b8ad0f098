import Foundation
import Processes
import RealHosts
import Testing

/// A machine of its own beside the virtual hosts, with systemd and the gantry that is tested; its fleet directory is
/// `/etc/gantry`. A mailbox on its loopback keeps each mail as a file, and a plug-in appends each incident to a file.
struct Techhost: Sendable {
    let fleet: RealFleet

    /// One more than the hosts that every test has.
    private static let number = 4
    static let log = "/var/log/gantry/dockmon.log"
    static let told = "/var/lib/gantry/told"
    static let mail = "/var/mail.d"
    static let unit = "gantry-monitor.service"
    private static let program = "/usr/local/bin/gantry"
    private static let modules = "/usr/local/lib/mailbox"
    private static let times = "/usr/local/bin/incident-times"
    private static let mailPort = 2525

    @TaskLocal static var present: Techhost?

    /// That of the suite.
    static func ofSuite() throws -> Techhost { try #require(present) }

    private var name: String { "\(fleet.names[0].dropLast())\(Self.number)" }

    // MARK: Commands

    /// A shell command on it. Its failure is a result.
    func run(_ command: String, deadline: Duration = .seconds(60)) async throws -> Answer {
        let result = try await fleet.shell(on: name, command, deadline: deadline)
        let status: Int32? = if case .exited(let code) = result.exit { code } else { nil }
        return Answer(status: status, stdout: result.stdout.trimmed, stderr: result.stderr.text)
    }

    /// The standard output of a command that must succeed.
    func output(
        _ command: String, deadline: Duration = .seconds(60), at location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await run(command, deadline: deadline)
        try #require(answer.status == 0, "\(command): \(answer.stdout)\n\(answer.stderr)", sourceLocation: location)
        return answer.stdout
    }

    /// gantry on its fleet directory.
    func gantry(_ arguments: String, deadline: Duration = .seconds(120)) async throws -> Answer {
        try await run("gantry \(arguments)", deadline: deadline)
    }

    func status() async throws -> (answer: Answer, document: StatusDocument) {
        let answer = try await gantry("clusterstatus --format json")
        return (answer, try answer.document())
    }

    /// Waits until `clusterstatus` finds nothing wrong.
    func isWhole(within limit: Duration = .seconds(120), at location: SourceLocation = #_sourceLocation) async throws {
        var last = ""
        try await eventually(within: limit, "clusterstatus 0", at: location) {
            let answer = try await gantry("clusterstatus --format plain")
            last = answer.stdout + answer.stderr
            return answer.status == 0
        } orSay: {
            last
        }
    }

    // MARK: What it tells

    /// Lines of the daemon's log from number `first` on, counted from 0.
    func lines(from first: Int = 0) async throws -> [String] {
        try await output("tail -n +\(first + 1) \(Self.log) 2>/dev/null || true").split(separator: "\n").map(
            String.init)
    }

    /// How many lines the log has, for `lines(from:)`.
    func lineCount() async throws -> Int { try await lines().count }

    /// What became of incidents: `opened broker-container-dead broker 3`.
    func incidents(from first: Int = 0) async throws -> [String] {
        try await lines(from: first).compactMap { line in
            line.firstMatch(of: /event=incident-(\w+) incident=\S+ rule=(\S+) subject=("[^"]*"|\S+)/).map {
                "\($0.1) \($0.2) \($0.3.replacing("\"", with: ""))"
            }
        }
    }

    /// Subjects of the mails that came, in their order.
    func mails() async throws -> [String] {
        try await output("grep -hi '^subject:' $(ls -v \(Self.mail)/*.eml 2>/dev/null) /dev/null || true")
            .split(separator: "\n").map { $0.dropFirst("subject:".count).trimmingCharacters(in: .whitespaces) }
    }

    /// When an incident about `subject` is first seen in log, metrics, plug-in and mailbox, once `cause` has been brought
    /// about: milliseconds since the epoch.
    func times(of subject: String, after cause: @escaping @Sendable () async throws -> Void) async throws
        -> IncidentTimes
    {
        let result = try await Processes.Process.run(
            "ssh",
            [
                "-F", fleet.sshConfig, name,
                "\(Self.times) watch '\(subject)' 20 \(Self.log) http://127.0.0.1:9308/metrics \(Self.told) \(Self.mail)",
            ], deadline: .seconds(60),
            outputLines: { line in if line == "ready" { try? await cause() } })
        let document = result.stdout.text.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return try JSONDecoder().decode(IncidentTimes.self, from: Data(document.utf8))
    }

    // MARK: Power

    /// Its power is lost, and comes back.
    func losesPower() async throws {
        try await fleet.control("kill", "\(Self.number)")
        try await fleet.control("start", "\(Self.number)")
    }

    // MARK: Making

    fileprivate static func made(on fleet: RealFleet) async throws -> Techhost {
        let techhost = Techhost(fleet: fleet)
        try await fleet.control("up", "\(Self.number)")
        _ = try await techhost.output("mkdir -p /etc/gantry/k /etc/gantry/monitor.d \(Self.modules)")
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.packages(fleet))
            .filter { ["aiosmtpd", "attr", "attrs", "public"].contains($0) }.map { "\(try Self.packages(fleet))/\($0)" }
        for (files, place) in [
            ([fleet.binary], program), ([fleet.identity], "/etc/gantry/key"), ([fleet.knownHosts], "/etc/gantry/known"),
            ([fleet.imageArchive], "/etc/gantry/k/kafka.tar.gz"), ([Self.script(fleet)], times),
            (modules, Self.modules),
        ] { try await techhost.copy(files, to: place) }
        try await techhost.write(
            "/etc/systemd/system/mailbox.service",
            """
            [Unit]
            Before=\(Self.unit)
            [Service]
            Environment=PYTHONPATH=\(Self.modules)
            ExecStart=\(Self.times) mailbox \(mailPort) \(Self.mail)
            ExecStartPost=/bin/bash -c 'until (exec 3<>/dev/tcp/127.0.0.1/\(mailPort)) 2>/dev/null; do sleep 0.05; done'
            [Install]
            WantedBy=multi-user.target
            """)
        try await techhost.write("/etc/gantry/monitor.d/tell", "#!/bin/sh\ncat >> \(Self.told)\n")
        _ = try await techhost.output(
            """
            chmod 600 /etc/gantry/key && chmod 755 \(program) \(times) /etc/gantry/monitor.d/tell
            systemctl daemon-reload && systemctl -q enable --now mailbox
            """)
        try await techhost.write("/etc/gantry/defaults.cfg", techhost.settings())
        _ = try await techhost.output("gantry init /etc/gantry")
        return techhost
    }

    /// A fleet directory's `defaults.cfg`; of the system's own, unless said otherwise.
    func settings(cluster: String = "orders", hosts: [Int] = [1, 2, 3], controllers: Int = 3, firstPort: Int = 9092)
        -> String
    {
        let settings = Gantry.Settings(
            cluster: cluster, hosts: hosts, brokers: 1, controllers: controllers, brokerPort: firstPort,
            controllerPort: firstPort + 10_000, archive: "/etc/gantry/k/kafka.tar.gz", identity: "/etc/gantry/key",
            knownHosts: "/etc/gantry/known",
            kafka: ["default.replication.factor": "\(min(2, hosts.count))", "min.insync.replicas": "1"])
        return settings.text(fleet) + """
            notify: { to: [ops@example.com], from: gantry@example.com, smtp: { url: "smtp://127.0.0.1:\(Self.mailPort)" } }
            monitor: { interval: 10s }
            move: { throttle: 4MiB/s }

            """
    }

    func write(_ path: String, _ text: String) async throws {
        let result = try await Processes.Process.run(
            "ssh", ["-F", fleet.sshConfig, name, "cat > \(path)"], input: .bytes(Array(text.utf8)),
            deadline: .seconds(30))
        try #require(result.exit.isSuccess, "\(path): \(result.stderr)")
    }

    private func copy(_ files: [String], to path: String) async throws {
        let result = try await Processes.Process.run(
            "scp", ["-q", "-r", "-F", fleet.sshConfig] + files + ["\(name):\(path)"], deadline: .seconds(120))
        try #require(result.exit.isSuccess, "\(files): \(result.stderr)")
    }

    private static func script(_ fleet: RealFleet) -> String {
        URL(filePath: fleet.script).deletingLastPathComponent().appending(path: "incident-times").path
    }

    /// Where the independent mail server's modules lie.
    private static func packages(_ fleet: RealFleet) throws -> String {
        let lib = URL(filePath: fleet.python).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "lib")
        let python = try FileManager.default.contentsOfDirectory(atPath: lib.path).first { $0.hasPrefix("python3") }
        return lib.appending(path: "\(try #require(python))/site-packages").path
    }

    fileprivate static func remove(from fleet: RealFleet) async throws {
        try await fleet.control("remove", "\(number)")
    }
}

/// Milliseconds since the epoch.
struct IncidentTimes: Decodable {
    let log: Int?
    let metric: Int?
    let plugin: Int?
    let mail: Int?
}

/// A techhost of its own for a suite, and hosts without containers and data before and after it.
struct OneTechhost: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let fleet = try RealFleet()
        try await fleet.clear()
        try await fleet.with(
            {},
            mendedBy: {
                try await Techhost.remove(from: fleet)
                try await fleet.clear()
            }
        ) {
            let techhost = try await Techhost.made(on: fleet)
            try await Techhost.$present.withValue(techhost) { try await function() }
        }
    }
}

extension Trait where Self == OneTechhost {
    static var oneTechhost: Self { OneTechhost() }
}
