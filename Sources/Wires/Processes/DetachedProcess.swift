internal import Glibc

/// Programs that outlive this process.
public enum DetachedProcess {
    /// Waits for a program that this process started and that has ended, so that nothing of it stays in the process table.
    /// - Returns: false while it runs.
    public static func reap(_ identity: ProcessIdentity) -> Bool {
        guard !identity.isRunning else { return false }
        var status: Int32 = 0
        while waitpid(identity.pid, &status, WNOHANG) == -1, errno == EINTR {}
        return true
    }

    /// Starts a program in a session of its own, so that it survives this process and its terminal.
    ///
    /// Its input is `/dev/null`; its output and errors are appended to `logFile`, which is made (mode 0600) where missing.
    /// It is not waited for: look at its identity, or at what it writes.
    ///
    /// - Throws: `ProcessError` when the log cannot be opened or the program not be started.
    public static func start(_ invocation: Invocation, logFile: String) throws(ProcessError) -> ProcessIdentity {
        let input = try Descriptor.open("/dev/null", O_RDONLY, to: "open")
        let log = try Descriptor.open(logFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600, to: "append to")
        let child = try spawn(invocation, input: input.raw, output: log.raw, error: log.raw)
        // It is our child and unreaped, so its entry in /proc exists even when it has already ended.
        return try ProcessIdentity.of(child)
    }
}
