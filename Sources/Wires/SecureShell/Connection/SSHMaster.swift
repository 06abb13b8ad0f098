internal import Glibc
internal import Processes
internal import Threads

/// The one connection to a host: made at first need by one task, checked, made anew when it has gone.
final class SSHMaster: Sendable {
    /// Three tries when sshd closes before login, which it does to some of many connections at once (MaxStartups 10:30:100).
    private static let tries = 3

    private struct State: Sendable {
        var attempts = 0
        var wasConnected = false
        var lastFailure: (attempt: Int, error: SSHError)?
    }

    let arguments: SSHArguments
    private let diagnosis: SSHDiagnosis
    /// One task connects, the others wait for what comes of it.
    private let gate = Permits(1)
    private let state = Locked(State())

    init(arguments: SSHArguments) {
        self.arguments = arguments
        diagnosis = SSHDiagnosis(settings: arguments.settings, timings: arguments.timings)
    }

    /// Whether the master's socket is served. A connection that hangs is found by the master itself, by keep-alive probes.
    var isServed: Bool { (try? UnixSocket.connect(arguments.controlPath)) != nil }

    /// Makes sure that there is a connection, at the latest at `deadline`.
    func attach(by deadline: ContinuousClock.Instant) async throws(SSHError) {
        if isServed { return }
        let seen = state.withLock { $0.attempts }
        let failure: SSHError?
        do {
            failure = try await gate.withPermit { () async -> SSHError? in
                if isServed { return nil }
                if let last = state.withLock({ $0.lastFailure }), last.attempt > seen { return last.error }
                do throws(SSHError) {
                    try await connect(by: deadline)
                    return nil
                } catch {
                    return error
                }
            }
        } catch {
            throw SSHError(.cancelled, host: arguments.settings.host, reason: "cancelled before it was reached")
        }
        if let failure { throw failure }
    }

    /// Asks the master whether it lives; one that does not answer is taken out of the way.
    func discardIfDead() async {
        let answer = try? await Process.run(
            "ssh", arguments.control("check"), deadline: .seconds(3), ignoringCancellation: true)
        if answer?.exit.isSuccess != true { unlink(arguments.controlPath) }
    }

    /// Ends the connection and all that runs over it.
    func exit() async {
        _ = try? await Process.run("ssh", arguments.control("exit"), deadline: .seconds(5), ignoringCancellation: true)
    }

    private func connect(by deadline: ContinuousClock.Instant) async throws(SSHError) {
        let host = arguments.settings.host
        do {
            let path = "\(arguments.controlPath).lock"
            let lock = try await FileLock.take(path, within: deadline - .now)
            defer { withExtendedLifetime(lock) {} }
            if isServed { return }
            // After a loss many hosts are connected again at once, here and there: not in the same instant.
            if state.withLock({ $0.wasConnected }) { try await Task.sleep(for: Backoff.reconnect.delay(attempt: 0)) }
            try await connectAndRetry(by: deadline)
            state.withLock { $0.wasConnected = true }
        } catch let error as SSHError {
            // What came of one caller's own deadline says nothing to the others.
            state.withLock { state in
                state.attempts += 1
                guard error.code != .cancelled, error.code != .deadlineExceeded else { return }
                state.lastFailure = (state.attempts, error)
            }
            throw error
        } catch let error as ProcessError {
            throw SSHError(local: error, host: host)
        } catch {
            throw SSHError(.cancelled, host: host, reason: "cancelled before it was reached")
        }
    }

    private func connectAndRetry(by deadline: ContinuousClock.Instant) async throws {
        for attempt in 1... {
            do {
                return try await start(by: deadline)
            } catch let error as SSHError where error.code == .closedBeforeLogin && attempt < Self.tries {
                try await Task.sleep(for: Backoff.login.delay(attempt: attempt))
            }
        }
    }

    private func start(by deadline: ContinuousClock.Instant) async throws {
        // Nobody serves it: what is there is the leftover of a killed master, and ssh would not take its place.
        unlink(arguments.controlPath)
        let host = arguments.settings.host
        let own = arguments.timings.connect + arguments.timings.login
        let left = deadline - .now
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Process.run(
                "ssh", arguments.master,
                environment: .inheritedWith(["LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"]), workingDirectory: "/",
                deadline: min(own, left), keepingDescendants: true)
        } catch {
            guard error.code == .deadlineExceeded, own <= left else { throw SSHError(local: error, host: host) }
            throw SSHError(
                .connectionTimedOut, host: host, reason: "logging in takes longer than \(own.wholeSeconds) s",
                remedy: "check its load, and name look-ups of its sshd", cause: error)
        }
        guard result.exit.isSuccess else {
            throw await explained(diagnosis.error(stderr: result.stderr.text))
        }
    }

    /// Adds to a refused login which keys were there to offer.
    private func explained(_ error: SSHError) async -> SSHError {
        guard error.code == .permissionDenied else { return error }
        var offered: [String] = []
        var user = arguments.settings.user
        if let shown = try? await Process.run(
            "ssh", arguments.printConfiguration, workingDirectory: "/", deadline: .seconds(5))
        {
            let home = CurrentUser.current().home ?? ""
            for line in shown.stdout.text.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 1).map(String.init)
                guard words.count == 2 else { continue }
                if words[0] == "user" { user = words[1] }
                let path = words[1].hasPrefix("~/") ? home + words[1].dropFirst() : words[1]
                if words[0] == "identityfile", access(path, F_OK) == 0 { offered.append(words[1]) }
            }
        }
        let agent = getenv("SSH_AUTH_SOCK") != nil && arguments.settings.identity == nil ? ["those of the agent"] : []
        let keys = (offered + agent).joined(separator: ", ")
        return SSHError(
            .permissionDenied, host: error.host,
            reason: "it refuses user \(user ?? "?"); keys offered: \(keys.isEmpty ? "none" : keys)",
            remedy: error.remedy)
    }
}

/// Delays that grow with the attempts and are spread by chance, so that those who failed together do not try together.
struct Backoff: Sendable {
    /// Up to 0.3 s before a lost connection is made again.
    static let reconnect = Backoff(first: .milliseconds(300), longest: .milliseconds(300))
    /// 0.2 s to 2 s between logins that sshd had no room for.
    static let login = Backoff(first: .milliseconds(400), longest: .seconds(2))
    /// 25 ms to 0.5 s between tries for a session: another ends any moment.
    static let session = Backoff(first: .milliseconds(50), longest: .milliseconds(500))

    let first: Duration
    let longest: Duration

    /// Between half of the step and the whole of it.
    func delay(attempt: Int, chance: Double = Double.random(in: 0...1)) -> Duration {
        min(longest, first * (1 << min(max(0, attempt), 10))) * (0.5 + chance / 2)
    }
}

extension SSHError {
    /// A local process or file failed on the way to the host.
    init(local error: ProcessError, host: String) {
        switch error.code {
        case .cancelled:
            self.init(.cancelled, host: host, reason: "cancelled", cause: error)
        case .deadlineExceeded, .locked:
            self.init(.deadlineExceeded, host: host, reason: "it was not reached before the deadline", cause: error)
        case .executableMissing:
            self.init(
                .localFailure, host: host, reason: "\(error.subject) is not installed on this machine",
                remedy: error.subject == "ssh" ? "apt-get install openssh-client" : error.remedy, cause: error)
        default:
            self.init(
                .localFailure, host: host, reason: "\(error.subject): \(error.reason)", remedy: error.remedy,
                cause: error)
        }
    }
}
