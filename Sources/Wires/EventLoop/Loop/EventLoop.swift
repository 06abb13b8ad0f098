internal import CSystem
internal import Glibc
internal import Threads

/// One thread around epoll(7) that is the executor of the actors which own sockets.
///
/// It is a `SerialExecutor`: an actor whose `unownedExecutor` is this loop runs on the loop's thread, and all such
/// actors call each other without a change of thread. Its ``tasks`` are a `TaskExecutor` on the same thread.
/// Nothing that blocks belongs on it.
///
/// A loop from ``start()`` must be ended by ``stop()``; ``withEventLoop(_:)`` does both.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    // Unchecked, because the compiler cannot see that `confined` is touched by the loop's thread alone;
    // `onLoop` checks it at run time.

    enum Work {
        case job(UnownedJob)
        case task(UnownedJob, UnownedTaskExecutor)
        case call(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        /// The thread is, or will be, awake and looks at `work` before it sleeps.
        var awake = true
        var stopping = false
        var ended = false
    }

    /// What only the loop's thread touches.
    struct Confined {
        var timers = TimerHeap<UInt64>()
        var timerActions: [UInt64: @Sendable () -> Void] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var sources: [UInt64: any EventSource] = [:]
        /// Sources that asked to be called at the end of this turn.
        var turnEnd: [any EventSource] = []
        var lastNumber: UInt64 = 0
        /// Counts the loop's rounds, so that a source can keep to its share of one.
        var turn: UInt64 = 0
        /// Where sockets read into before the bytes find their own array.
        var scratch = [UInt8](repeating: 0, count: EventLoop.scratchSize)
    }

    /// One system call's worth of reading: a pipe of 128 KiB fills it, 1,000 idle connections do not multiply it.
    static let scratchSize = 128 * 1024

    private let inbox = Locked(Inbox())
    let descriptors: ReadySet
    private var confinedState = Confined()
    let resolver = NameResolver()
    private let threadEnd = Locked<ThreadEnd>(.running)

    private enum ThreadEnd {
        case running
        case awaited(CheckedContinuation<Void, Never>)
        case ended
    }

    private init() throws(EventLoopError) {
        do throws(ReadySet.Refusal) { descriptors = try ReadySet() } catch {
            throw .system(error.number, during: "start the event loop")
        }
    }

    /// A loop whose thread runs.
    ///
    /// - Throws: `EventLoopError` when descriptors or threads have run out.
    public static func start() throws(EventLoopError) -> EventLoop {
        let loop = try EventLoop()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(loop).release()
            throw .system(code, during: "start the event loop's thread")
        }
        pthread_detach(thread)
        return loop
    }

    /// Ends the loop: work that is queued is still done, sockets that are still open are closed, waits for names are
    /// given up. Returns when the thread has let go of everything.
    ///
    /// No actor on this loop may be called afterwards; that is a programming error, and traps.
    public func stop() async {
        resolver.close()
        await withCheckedContinuation { continuation in
            let endedBefore = threadEnd.withLock { state in
                if case .ended = state { return true }
                state = .awaited(continuation)
                return false
            }
            if endedBefore { continuation.resume() }
            let wake = inbox.withLock { inbox in
                inbox.stopping = true
                defer { inbox.awake = true }
                return !inbox.awake
            }
            if wake { descriptors.ring() }
        }
    }

    // MARK: Executor

    /// Queues a job of an actor or task; called by Swift's runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// This loop as the executor of an actor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// This loop's thread for tasks that belong to no actor: `withTaskExecutorPreference(loop.tasks)`.
    public var tasks: LoopTasks { LoopTasks(loop: self) }

    /// Traps unless the caller runs on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "not on the event loop's thread")
    }

    /// Whether the caller runs on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Runs `body` on the loop's thread soon, in the order of the calls; callable from any thread. After ``stop()`` it is
    /// dropped.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        add(.call(body))
    }

    /// Whether the caller runs on the loop's thread.
    var isCurrent: Bool { csystem_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    func add(_ work: Work) {
        let wake = inbox.withLock { inbox in
            if inbox.ended {
                if case .call = work { return false }
                preconditionFailure("an actor was called after its event loop's stop()")
            }
            inbox.work.append(work)
            defer { inbox.awake = true }
            return !inbox.awake
        }
        if wake { descriptors.ring() }
    }

    /// The confined state, for the loop's thread only; `body` must not call out.
    func onLoop<Result, Failure: Error>(_ body: (inout Confined) throws(Failure) -> Result) throws(Failure) -> Result {
        checkIsolated()
        return try body(&confinedState)
    }

    // MARK: The thread

    private func run() {
        csystem_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        while true {
            confinedState.turn &+= 1
            fireTimers()
            runQueued()
            endTurn()
            guard let timeout = nextTimeout() else { break }
            descriptors.wait(atMost: timeout.duration) { confinedState.sources[$0.token]?.ready($0) }
        }
        csystem_set_current_loop(nil)
        let waiting = threadEnd.withLock { state in
            defer { state = .ended }
            if case .awaited(let continuation) = state { return continuation as CheckedContinuation<Void, Never>? }
            return nil
        }
        waiting?.resume()
    }

    private struct Timeout {
        /// nil: until woken.
        var duration: Duration?
    }

    /// How long to sleep; nil when the loop is at its end.
    private func nextTimeout() -> Timeout? {
        if !confinedState.turnEnd.isEmpty { return Timeout(duration: .zero) }
        enum Next { case now, sleep, close, end }
        let next = inbox.withLock { inbox -> Next in
            if !inbox.work.isEmpty {
                inbox.awake = true
                return .now
            }
            if inbox.stopping {
                guard confinedState.sources.isEmpty, confinedState.waiters.isEmpty else { return .close }
                inbox.ended = true
                return .end
            }
            inbox.awake = false
            return .sleep
        }
        switch next {
        case .now: return Timeout(duration: .zero)
        case .end: return nil
        case .close:
            // Both queue work, so the loop comes round again until nothing is left.
            for source in confinedState.sources.values { source.loopIsStopping() }
            for id in Array(confinedState.waiters.keys) { wake(id, .cancelled) }
            return Timeout(duration: .zero)
        case .sleep:
            guard let earliest = confinedState.timers.earliest else { return Timeout(duration: nil) }
            return Timeout(duration: max(.zero, earliest - .now))
        }
    }

    private func runQueued() {
        let batch = inbox.withLock { inbox in
            var batch: [Work] = []
            swap(&batch, &inbox.work)
            return batch
        }
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .task(let job, let executor): job.runSynchronously(on: executor)
            case .call(let body): body()
            }
        }
    }

    private func fireTimers() {
        guard confinedState.timers.count > 0 else { return }
        let now = ContinuousClock.now
        while let id = confinedState.timers.popDue(at: now) {
            confinedState.timerActions.removeValue(forKey: id)?()
        }
    }

    private func endTurn() {
        guard !confinedState.turnEnd.isEmpty else { return }
        var sources: [any EventSource] = []
        swap(&sources, &confinedState.turnEnd)
        for source in sources { source.turnEnded() }
    }
}

/// Runs `body` with an event loop that is stopped when `body` has returned or thrown.
///
/// Everything that uses the loop must end inside `body`.
///
/// - Throws: what `body` throws; `EventLoopError` when descriptors or threads have run out.
public func withEventLoop<Value>(_ body: (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop.start()
    do {
        let value = try await body(loop)
        await loop.stop()
        return value
    } catch {
        await loop.stop()
        throw error
    }
}
