/// A value that comes once, and that any number of tasks wait for, each with a deadline of its own.
public actor LoopPromise<Value: Sendable> {
    private nonisolated let loop: EventLoop
    private var fulfilled: Value?
    private var waiters: Set<UInt64> = []

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// A promise that nobody has kept yet.
    public init(on loop: EventLoop) { self.loop = loop }

    /// The value, once it is there.
    public var current: Value? { fulfilled }

    /// Gives the value to all who wait and will wait; a second value is ignored.
    public func fulfil(_ value: Value) {
        guard fulfilled == nil else { return }
        fulfilled = value
        for waiter in waiters { loop.wake(waiter, .ready) }
        waiters = []
    }

    /// Waits for the value.
    ///
    /// - Throws: `EventLoopError` with code `deadlineExceeded` or `cancelled`.
    public func value(until deadline: ContinuousClock.Instant?) async throws(EventLoopError) -> Value {
        while true {
            if let fulfilled { return fulfilled }
            var number: UInt64 = 0
            let wake = await loop.park(until: deadline) { waiter in
                guard fulfilled == nil else { return false }
                number = waiter
                waiters.insert(waiter)
                return true
            }
            waiters.remove(number)
            switch wake {
            case .ready: continue
            case .deadline: throw EventLoopError(.deadlineExceeded, during: "wait")
            case .cancelled: throw EventLoopError(.cancelled, during: "wait")
            }
        }
    }
}
