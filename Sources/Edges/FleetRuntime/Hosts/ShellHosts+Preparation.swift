import FleetModel
import Observation
import Operations
import Processes
import SecureShell

/// What hosts are beyond Kafka, by scripts.
extension ShellHosts {
    /// Installing packages over a slow line.
    private static let changeDeadline: Duration = .seconds(1800)
    /// Lines of a failed change that are worth showing.
    private static let evidenceLines = 8

    func techhost(state: String, looksUp hosts: [HostName]) async throws(HostProblem) -> TechhostFacts {
        let here = LocalShell(name: "techhost")
        do throws(SSHError) {
            let question = HostQuestion(cluster: cluster, data: [state])
            let result = try await here.run(
                .script(
                    HostReport.script, HostReport.arguments(question),
                    limits: OutputLimits(output: HostReport.outputLimit), deadline: Self.inspectionDeadline))
            let report = HostReport(parsing: result.stdout.text)
            let limits = try await here.run(.script("ulimit -n; ssh -V 2>&1 | head -n 1"))
            let lines = limits.stdout.text.split(separator: "\n").map(String.init)
            let names = try await here.run(
                RemoteCommand(
                    ["perl", "-e", PeerScript.text] + PeerScript.arguments(PeerQuestion(peers: [], patience: .zero)),
                    input: .bytes(
                        Array(PeerScript.input(PeerQuestion(peers: hosts.map { .init(host: $0, ports: []) })).utf8)),
                    limits: OutputLimits(output: PeerScript.outputLimit)))
            return TechhostFacts(
                machine: report.machine ?? MachineFacts(), state: report.disks.first,
                files: lines.first.flatMap { $0 == "unlimited" ? .max : Int64($0) },
                ssh: lines.dropFirst().first.flatMap { $0.contains("OpenSSH") ? $0 : nil },
                names: PeerAnswers(parsing: names.stdout.text).names)
        } catch {
            throw HostProblem(error)
        }
    }

    func lookAtPeers(_ question: PeerQuestion, from host: HostName) async throws(HostProblem) -> PeerAnswers {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            let result = try await remote.run(
                RemoteCommand(
                    ["perl", "-e", PeerScript.text] + PeerScript.arguments(question), asRoot: true,
                    input: .bytes(Array(PeerScript.input(question).utf8)),
                    limits: OutputLimits(output: PeerScript.outputLimit), deadline: Self.inspectionDeadline))
            guard result.stdout.text.hasSuffix(PeerScript.end) else {
                throw SSHError(
                    .readFailed, host: host.rawValue,
                    reason: "the look at the other hosts ended early: \(result.stderr.trimmed)",
                    remedy: "see that \(host) has perl")
            }
            return PeerAnswers(parsing: result.stdout.text).named(question.peers)
        } catch {
            throw HostProblem(error)
        }
    }

    func bandwidth(from host: HostName, to peer: HostName) async throws(HostProblem) -> BytesPerSecond {
        let (result, reason) = try await PeerTransfer(
            giving: ["timeout", "2", "cat", "/dev/zero"], taking: ["dd", "of=/dev/null", "bs=64k"], from: host,
            address: directory.address(host),
            source: try directory.remote(host), to: peer, target: try directory.remote(peer)
        ).run()
        guard let result, let rate = Self.rate(saidBy: result.stderr.text) else {
            throw HostProblem(
                code: "no-way", unreachable: false,
                reason: result == nil ? reason : "dd says: \(result?.stderr.trimmed ?? "")",
                remedy: "see that \(peer) can connect to any port of \(host), or measure by hand")
        }
        return rate
    }

    /// `123 bytes (123 B, 123 B) copied, 2.00 s, …`, as dd ends.
    static func rate(saidBy text: String) -> BytesPerSecond? {
        guard let line = text.split(separator: "\n").last(where: { $0.contains(" copied, ") }),
            let bytes = line.split(separator: " ").first.flatMap({ Double($0) }),
            let seconds = line.split(separator: ",").dropLast().last?.split(separator: " ").first
                .flatMap({ Double($0) }), seconds > 0, bytes > 0
        else { return nil }
        let rate = bytes / seconds
        return rate < Double(Int64.max) ? BytesPerSecond(Int64(rate)) : nil
    }

    func holds(_ change: HostChange, on host: HostName) async throws(HostProblem) -> Bool {
        let remote = try directory.remote(host)
        do throws(SSHError) {
            return try await remote.run(.script(change.probe, asRoot: true, deadline: Self.inspectionDeadline))
                .isSuccess
        } catch {
            throw HostProblem(error)
        }
    }

    func make(
        _ change: HostChange, on host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        try await run(change.commands, change, on: host, progress: progress)
    }

    func undo(_ change: HostChange, on host: HostName) async throws(HostProblem) {
        guard !change.undo.isEmpty else { return }
        try await run(change.undo, change, on: host) { _ in }
    }

    /// Runs lines one after the other until one fails; each is told before it runs.
    private func run(
        _ lines: [String], _ change: HostChange, on host: HostName, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        let remote = try directory.remote(host)
        let result: RemoteResult
        do throws(SSHError) {
            result = try await remote.run(
                .script("set -e\n" + lines.joined(separator: "\n"), asRoot: true, deadline: Self.changeDeadline),
                outputLines: { line in
                    // Of hundreds of lines of a package manager these two say how long it takes.
                    if line.hasPrefix("Need to get") || line.hasPrefix("Fetched") { await progress(line) }
                })
        } catch {
            throw HostProblem(error)
        }
        guard !result.isSuccess else { return }
        let words = (result.stdout.text + result.stderr.text).split(separator: "\n").suffix(Self.evidenceLines)
            .map(String.init)
        let said = words.joined(separator: "\n")
        let code = HostChange.failureCode(said)
        throw HostProblem(
            code: code, unreachable: false,
            reason: "can't \(change.title) on \(host): \(words.last ?? "exit \(result.exitCode)")",
            remedy: Self.remedy(code, directory.commands, host), evidence: words)
    }

    private static func remedy(_ code: String, _ commands: HostCommands, _ host: HostName) -> String {
        switch code {
        case "package-lock":
            commands.line("ps -C apt-get,apt,dpkg,unattended-upgr", on: host, asRoot: true)
                + " shows who holds the lock; run the command again when it is done"
        case "download-failed":
            "see that \(host) reaches its package archive; what is there already stays, so run it again"
        case "package-unknown": "see the sources of \(commands.line("apt-cache policy", on: host))"
        case "disk-not-blank": "name another device in disks: of \(host); what is on this one is not touched"
        default: "mend what it says, and run the command again: what is done stays"
        }
    }
}
