internal import Glibc
public import Processes

/// A host reached by the OpenSSH programs, over one connection that all commands share and that outlives this process.
///
/// Host keys are always verified. The operator's configuration, keys, agent and jump hosts are honoured. (How a jump host's
/// own key is verified is the operator's configuration alone: ssh hands no options on to it. Nobody is ever asked.)
///
/// A command whose connection is lost may go on running on the host: whoever starts it anew looks first at what is done.
public final class SecureShell: RemoteHost {
    /// Two less than sshd's default MaxSessions of 10: room for ending a command, and for another process.
    private static let sessionsAtOnce = 8
    /// 15 s for ending what runs on a host: a slow host, not a dead one.
    private static let endingDeadline: Duration = .seconds(15)
    /// Thrice: a connection that dies each time it is used is a fault to report.
    private static let attachTries = 3
    /// With waits of half a second at most: 30 s until a session must have become free.
    private static let sessionTries = 60

    private let settings: SSHSettings
    private let directory: ControlDirectory
    private let master: SSHMaster
    private let diagnosis: SSHDiagnosis
    private let sessions = Permits(sessionsAtOnce)

    /// A host; nothing is done before the first command.
    public init(_ settings: SSHSettings, controlDirectory: ControlDirectory, timings: SSHTimings = SSHTimings()) {
        self.settings = settings
        directory = controlDirectory
        master = SSHMaster(
            arguments: SSHArguments(
                settings: settings, timings: timings, controlPath: controlDirectory.socket(for: settings)))
        diagnosis = SSHDiagnosis(settings: settings, timings: timings)
    }

    /// The host as the operator named it.
    public var name: String { settings.host }

    /// Ends the shared connection, and with it whatever other processes do over it. It would end by itself when unused.
    public func disconnect() async { await master.exit() }

    /// Runs a command to its end; see `RemoteHost`. As long as it is certain that nothing ran, a dead connection is made
    /// anew and a refused session tried again.
    ///
    /// - Throws: `SSHError` when it could not be run or not be run to its end.
    public func run(
        _ command: RemoteCommand, source: LocalSource?, outputLines: Process.LineHandler?,
        errorLines: Process.LineHandler?, progress: ((Int64) async -> Void)?
    ) async throws(SSHError) -> RemoteResult {
        let deadline = ContinuousClock.now + command.deadline
        do {
            return try await sessions.withPermit {
                try await attempt(command, source, by: deadline, outputLines, errorLines, progress)
            }
        } catch let error as SSHError {
            throw error
        } catch {
            throw SSHError(.cancelled, host: name, reason: "cancelled before it was begun")
        }
    }

    /// A program of this machine that writes what the command writes on the host; see `RemoteHost`.
    ///
    /// - Throws: `SSHError` when the host can't be reached.
    public func program(writing command: RemoteCommand) async throws(SSHError) -> Invocation {
        try await master.attach(by: ContinuousClock.now + RemoteCommand.defaultDeadline)
        return Invocation(
            "ssh", master.arguments.session(line: try line(of: command, MarkedExecution())),
            environment: .inheritedWith(["LC_ALL": "C"]), workingDirectory: "/")
    }

    /// Tries again as long as it is certain that nothing has run.
    private func attempt(
        _ command: RemoteCommand, _ source: LocalSource?, by deadline: ContinuousClock.Instant,
        _ outputLines: Process.LineHandler?, _ errorLines: Process.LineHandler?, _ progress: ((Int64) async -> Void)?
    ) async throws -> RemoteResult {
        var attached = 0
        var refused = 0
        while true {
            try await master.attach(by: deadline)
            attached += 1
            let execution = MarkedExecution()
            let session = Invocation(
                "ssh", master.arguments.session(line: try line(of: command, execution)),
                environment: .inheritedWith(["LC_ALL": "C"]), workingDirectory: "/")
            let outcome = try await HostExecution(host: name, diagnosis: diagnosis, execution: execution).run(
                session, command, source, deadline: deadline - .now, outputLines, errorLines, progress,
                ending: { await end(execution, asRoot: command.asRoot) })
            switch outcome {
            case .ran(let result): return result
            case .sessionRefused where refused < Self.sessionTries:
                refused += 1
                attached = 0
                try await Task.sleep(for: Backoff.session.delay(attempt: refused))
            case .sessionRefused:
                throw SSHError(
                    .noSession, host: name, reason: "its sshd opens no more sessions on a connection",
                    remedy: "raise MaxSessions in its sshd_config, or end other gantry processes")
            case .unattached where attached < Self.attachTries:
                await master.discardIfDead()
            case .unattached(let said):
                throw SSHError(
                    .connectionFailed, host: name, reason: "the connection ends as soon as it is used: \(said)",
                    remedy: "see the log of its sshd")
            }
        }
    }

    private func line(of command: RemoteCommand, _ execution: MarkedExecution) throws(SSHError) -> String {
        try checkCommand(command, host: name)
        let line = execution.line(for: command.arguments, asRoot: command.asRoot)
        guard line.utf8.count <= MarkedExecution.longestLine else {
            throw SSHError(
                .invalid, host: name, reason: "the command is longer than \(MarkedExecution.longestLine) bytes",
                remedy: "give the data as its input")
        }
        return line
    }

    /// Ends what an execution left running; without a connection there is no way to, and a new one is not made for it.
    private func end(_ execution: MarkedExecution, asRoot: Bool) async {
        await master.discardIfDead()
        guard master.isServed else { return }
        let own = MarkedExecution()
        let line = own.line(for: ["/bin/sh", "-c", endingScript], asRoot: asRoot)
        _ = try? await Process.run(
            "ssh", master.arguments.session(line: line), workingDirectory: "/",
            input: .bytes(Array("\(execution.mark)\n".utf8)), deadline: Self.endingDeadline, ignoringCancellation: true)
    }

    /// Makes a unix socket of the host reachable here while `body` runs; see `RemoteHost`.
    ///
    /// - Throws: `SSHError`, or whatever `body` throws.
    public func withForwardedSocket<Result>(
        _ remotePath: String, _ body: (_ localPath: String) async throws -> Result
    ) async throws -> Result {
        guard remotePath.hasPrefix("/"), !remotePath.contains(":"), !remotePath.contains(where: \.isWhitespace),
            !hasControlCharacters(remotePath)
        else {
            throw SSHError(.invalid, host: name, reason: "'\(remotePath)' is no path of a socket")
        }
        directory.removeLeftovers()
        let local = directory.newForward()
        let forward = "\(local):\(remotePath)"
        // Held as long as the forward: a master that serves nobody leaves after a while.
        let held = try await openForward(forward)
        defer { withExtendedLifetime(held) {} }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(local)) } catch { result = .failure(error) }
        _ = try? await Process.run(
            "ssh", master.arguments.control("cancel", forward: forward), deadline: .seconds(5),
            ignoringCancellation: true)
        unlink(local)
        return try result.get()
    }

    private func openForward(_ forward: String) async throws(SSHError) -> UnixSocket {
        let deadline = ContinuousClock.now + RemoteCommand.defaultDeadline
        var said = ""
        for _ in 0..<Self.attachTries {
            try await master.attach(by: deadline)
            guard let held = try? UnixSocket.connect(master.arguments.controlPath) else { continue }
            do throws(ProcessError) {
                let result = try await Process.run(
                    "ssh", master.arguments.control("forward", forward: forward),
                    environment: .inheritedWith(["LC_ALL": "C"]), deadline: .seconds(10))
                if result.exit.isSuccess { return held }
                said = result.stderr.trimmed
            } catch {
                guard error.code == .deadlineExceeded else { throw SSHError(local: error, host: name) }
                said = "the connection does not answer"
            }
            await master.discardIfDead()
        }
        throw SSHError(
            .forwardingRefused, host: name, reason: "cannot forward a socket: \(said)",
            remedy: "allow it in its sshd_config: AllowStreamLocalForwarding yes")
    }
}

/// A command that could not even be written down is refused before anything is done.
func checkCommand(_ command: RemoteCommand, host: String) throws(SSHError) {
    guard let program = command.arguments.first, !program.isEmpty, !program.hasPrefix("-"),
        !command.arguments.contains(where: { $0.utf8.contains(0) })
    else {
        throw SSHError(.invalid, host: host, reason: "'\(command.arguments.first ?? "")' is no command")
    }
}
