import FleetModel
import FleetRuntime
import Glibc
import OperationModel

/// Shows an operation while its worker is at it: a live line on a terminal, dated lines elsewhere.
struct OperationWatch: Sendable {
    /// What Ctrl-C does.
    enum Interrupt: Sendable {
        /// The command that started the operation: stop safely; twice: at once.
        case stopsOperation
        /// `attach`: only stop watching.
        case stopsWatching
    }

    let context: CommandContext
    let store: any OperationStore
    let id: OperationID
    let interrupt: Interrupt

    /// Follows until the worker leaves the operation, or the watcher is told to stop watching (nil).
    func follow(worker: Holder?, after shown: Int64 = 0) async throws -> OperationProgress? {
        switch interrupt {
        case .stopsOperation:
            context.note(
                "operation \(id): Ctrl-C stops it after the steps under way; twice, at once; it can be resumed")
        case .stopsWatching:
            context.note("operation \(id): Ctrl-C stops watching; the operation goes on")
        }
        let signals = SignalStream(SIGINT)
        // A terminal that goes away is no reason to stop: the worker is in a session of its own.
        signal(SIGHUP, SIG_IGN)
        return try await withThrowingTaskGroup(of: OperationProgress??.self) { group in
            group.addTask {
                .some(
                    try await OperationFollower(store: store, id: id).follow(worker: worker, after: shown) {
                        show($0, $1)
                    })
            }
            group.addTask {
                var count = 0
                for await _ in signals.stream {
                    count += 1
                    if interrupt == .stopsWatching { return .some(nil) }
                    try stop(worker, atOnce: count > 1)
                }
                return nil
            }
            defer {
                signals.cancel()
                group.cancelAll()
                context.output.live(nil)
            }
            while let next = try await group.next() {
                if let progress = next { return progress }
            }
            throw CancellationError()
        }
    }

    private func stop(_ worker: Holder?, atOnce: Bool) throws {
        if atOnce, let worker, worker.isAlive {
            context.note("stopping at once; gantry operation resume \(id) finds out what is already true and goes on")
            kill(worker.pid, SIGTERM)
        } else if !atOnce {
            context.note("stopping after the steps under way; Ctrl-C again stops at once")
            try store.request(.stop, of: id, at: Timestamp.now)
        }
    }

    private func show(_ event: JournaledEvent, _ progress: OperationProgress) {
        let ended = progress.states.filter(\.isSatisfied).count
        func line(_ text: String) {
            if context.terminal.errorIsTerminal { context.note(text) } else { context.note("\(event.at) \(text)") }
        }
        func title(_ id: StepID) -> String { progress.plan.steps.first { $0.id == id }?.title ?? id.rawValue }
        switch event.event {
        case .started(let holder): line("started by \(holder.user) (pid \(holder.pid))")
        case .intent(let step):
            context.output.live("[\(ended)/\(progress.states.count)] \(title(step))")
            if !context.terminal.errorIsTerminal { line("\(title(step)) ...") }
        case .outcome(let step, .done(let note)): line("\(title(step)): done\(note.map { " (\($0))" } ?? "")")
        case .outcome(let step, .unchanged(let note)):
            if context.options.verbosity > 0 { line("\(title(step)): already so\(note.map { " (\($0))" } ?? "")") }
        case .outcome(let step, .failed(let failure)):
            line("\(title(step)): FAILED: \(failure.object): \(failure.reason)")
        case .note(_, let text): line("  \(text)")
        case .requested(let request): line("asked to \(request)")
        case .ended: break
        }
    }
}

extension Timestamp {
    /// Now, by the machine's wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
