/// Child processes: run to their end, with everything they do bounded.
///
/// A child has a session of its own (so it cannot ask on the operator's terminal), no descriptors but the three standard
/// ones, default signal handling. Its end is seen through a pidfd on one thread shared by all children; no thread blocks for one. When the program ends, what is left
/// of its group is killed; a descendant that made a session of its own survives, and an output stream it still holds does
/// not delay the result.
public enum Process {
    /// 5 s between SIGTERM and SIGKILL: enough for a tool to remove its temporary files.
    public static let defaultGrace: Duration = .seconds(5)

    /// Called for each line a child writes, without its end; lines over 64 KiB come in pieces. While it runs, the child's
    /// output is not read, which holds the child back.
    public typealias LineHandler = (_ line: String) async -> Void

    /// Runs a program to its end.
    ///
    /// That it exits with another code than 0 is a result, not an error. `outputLines` and `errorLines` get each line as it
    /// comes, besides what is kept of it under `limits`.
    ///
    /// `executable` is a path, or a name looked up in `PATH`; `deadline` the time it may take, nil for as long as it likes;
    /// `grace` the time between SIGTERM and SIGKILL when it is ended. `ignoringCancellation` is for cleaning up in a task
    /// that is already cancelled, and always goes with a deadline. `keepingDescendants` spares what a program leaves behind
    /// when it ends by itself, for those that go into the background.
    ///
    /// - Throws: `ProcessError` when it cannot be started, when its deadline passes or the task is cancelled (its group is
    ///   then ended first), and `outputOverLimit`.
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: ChildEnvironment = .inherited,
        workingDirectory: String? = nil, input: ChildInput = .null, limits: OutputLimits = OutputLimits(),
        deadline: Duration? = nil, grace: Duration = defaultGrace, ignoringCancellation: Bool = false,
        keepingDescendants: Bool = false,
        outputLines: LineHandler? = nil, errorLines: LineHandler? = nil
    ) async throws(ProcessError) -> ProcessResult {
        let result = try await pipeline(
            [Invocation(executable, arguments, environment: environment, workingDirectory: workingDirectory)],
            input: input, limits: limits, deadline: deadline, grace: grace,
            ignoringCancellation: ignoringCancellation, keepingDescendants: keepingDescendants,
            outputLines: outputLines,
            errorLines: errorLines)
        return ProcessResult(exit: result.stages[0].exit, stdout: result.stdout, stderr: result.stages[0].stderr)
    }

    /// Runs programs side by side, the output of each being the input of the next, as `a | b | c` in a shell.
    ///
    /// The bytes between them go through the kernel only. When the last has ended, the others get `grace` to notice, then
    /// are ended too. An error names the whole pipeline.
    ///
    /// `input` is of the first; `limits` are of the last's standard output and of each one's standard error. `progress` is
    /// told a few times a second how many bytes have gone in: those read of `input`, or without one those that the last
    /// program but one has written.
    ///
    /// - Throws: as `run`.
    public static func pipeline(
        _ stages: [Invocation], input: ChildInput = .null, limits: OutputLimits = OutputLimits(),
        deadline: Duration? = nil, grace: Duration = defaultGrace, ignoringCancellation: Bool = false,
        keepingDescendants: Bool = false,
        outputLines: LineHandler? = nil, errorLines: LineHandler? = nil, progress: ((Int64) async -> Void)? = nil
    ) async throws(ProcessError) -> PipelineResult {
        guard !stages.isEmpty else {
            throw ProcessError(.executableMissing, subject: "pipeline", reason: "it has no program")
        }
        if !ignoringCancellation, Task.isCancelled {
            throw ProcessError(.cancelled, subject: stages[0].executable, reason: "cancelled before it was started")
        }
        let readiness = try Readiness.shared.get()
        let children = try Children(
            starting: stages, input: input, limits: limits, keepsDescendants: keepingDescendants, readiness: readiness)
        defer { children.close() }
        return try await children.supervise(
            Supervision(stages: stages.count, deadline: deadline, grace: grace),
            ignoringCancellation: ignoringCancellation, stopWhenOverLimit: limits.whenFull == .stop,
            outputLines: outputLines, errorLines: errorLines, progress: progress)
    }
}
