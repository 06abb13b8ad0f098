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
        let text = line(event.event, progress)
        guard context.terminal.errorIsTerminal else {
            if let text { context.note("\(event.at) \(text)") }
            return
        }
        let live = live(progress)
        if let text { context.note(text, thenLive: live) } else { context.output.live(live) }
    }

    /// What an event says for good; nil: nothing.
    private func line(_ event: OperationEvent, _ progress: OperationProgress) -> String? {
        func title(_ id: StepID) -> String { progress.plan.steps.first { $0.id == id }?.title ?? id.rawValue }
        func remark(_ note: String?) -> String { note.map { " (\($0))" } ?? "" }
        switch event {
        case .started(let holder): return "started by \(holder.user) (pid \(holder.pid))"
        case .intent(let step): return context.terminal.errorIsTerminal ? nil : "\(title(step)) ..."
        case .outcome(let step, .done(let note)): return "\(title(step)): done\(remark(note))"
        case .outcome(let step, .unchanged(let note)):
            return context.options.verbosity > 0 ? "\(title(step)): already so\(remark(note))" : nil
        case .outcome(let step, .failed(let failure)):
            return "\(title(step)): FAILED: \(failure.object): \(failure.reason)"
        case .note(_, let text): return "  \(text)"
        case .requested(let request): return "asked to \(request)"
        case .ended: return nil
        }
    }

    /// The live line: how many steps are done, and what is under way. One line whatever the terminal's width: of a broken
    /// one only the last part would be taken away again.
    private func live(_ progress: OperationProgress) -> String? {
        guard progress.ending == nil, !context.options.isQuiet else { return nil }
        let done = progress.states.filter(\.isSatisfied).count
        let titles = zip(progress.plan.steps, progress.states).filter { $0.1 == .intended }.map(\.0.title)
        // Between two steps there is nothing that goes on.
        guard let first = titles.first else { return nil }
        let now = first + (titles.count > 1 ? " and \(titles.count - 1) more" : "")
        let text = TextWidth.harmless("[\(done)/\(progress.states.count)] \(now)")
        let columns = (Terminal.width() ?? context.terminal.columns ?? 80) - 1
        return TextWidth.cut(text, to: columns, ellipsis: context.messageStyle.ellipsis)
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
