import FleetModel
import FleetRuntime
import Glibc
import OperationModel
import Threads

/// Shows an operation while its worker is at it: a live line on a terminal, dated lines elsewhere.
struct OperationWatch: Sendable {
    /// What Ctrl-C does.
    enum Interrupt: Sendable {
        /// The command that started the operation: stop safely; twice: at once.
        case stopsOperation
        /// `attach`: only stop watching.
        case stopsWatching
        /// `attach` to an operation that nobody is at, of which this is to be said.
        case nothing(String)
    }

    let context: CommandContext
    let store: any OperationStore
    let id: OperationID
    let interrupt: Interrupt
    /// The time by which the operation is dated.
    let now: @Sendable () -> Timestamp

    /// Follows until the worker leaves the operation, or the watcher is told to stop watching (nil).
    func follow(worker: Holder?, after shown: Int64 = 0) async throws -> OperationProgress? {
        switch interrupt {
        case .stopsOperation:
            context.note(
                "operation \(id): Ctrl-C stops it after the steps under way; twice, at once; it can be resumed")
        case .stopsWatching:
            context.note("operation \(id): Ctrl-C stops watching; the operation goes on")
        case .nothing(let words): context.note(words)
        }
        let signals = SignalStream(SIGINT)
        // A terminal that goes away is no reason to stop: the worker is in a session of its own.
        signal(SIGHUP, SIG_IGN)
        return try await withThrowingTaskGroup(of: OperationProgress??.self) { group in
            group.addTask {
                let pace = WatchPace()
                return .some(
                    try await OperationFollower(store: store, id: id).follow(
                        worker: worker, after: shown, tick: { try tick($0, pace) },
                        show: {
                            pace.said()
                            show($0, $1, pace)
                        }))
            }
            group.addTask {
                var count = 0
                for await _ in signals.stream {
                    count += 1
                    guard case .stopsOperation = interrupt else { return .some(nil) }
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
            try store.request(.stop, of: id, at: now())
        }
    }

    private func show(_ event: JournaledEvent, _ progress: OperationProgress, _ pace: WatchPace) {
        let text = line(event.event, progress)
        guard context.terminal.errorIsTerminal else {
            if let text { context.note("\(event.at) \(text)") }
            return
        }
        let live = live(progress, pace.moves)
        if let text { context.note(text, thenLive: live) } else { context.output.live(live) }
    }

    /// Between two events: the live line follows the moves; elsewhere a line says once a minute what goes on.
    private func tick(_ progress: OperationProgress, _ pace: WatchPace) throws {
        if pace.isTimeToLook() { pace.moves = try StepProgress.read(of: id, from: store) }
        guard context.terminal.errorIsTerminal else {
            guard pace.isSilent, let step = underWay(progress) else { return }
            pace.said()
            let moves = pace.moves.flatMap { stands(for: $0, in: progress) ? ", \($0.words)" : nil } ?? ""
            context.note("\(now()) still at it: \(step)\(moves)")
            return
        }
        context.output.live(live(progress, pace.moves))
    }

    /// Whether it tells of a step that is under way, and not of an earlier one.
    private func stands(for moves: StepProgress, in progress: OperationProgress) -> Bool {
        progress.state(of: moves.step) == .intended
    }

    /// What an event says for good; nil: nothing.
    private func line(_ event: OperationEvent, _ progress: OperationProgress) -> String? {
        func title(_ id: StepID) -> String { progress.plan.steps.first { $0.id == id }?.title ?? id.rawValue }
        func remark(_ note: String?) -> String { note.map { " (\($0))" } ?? "" }
        switch event {
        case .started(let holder): return "started by \(holder.user) (pid \(holder.pid))"
        case .resumed(let cause): return "resumed by the monitoring daemon: \(cause.words)"
        case .intent(let step): return context.terminal.errorIsTerminal ? nil : "\(title(step)) ..."
        case .outcome(let step, .done(let note)): return "\(title(step)): done\(remark(note))"
        case .outcome(let step, .unchanged(let note)):
            return context.options.verbosity > 0 ? "\(title(step)): already so\(remark(note))" : nil
        case .outcome(let step, .failed(let failure)):
            return "\(title(step)): FAILED: \(failure.object): \(failure.reason)"
        case .note(_, let text): return "  \(text)"
        case .warning(let text): return "warning: \(text)"
        case .requested(let request): return "asked to \(request)"
        case .ended: return nil
        }
    }

    /// The live line: how many steps are done, and what is under way. One line whatever the terminal's width: of a broken
    /// one only the last part would be taken away again.
    private func live(_ progress: OperationProgress, _ moves: StepProgress?) -> String? {
        guard progress.ending == nil, !context.options.isQuiet else { return nil }
        let done = progress.states.filter(\.isSatisfied).count
        // Between two steps there is nothing that goes on.
        guard let now = underWay(progress) else { return nil }
        var words = "[\(done)/\(progress.states.count)] \(now)"
        if let moves, stands(for: moves, in: progress) {
            words += ": \(moves.brief)"
        }
        let columns = (Terminal.width() ?? context.terminal.columns ?? 80) - 1
        return TextWidth.cut(TextWidth.harmless(words), to: columns, ellipsis: context.messageStyle.ellipsis)
    }

    private func underWay(_ progress: OperationProgress) -> String? {
        let titles = zip(progress.plan.steps, progress.states).filter { $0.1 == .intended }.map(\.0.title)
        return titles.first.map { $0 + (titles.count > 1 ? " and \(titles.count - 1) more" : "") }
    }
}

/// When a watcher has said something last, and what it has seen of the moves.
private final class WatchPace: Sendable {
    /// Without a terminal at least a line a minute, with some room for a slow disk.
    private static let silence: Duration = .seconds(55)
    /// An eye wants no more.
    private static let look: Duration = .seconds(1)

    private struct State {
        var saidAt = ContinuousClock.now
        var lookedAt: ContinuousClock.Instant?
        var moves: StepProgress?
    }
    private let state = Locked(State())

    func said() { state.withLock { $0.saidAt = .now } }
    var isSilent: Bool { state.withLock { ContinuousClock.now - $0.saidAt >= Self.silence } }
    var moves: StepProgress? {
        get { state.withLock(\.moves) }
        set { state.withLock { $0.moves = newValue } }
    }

    func isTimeToLook() -> Bool {
        state.withLock { state in
            if let lookedAt = state.lookedAt, ContinuousClock.now - lookedAt < Self.look { return false }
            state.lookedAt = .now
            return true
        }
    }
}

extension StepProgress {
    /// The latest one of operation `id`; nil where it has moved nothing, or what it says can't be read.
    static func read(of id: OperationID, from store: any OperationStore) throws(StoreError) -> StepProgress? {
        guard let text = try store.value(key(of: id)) else { return nil }
        return try? JSONValue(parsing: text).decoded()
    }

    /// What is left of it to whoever goes on; nil where nothing was done of it.
    var left: String? {
        guard copied > .zero, copied <= bytes else { return nil }
        return "\(bytes - copied) of \(bytes) left, \(partitions - settled) of \(counted(partitions, "partition"))"
    }

    /// The live line's part: a stall or a rest come before bytes and time.
    fileprivate var brief: String {
        if let goesOnAt { return "resting until \(TimeText.instant(goesOnAt)): outside its hours" }
        let stall = stuck.first.map { "stalled: \($0.partition) (\($0.cause)); " } ?? ""
        return stall + words
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
