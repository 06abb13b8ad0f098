/// Why a parked task goes on.
enum Wake: Sendable {
    case ready
    case deadline
    case cancelled
}

/// A task that waits on the loop.
struct Waiter {
    var continuation: CheckedContinuation<Wake, Never>
    var deadline: ScheduledAction?
}

extension EventLoop {
    /// Suspends the calling task until `wake(_:_:)` is called with the number that `register` is given, the deadline
    /// passes or the task is cancelled, whichever comes first. Call it on the loop.
    ///
    /// Other work may run between the call and `register`, so that is where the caller looks whether it still has to
    /// wait: with false the task goes on as `ready`.
    func park(
        until deadline: ContinuousClock.Instant?, isolation: isolated any Actor = #isolation,
        _ register: (UInt64) -> Bool
    ) async -> Wake {
        let number = nextNumber()
        return await withTaskCancellationHandler {
            // Captured, or the closure would run on another executor.
            _ = isolation
            return await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
                guard register(number) else { return continuation.resume(returning: .ready) }
                var waiter = Waiter(continuation: continuation)
                if let deadline {
                    waiter.deadline = schedule(at: deadline) { [self] in wake(number, .deadline) }
                }
                onLoop { $0.waiters[number] = waiter }
            }
        } onCancel: {
            // Queued behind the job that parks, so the waiter is there when this runs.
            execute { [self] in wake(number, .cancelled) }
        }
    }

    /// Lets a parked task go on; one that has gone on already is left alone. On the loop only.
    func wake(_ number: UInt64, _ reason: Wake) {
        guard let waiter = onLoop({ $0.waiters.removeValue(forKey: number) }) else { return }
        if let deadline = waiter.deadline { cancel(deadline) }
        waiter.continuation.resume(returning: reason)
    }
}
