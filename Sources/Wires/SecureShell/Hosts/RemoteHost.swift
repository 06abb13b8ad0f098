public import Processes

/// A machine that commands run on, whatever way leads there: by SSH, or this one.
///
/// Everything has a deadline and a bound, and cancelling the task ends what runs on the host too.
public protocol RemoteHost: Sendable {
    /// The host as the operator named it.
    var name: String { get }

    /// Runs a command to its end. Its exit code is a result, not an error.
    ///
    /// With `source`, a file or the output of local programs becomes its input without passing through this process, and
    /// `progress` is told a few times a second how many bytes of it have gone. `outputLines` and `errorLines` get each line as
    /// it comes.
    ///
    /// - Throws: `SSHError` when it could not be run or not be run to its end.
    func run(
        _ command: RemoteCommand, source: LocalSource?, outputLines: Process.LineHandler?,
        errorLines: Process.LineHandler?, progress: ((Int64) async -> Void)?
    ) async throws(SSHError) -> RemoteResult

    /// A program of this machine that writes what the command writes there: for a `LocalSource` that comes from another host.
    ///
    /// - Throws: `SSHError` when the host can't be reached.
    func program(writing command: RemoteCommand) async throws(SSHError) -> Invocation

    /// Makes a unix socket of the host reachable here while `body` runs, under a path that `body` gets.
    ///
    /// That somebody listens there is not checked: ask `socketState` when a connection is refused or cut.
    ///
    /// - Throws: `SSHError`, or whatever `body` throws.
    func withForwardedSocket<Result>(
        _ remotePath: String, _ body: (_ localPath: String) async throws -> Result
    ) async throws -> Result
}

extension RemoteHost {
    /// Runs a command to its end; see the full form.
    ///
    /// - Throws: `SSHError` when it could not be run or not be run to its end.
    public func run(
        _ command: RemoteCommand, outputLines: Process.LineHandler? = nil, errorLines: Process.LineHandler? = nil
    ) async throws(SSHError) -> RemoteResult {
        try await run(command, source: nil, outputLines: outputLines, errorLines: errorLines, progress: nil)
    }

    /// Runs a program with its arguments, each reaching it as it is.
    ///
    /// - Throws: `SSHError` when it could not be run or not be run to its end.
    public func run(
        _ arguments: [String], asRoot: Bool = false, input: ChildInput = .null, limits: OutputLimits = OutputLimits(),
        deadline: Duration = RemoteCommand.defaultDeadline
    ) async throws(SSHError) -> RemoteResult {
        try await run(
            RemoteCommand(arguments, asRoot: asRoot, input: input, limits: limits, deadline: deadline))
    }

    /// Gives a local file, or what local programs write, to a command on the host as its input.
    ///
    /// - Throws: `SSHError` when the command could not be run, or a local program failed: what the command got was then cut.
    public func pipe(
        _ source: LocalSource, into command: RemoteCommand, progress: ((_ bytes: Int64) async -> Void)? = nil
    ) async throws(SSHError) -> RemoteResult {
        try await run(command, source: source, outputLines: nil, errorLines: nil, progress: progress)
    }
}
