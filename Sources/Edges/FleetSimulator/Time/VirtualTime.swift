public import FleetModel
public import Observation
import Synchronization

/// Time that passes only when nothing else is left to do: hours of it take milliseconds, and the same program makes the
/// same transcript on every machine and run.
///
/// One thread runs every job in the order in which it became ready; when there is none, the clock jumps to the next
/// sleeper. Code that waits for anything but this clock would never be waited for: simulations have no I/O.
public final class VirtualTime: TaskExecutor, FleetClock {
    private struct Sleeper {
        var wake: Duration
        var number: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var ready: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        var now: Duration = .zero
        var nextNumber = 0
        var cancelled: Set<Int> = []
    }

    private let epoch: Timestamp
    private let state: Mutex<State>

    /// Time that begins at `epoch`; `start` of it has passed already.
    public init(epoch: Timestamp = Timestamp(milliseconds: 1_767_225_600_000), startingAt start: Duration = .zero) {
        self.epoch = epoch
        state = Mutex(State(now: start))
    }

    /// Jobs of tasks that prefer this executor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Runs `body` to its end on this thread, with all tasks that it makes.
    /// - Returns: nil when nothing can ever happen again and `body` has not ended: it waits for something outside.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) -> Result? {
        let box = ResultBox<Result>()
        Task(executorPreference: self) { box.set(await body()) }
        while box.value == nil {
            if let job = state.withLock({ $0.ready.isEmpty ? nil : $0.ready.removeFirst() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if !wakeNext() {
                return nil
            }
        }
        return box.value
    }

    /// Moves the clock to the earliest sleeper and wakes it; false when nobody sleeps.
    private func wakeNext() -> Bool {
        let sleeper: Sleeper? = state.withLock { state in
            guard
                let index = state.sleepers.indices.min(by: {
                    (state.sleepers[$0].wake, state.sleepers[$0].number)
                        < (state.sleepers[$1].wake, state.sleepers[$1].number)
                })
            else { return nil }
            let sleeper = state.sleepers.remove(at: index)
            state.now = max(state.now, sleeper.wake)
            return sleeper
        }
        sleeper?.continuation.resume()
        return sleeper != nil
    }

    /// The wall clock: the epoch plus what has passed.
    public func now() -> Timestamp { epoch.advanced(by: uptime()) }

    /// What has passed.
    public func uptime() -> Duration { state.withLock(\.now) }

    /// Waits in virtual time.
    public func sleep(for duration: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let wasCancelled = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return true }
                    state.sleepers.append(
                        Sleeper(wake: state.now + max(.zero, duration), number: number, continuation: continuation))
                    return false
                }
                if wasCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper: Sleeper? = state.withLock { state in
                guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

/// Where a task leaves its result for the thread that runs it.
private final class ResultBox<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)
    var value: Value? { state.withLock { $0 } }
    func set(_ value: Value) { state.withLock { $0 = value } }
}
