internal import CSystem
internal import Glibc
internal import Threads

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
        let readiness: Readiness
        do throws(ReadySet.Refusal) { readiness = Readiness(try ReadySet()) } catch {
            return .failure(
                ProcessError(
                    .spawnFailed, subject: "epoll",
                    reason: "cannot watch children: \(ProcessError.words(error.number))"))
        }
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

    private let descriptors: ReadySet
    private let state = Locked(State())

    private init(_ descriptors: ReadySet) { self.descriptors = descriptors }

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

    func add(_ descriptor: Int32, to id: UInt64) throws(ProcessError) {
        do throws(ReadySet.Refusal) { try descriptors.watchEdges(descriptor, token: id) } catch {
            throw ProcessError(
                .spawnFailed, subject: "epoll", reason: "cannot watch a child: \(ProcessError.words(error.number))")
        }
    }

    func remove(_ descriptor: Int32) { descriptors.forget(descriptor) }

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
                descriptors.ring()
            }
        }
    }

    private func run() {
        while true {
            descriptors.wait(atMost: fireDeadlines()) { ready in
                let waiter = state.withLock { state -> CheckedContinuation<Wake, Never>? in
                    guard let waiter = state.watches[ready.token]?.waiter else {
                        state.watches[ready.token]?.signalled = true
                        return nil
                    }
                    state.watches[ready.token]?.waiter = nil
                    return waiter
                }
                waiter?.resume(returning: .ready)
            }
        }
    }

    /// Wakes whose time has come; returns how long it is until the next time, nil for none.
    private func fireDeadlines() -> Duration? {
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
        return nearest.map { $0 - now }
    }
}
