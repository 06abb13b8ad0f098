public import Processes

/// This machine as a host: for `transport: local`, where techhost and virtual host are one.
public struct LocalShell: RemoteHost {
    /// 15 s for ending what a stopped command left.
    private static let endingDeadline: Duration = .seconds(15)

    /// The host as the operator named it.
    public let name: String

    /// This machine under the name the operator gave it.
    public init(name: String) { self.name = name }

    /// Runs a command to its end; see `RemoteHost`.
    ///
    /// - Throws: `SSHError` when it could not be run or not be run to its end.
    public func run(
        _ command: RemoteCommand, source: LocalSource?, outputLines: Process.LineHandler?,
        errorLines: Process.LineHandler?, progress: ((Int64) async -> Void)?
    ) async throws(SSHError) -> RemoteResult {
        try checkCommand(command, host: name)
        let execution = MarkedExecution()
        let settings = try SSHSettings(host: "localhost")
        let outcome = try await HostExecution(
            host: name, diagnosis: SSHDiagnosis(settings: settings, timings: SSHTimings()), execution: execution
        ).run(
            invocation(execution, command.arguments, asRoot: command.asRoot), command, source,
            deadline: command.deadline,
            outputLines, errorLines, progress, ending: { await end(execution, asRoot: command.asRoot) })
        guard case .ran(let result) = outcome else {
            throw SSHError(.commandRefused, host: name, reason: "/bin/sh does not run commands here")
        }
        return result
    }

    /// The command itself.
    public func program(writing command: RemoteCommand) async throws(SSHError) -> Invocation {
        try checkCommand(command, host: name)
        return invocation(MarkedExecution(), command.arguments, asRoot: command.asRoot)
    }

    /// The socket is here already: `body` gets its own path.
    public func withForwardedSocket<Result>(
        _ remotePath: String, _ body: (_ localPath: String) async throws -> Result
    ) async throws -> Result {
        try await body(remotePath)
    }

    private func invocation(_ execution: MarkedExecution, _ arguments: [String], asRoot: Bool) -> Invocation {
        let words = execution.words(for: arguments, asRoot: asRoot)
        return Invocation(words[0], Array(words.dropFirst()), workingDirectory: "/")
    }

    /// What sudo started is root's, so only root can end it.
    private func end(_ execution: MarkedExecution, asRoot: Bool) async {
        guard asRoot else { return }
        let ending = invocation(MarkedExecution(), ["/bin/sh", "-c", endingScript], asRoot: true)
        _ = try? await Process.run(
            ending.executable, ending.arguments, input: .bytes(Array("\(execution.mark)\n".utf8)),
            deadline: Self.endingDeadline, ignoringCancellation: true)
    }
}
