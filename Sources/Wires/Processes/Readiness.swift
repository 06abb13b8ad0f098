internal import CSystem
internal import Glibc

/// One thread that watches the descriptors of all children: their pipes and their pidfds.
///
/// Edges are collected in a *watch* (one a child or pipeline). Its single owner asks `next`, then reads and writes all
/// its descriptors until they would block; so which of them was ready need not be known.
final class Readiness: Sendable {
    enum Wake: Sendable { case ready, deadline, cancelled }

    private struct Watch: Sendable {
        var signalled = false
        var cancelled = false
        var deadline: ContinuousClock.Instant?
        var waiter: CheckedContinuation<Wake, Never>?
    }

    private struct State: Sendable {
        var lastID: UInt64 = 0
        var watches: [UInt64: Watch] = [:]
    }

    /// The process's only one, made when the first child is. A failure (no descriptors left) stays for the process's life.
    static let shared: Result<Readiness, ProcessError> = {
        let epoll = csystem_readiness_open()
        let event = csystem_readiness_event()
        guard epoll >= 0, event >= 0, csystem_readiness_add(epoll, event, 1, 0, 0) == 0 else {
            return .failure(
                ProcessError(
                    .spawnFailed, subject: "epoll", reason: "cannot watch children: \(ProcessError.words(errno))"))
        }
        let readiness = Readiness(epoll: epoll, event: event)
        let error = csystem_process_thread(
            "children",
            { context in
                if let context { Unmanaged<Readiness>.fromOpaque(context).takeRetainedValue().run() }
            },
            Unmanaged.passRetained(readiness).toOpaque())
        guard error == 0 else {
            return .failure(
                ProcessError(
                    .spawnFailed, subject: "thread", reason: "cannot watch children: \(ProcessError.words(error))"))
        }
        return .success(readiness)
    }()

    private let epoll: Int32
    private let event: Int32
    private let state = Locked(State())

    private init(epoll: Int32, event: Int32) {
        self.epoll = epoll
        self.event = event
    }

    func open() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            state.watches[state.lastID] = Watch()
            return state.lastID
        }
    }

    func close(_ id: UInt64) {
        _ = state.withLock { $0.watches.removeValue(forKey: id) }
    }

    enum Direction: Sendable { case input, output }

    func add(_ descriptor: Int32, _ direction: Direction, to id: UInt64) throws(ProcessError) {
        let result = csystem_readiness_add(
            epoll, descriptor, direction == .input ? 1 : 0, direction == .output ? 1 : 0, id)
        guard result == 0 else {
            throw ProcessError(
                .spawnFailed, subject: "epoll", reason: "cannot watch a child: \(ProcessError.words(errno))")
        }
    }

    func remove(_ descriptor: Int32) { _ = csystem_readiness_remove(epoll, descriptor) }

    /// Waits until a descriptor of the watch became ready since the last call, the deadline passes, or the task is cancelled.
    ///
    /// Cancellation is reported once; after that, and with `ignoringCancellation`, only readiness and the deadline end it.
    func next(
        _ id: UInt64, until deadline: ContinuousClock.Instant?, ignoringCancellation: Bool
    ) async -> Wake {
        guard !ignoringCancellation else { return await wait(id, until: deadline) }
        return await withTaskCancellationHandler {
            await wait(id, until: deadline)
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Wake, Never>? in
                guard let waiter = state.watches[id]?.waiter else {
                    state.watches[id]?.cancelled = true
                    return nil
                }
                state.watches[id]?.waiter = nil
                return waiter
            }
            waiter?.resume(returning: .cancelled)
        }
    }

    private func wait(_ id: UInt64, until deadline: ContinuousClock.Instant?) async -> Wake {
        await withCheckedContinuation { continuation in
            let answer: Wake? = state.withLock { state in
                guard var watch = state.watches[id] else { return .cancelled }
                defer { state.watches[id] = watch }
                if watch.cancelled {
                    watch.cancelled = false
                    return .cancelled
                }
                if watch.signalled {
                    watch.signalled = false
                    return .ready
                }
                watch.deadline = deadline
                watch.waiter = continuation
                return nil
            }
            if let answer {
                continuation.resume(returning: answer)
            } else if deadline != nil {
                // The thread may be asleep until a later time than this one.
                var one: UInt64 = 1
                _ = write(event, &one, 8)
            }
        }
    }

    private func run() {
        var tokens = [UInt64](repeating: 0, count: 64)
        while true {
            let count = csystem_readiness_wait(epoll, &tokens, Int32(tokens.count), fireDeadlines())
            guard count > 0 else { continue }
            for token in tokens.prefix(Int(count)) {
                guard token != 0 else {
                    var counter: UInt64 = 0
                    _ = read(event, &counter, 8)
                    continue
                }
                let waiter = state.withLock { state -> CheckedContinuation<Wake, Never>? in
                    guard let waiter = state.watches[token]?.waiter else {
                        state.watches[token]?.signalled = true
                        return nil
                    }
                    state.watches[token]?.waiter = nil
                    return waiter
                }
                waiter?.resume(returning: .ready)
            }
        }
    }

    /// Wakes whose time has come; returns the milliseconds until the next time, -1 for none.
    private func fireDeadlines() -> Int32 {
        let now = ContinuousClock.now
        var due: [CheckedContinuation<Wake, Never>] = []
        let nearest = state.withLock { state -> ContinuousClock.Instant? in
            var nearest: ContinuousClock.Instant?
            for (id, watch) in state.watches {
                guard let waiter = watch.waiter, let deadline = watch.deadline else { continue }
                if deadline <= now {
                    state.watches[id]?.waiter = nil
                    due.append(waiter)
                } else if nearest.map({ deadline < $0 }) ?? true {
                    nearest = deadline
                }
            }
            return nearest
        }
        for waiter in due { waiter.resume(returning: .deadline) }
        guard let nearest else { return -1 }
        let (seconds, attoseconds) = (nearest - now).components
        // Rounded up: waking a moment early would only mean waking twice.
        return Int32(min(seconds, 86_400)) * 1_000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }
}
