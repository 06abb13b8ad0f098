internal import CSystem
internal import Glibc

/// The running programs of one pipeline with their pipes: the rim that carries out what `Supervision` decides.
///
/// Owned by one task; it is a class so that a failure half way through starting ends what was started.
final class Children {
    /// 200 ms: a progress line that moves, at the cost of five wake-ups a second.
    static let progressInterval: Duration = .milliseconds(200)

    private let names: [String]
    private let readiness: Readiness
    private let keepsDescendants: Bool
    private let watch: UInt64
    private let start = ContinuousClock.now

    private var programs: [Program] = []
    private var feed: Feed?
    private var output: Stream?
    private let measuredDescriptor: Int32?
    private let measuredFrom: off_t
    private var lastMeasure: Int64 = 0

    private struct Program {
        let pid: pid_t
        let pidfd: Int32
        var stderr: Stream
        var exit: ExitStatus?
    }

    init(
        starting stages: [Invocation], input: ChildInput, limits: OutputLimits, keepsDescendants: Bool,
        readiness: Readiness
    ) throws(ProcessError) {
        names = stages.map(\.executable)
        self.readiness = readiness
        self.keepsDescendants = keepsDescendants
        watch = readiness.open()
        if case .descriptor(let raw) = input {
            measuredDescriptor = raw
            measuredFrom = lseek(raw, 0, SEEK_CUR)
        } else {
            measuredDescriptor = nil
            measuredFrom = 0
        }
        do throws(ProcessError) {
            try startAll(stages, input: input, limits: limits)
        } catch {
            abandon()
            close()
            throw error
        }
    }

    private func startAll(_ stages: [Invocation], input: ChildInput, limits: OutputLimits) throws(ProcessError) {
        var upstream: Int32
        switch input {
        case .null: upstream = try Descriptor.open("/dev/null", O_RDONLY, to: "open").release()
        case .descriptor(let raw): upstream = raw
        case .bytes(let bytes):
            let pipe = try Descriptor.pipe()
            upstream = pipe.read
            feed = Feed(descriptor: pipe.write, bytes: bytes)
            _ = csystem_process_nonblocking(pipe.write)
            try readiness.add(pipe.write, to: watch)
        }
        var ownsUpstream = measuredDescriptor == nil
        defer { if ownsUpstream { Glibc.close(upstream) } }
        for (index, stage) in stages.enumerated() {
            let downstream = try Descriptor.pipe()
            let complaints: (read: Int32, write: Int32)
            do throws(ProcessError) {
                complaints = try Descriptor.pipe()
            } catch {
                Glibc.close(downstream.read)
                Glibc.close(downstream.write)
                throw error
            }
            defer {
                Glibc.close(downstream.write)
                Glibc.close(complaints.write)
            }
            let result = Result { () throws(ProcessError) in
                try spawn(stage, input: upstream, output: downstream.write, error: complaints.write)
            }
            if ownsUpstream { Glibc.close(upstream) }
            upstream = downstream.read
            ownsUpstream = true
            guard case .success(let pid) = result else {
                Glibc.close(complaints.read)
                _ = try result.get()
                return
            }
            programs.append(
                Program(
                    pid: pid, pidfd: csystem_process_pidfd(pid),
                    stderr: Stream(descriptor: complaints.read, limit: limits.error, keeping: .last)))
            try watchChild(at: index)
        }
        output = Stream(descriptor: upstream, limit: limits.output, keeping: .first)
        ownsUpstream = false
        _ = csystem_process_nonblocking(upstream)
        try readiness.add(upstream, to: watch)
    }

    private func watchChild(at index: Int) throws(ProcessError) {
        let program = programs[index]
        guard program.pidfd >= 0 else {
            throw ProcessError(
                .spawnFailed, subject: names[index], reason: "cannot watch it: \(ProcessError.words(errno))")
        }
        try readiness.add(program.pidfd, to: watch)
        _ = csystem_process_nonblocking(program.stderr.descriptor)
        try readiness.add(program.stderr.descriptor, to: watch)
    }

    // MARK: Supervision

    func supervise(
        _ supervision: consuming Supervision, ignoringCancellation: Bool, stopWhenOverLimit: Bool,
        outputLines: Process.LineHandler?, errorLines: Process.LineHandler?, progress: ((Int64) async -> Void)?
    ) async throws(ProcessError) -> PipelineResult {
        var supervision = supervision
        var deaf = ignoringCancellation
        var nextProgress = progress == nil ? nil : Self.progressInterval
        while !supervision.isOver {
            var more = feed?.pump(readiness) ?? false
            more = await readAll(outputLines, errorLines) || more
            var actions: [Supervision.Action] = []
            for stage in programs.indices where programs[stage].exit == nil && reapIfEnded(stage) {
                actions += supervision.handle(.ended(stage: stage), at: elapsed)
            }
            if supervision.isOver { break }
            if stopWhenOverLimit, output?.isOverLimit == true {
                actions += supervision.handle(.outputOverLimit, at: elapsed)
            }
            if more, !deaf, Task.isCancelled {
                deaf = true
                actions += supervision.handle(.cancelled, at: elapsed)
            }
            actions += supervision.handle(.time, at: elapsed)
            if let progress, let due = nextProgress, due <= elapsed {
                await progress(measure())
                nextProgress = elapsed + Self.progressInterval
            }
            actions.forEach(carryOut)
            if more || supervision.isOver {
                await Task.yield()
                continue
            }
            let wakeUp = [supervision.nextTime, nextProgress].compactMap { $0 }.min()
            let wake = await readiness.next(watch, until: wakeUp.map { start + $0 }, ignoringCancellation: deaf)
            if wake == .cancelled {
                deaf = true
                supervision.handle(.cancelled, at: elapsed).forEach(carryOut)
            }
        }
        // What was written before the end is still in the pipes.
        while await readAll(outputLines, errorLines) {}
        await finishLines(outputLines, errorLines)
        if let progress { await progress(measure()) }
        return try conclude(supervision)
    }

    private var elapsed: Duration { ContinuousClock.now - start }

    private func carryOut(_ action: Supervision.Action) {
        switch action {
        case .terminate(let stage): signal(stage, SIGTERM)
        case .kill(let stage): signal(stage, SIGKILL)
        }
    }

    /// Signals a group; only while its leader is unreaped, since then the number cannot be another's.
    private func signal(_ stage: Int, _ number: Int32) {
        if programs[stage].exit == nil { _ = Glibc.kill(-programs[stage].pid, number) }
    }

    private func reapIfEnded(_ stage: Int) -> Bool {
        guard csystem_process_has_ended(programs[stage].pid) != 0 else { return false }
        if !keepsDescendants { signal(stage, SIGKILL) }
        var status: Int32 = 0
        var reaped: pid_t
        repeat { reaped = waitpid(programs[stage].pid, &status, 0) } while reaped == -1 && errno == EINTR
        let number = csystem_wtermsig(status)
        programs[stage].exit = number == 0 ? .exited(csystem_wexitstatus(status)) : .signaled(number)
        return true
    }

    /// Reads what there is; true when there may be more (a child that never stops writing must not keep us from the clock).
    private func readAll(_ outputLines: Process.LineHandler?, _ errorLines: Process.LineHandler?) async -> Bool {
        var more = false
        if var stream = output {
            let lines = stream.read(readiness, wantsLines: outputLines != nil)
            output = stream
            more = lines.more
            if let outputLines { for line in lines.lines { await outputLines(line) } }
        }
        for stage in programs.indices {
            let lines = programs[stage].stderr.read(readiness, wantsLines: errorLines != nil)
            more = lines.more || more
            if let errorLines { for line in lines.lines { await errorLines(line) } }
        }
        return more
    }

    private func finishLines(_ outputLines: Process.LineHandler?, _ errorLines: Process.LineHandler?) async {
        if let outputLines, let line = output?.lines.finish() { await outputLines(line) }
        guard let errorLines else { return }
        for stage in programs.indices {
            if let line = programs[stage].stderr.lines.finish() { await errorLines(line) }
        }
    }

    /// Bytes gone in: a file's descriptor is shared with its reader, and so is its offset.
    private func measure() -> Int64 {
        if let measuredDescriptor {
            lastMeasure = max(lastMeasure, Int64(lseek(measuredDescriptor, 0, SEEK_CUR) - measuredFrom))
        } else if let feed {
            lastMeasure = Int64(feed.sent)
        } else if programs.count > 1, programs[programs.count - 2].exit == nil {
            lastMeasure = max(lastMeasure, bytesWritten(by: programs[programs.count - 2].pid) ?? 0)
        }
        return lastMeasure
    }

    private func conclude(_ supervision: Supervision) throws(ProcessError) -> PipelineResult {
        let stages = zip(names, programs).map { name, program in
            PipelineResult.Stage(
                executable: name, exit: program.exit ?? .signaled(SIGKILL), stderr: program.stderr.captured)
        }
        let result = PipelineResult(stages: stages, stdout: output?.captured ?? CapturedOutput())
        let name = names.joined(separator: " | ")
        let complaint = result.stages.map(\.stderr.trimmed).first { !$0.isEmpty } ?? ""
        let partial = ProcessResult(
            exit: result.stages[stages.count - 1].exit, stdout: result.stdout,
            stderr: stages.count == 1 ? stages[0].stderr : CapturedOutput(bytes: Array(complaint.utf8)))
        if supervision.isGivenUp {
            throw ProcessError(
                .unkillable, subject: name, reason: "it did not end after SIGKILL",
                remedy: "look for a dead disk or network mount (ps shows state D)", partial: partial)
        }
        switch supervision.reason {
        case nil, .downstreamEnded: return result
        case .deadline:
            throw ProcessError(
                .deadlineExceeded, subject: name, reason: "it did not end in time and was ended", partial: partial)
        case .cancelled:
            throw ProcessError(.cancelled, subject: name, reason: "it was cancelled and ended", partial: partial)
        case .outputOverLimit:
            throw ProcessError(
                .outputOverLimit, subject: name, reason: "it wrote more than the limit and was ended", partial: partial)
        }
    }

    /// Ends what was started when starting the rest failed.
    private func abandon() {
        for stage in programs.indices {
            signal(stage, SIGKILL)
            var status: Int32 = 0
            _ = waitpid(programs[stage].pid, &status, 0)
            programs[stage].exit = .signaled(SIGKILL)
        }
    }

    /// Closes all descriptors; to be called once, after `supervise` or a failed start.
    func close() {
        feed?.close(readiness)
        output?.close(readiness)
        for stage in programs.indices {
            programs[stage].stderr.close(readiness)
            readiness.remove(programs[stage].pidfd)
            if programs[stage].pidfd >= 0 { Glibc.close(programs[stage].pidfd) }
        }
        readiness.close(watch)
    }
}

/// Bytes a process has written so far, by `/proc/PID/io`.
private func bytesWritten(by pid: pid_t) -> Int64? {
    guard let bytes = try? BoundedFile.read("/proc/\(pid)/io", limit: 4096) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: " ")
        if parts.count == 2, parts[0] == "wchar:" { return Int64(parts[1]) }
    }
    return nil
}
