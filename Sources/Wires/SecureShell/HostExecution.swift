internal import Glibc
internal import Processes

/// One run of a command on a host: starts it, tells what came of it by its marks, ends what it left when it is stopped.
struct HostExecution {
    enum Outcome {
        case ran(RemoteResult)
        /// The connection could not be used; nothing has run.
        case unattached(String)
        /// sshd opens no more sessions on the connection; nothing has run.
        case sessionRefused
    }

    let host: String
    let diagnosis: SSHDiagnosis
    let execution: MarkedExecution

    func run(
        _ carrier: Invocation, _ command: RemoteCommand, _ source: LocalSource?, deadline: Duration,
        _ outputLines: Process.LineHandler?, _ errorLines: Process.LineHandler?, _ progress: ((Int64) async -> Void)?,
        ending: () async -> Void
    ) async throws(SSHError) -> Outcome {
        let mark = execution.mark
        var marks = ExecutionMarks()
        let file = try open(source)
        defer { if file >= 0 { close(file) } }
        let input: ChildInput = file >= 0 ? .descriptor(file) : source == nil ? command.input : .null
        let result: PipelineResult
        do throws(ProcessError) {
            result = try await Process.pipeline(
                (source?.programs ?? []) + [carrier], input: input, limits: command.limits, deadline: deadline,
                outputLines: outputLines,
                errorLines: { line in
                    let hasStarted = marks.hasStarted
                    if let own = marks.read(line, mark: mark), hasStarted { await errorLines?(own) }
                }, progress: progress)
        } catch {
            guard error.partial != nil else { throw SSHError(local: error, host: host) }
            await ending()
            throw stopped(command, error)
        }
        return try conclude(command, result, marks)
    }

    private func open(_ source: LocalSource?) throws(SSHError) -> Int32 {
        guard let path = source?.file else { return -1 }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SSHError(
                .localFailure, host: host, reason: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private func conclude(
        _ command: RemoteCommand, _ result: PipelineResult, _ marks: ExecutionMarks
    ) throws(SSHError) -> Outcome {
        guard let carrier = result.stages.last else { return .unattached("") }
        if marks.isMissing {
            throw SSHError(
                .commandMissing, host: host, reason: "there is no program \(command.arguments.first ?? "")",
                remedy: "install it there")
        }
        guard let exitCode = marks.exitCode else {
            return try unfinished(command, carrier, withoutMarks(carrier.stderr.text, mark: execution.mark), marks)
        }
        // One that met a closed pipe is no failure: a command may be content with the first part of its input.
        let failures = result.stages.dropLast().filter { !$0.exit.isSuccess && $0.exit != .signaled(SIGPIPE) }
        if let failed = failures.first, exitCode == 0 {
            throw SSHError(
                .localFailure, host: host,
                reason: "\(failed.executable) failed here (\(failed.exit)): \(failed.stderr.trimmed)")
        }
        return .ran(
            RemoteResult(
                exitCode: exitCode, stdout: result.stdout,
                stderr: CapturedOutput(
                    bytes: Array(commandsOwn(carrier.stderr.text, mark: execution.mark).utf8),
                    discarded: carrier.stderr.discarded)))
    }

    /// The carrier ended without the end mark.
    private func unfinished(
        _ command: RemoteCommand, _ carrier: PipelineResult.Stage, _ said: String, _ marks: ExecutionMarks
    ) throws(SSHError) -> Outcome {
        if marks.hasStarted {
            throw SSHError(
                .connectionLost, host: host,
                reason: "the connection was lost while \(command.label) ran; whether it was done is not known",
                remedy: "run the same again: it looks first at what is already done")
        }
        if said.contains(SSHArguments.unattachedMark) {
            let words = said.split(separator: "\n").filter { !$0.contains(SSHArguments.unattachedMark) }
            return said.contains("refused by peer") ? .sessionRefused : .unattached(words.joined(separator: " / "))
        }
        switch carrier.exit {
        case .exited(255), .signaled:
            throw SSHError(
                .connectionLost, host: host,
                reason: "the connection was lost when \(command.label) was to begin: \(carrier.stderr.trimmed)",
                remedy: "run the same again: it looks first at what is already done")
        case .exited(let code):
            let refusal = diagnosis.refusal(exitCode: code, stderr: said, asRoot: command.asRoot)
            throw SSHError(refusal.code, host: host, reason: refusal.reason, remedy: refusal.remedy)
        }
    }

    private func stopped(_ command: RemoteCommand, _ error: ProcessError) -> SSHError {
        let said = commandsOwn(error.partial?.stderr.text ?? "", mark: execution.mark).split(separator: "\n").last
        let tail = said.map { " (it said: \($0))" } ?? ""
        switch error.code {
        case .deadlineExceeded:
            return SSHError(
                .deadlineExceeded, host: host, reason: "\(command.label) did not end in time and was ended\(tail)",
                remedy: "look at the host's load", cause: error)
        case .outputOverLimit:
            return SSHError(
                .outputOverLimit, host: host,
                reason: "\(command.label) wrote more than \(command.limits.output) bytes and was ended", cause: error)
        case .cancelled:
            return SSHError(.cancelled, host: host, reason: "\(command.label) was cancelled and ended", cause: error)
        default: return SSHError(local: error, host: host)
        }
    }
}
