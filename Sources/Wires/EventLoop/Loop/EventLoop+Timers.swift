/// Something that will happen on an event loop at a time, until it is cancelled.
public struct ScheduledAction: Hashable, Sendable {
    let number: UInt64
}

extension EventLoop {
    /// Runs `action` on the loop's thread once `deadline` has passed. Call it on the loop.
    ///
    /// The clock is monotonic. The action comes at the deadline or up to a millisecond later, never before.
    public func schedule(
        at deadline: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledAction {
        let number = nextNumber()
        onLoop { state in
            state.timers.set(number, at: deadline)
            state.timerActions[number] = action
        }
        return ScheduledAction(number: number)
    }

    /// Takes back an action that has not run; one that has is no mistake. Call it on the loop.
    public func cancel(_ scheduled: ScheduledAction) {
        onLoop { state in
            state.timers.remove(scheduled.number)
            state.timerActions.removeValue(forKey: scheduled.number)
        }
    }

    /// Suspends until `deadline`, without holding the loop's thread; callable from anywhere.
    ///
    /// - Throws: `EventLoopError` with code `cancelled` when the task is cancelled first.
    public func sleep(until deadline: ContinuousClock.Instant) async throws(EventLoopError) {
        let wake = await LoopBound(loop: self).park(until: deadline)
        if wake == .cancelled { throw EventLoopError(.cancelled, during: "wait") }
    }

    /// Suspends for `duration`, without holding the loop's thread; callable from anywhere.
    ///
    /// - Throws: `EventLoopError` with code `cancelled` when the task is cancelled first.
    public func sleep(for duration: Duration) async throws(EventLoopError) {
        try await sleep(until: .now + duration)
    }
}

/// Brings a caller from anywhere onto the loop.
private actor LoopBound {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) { self.loop = loop }

    func park(until deadline: ContinuousClock.Instant) async -> Wake {
        await loop.park(until: deadline) { _ in true }
    }
}
