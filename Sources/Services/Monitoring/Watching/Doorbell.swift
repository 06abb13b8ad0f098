import Synchronization

/// Rings however often: whoever waits wakes once, and a ring that nobody waits for is kept for the next who does.
final class Doorbell: Sendable {
    private struct State {
        var isRung = false
        var number = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Waits that were cancelled before they began.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Wakes who waits.
    func ring() {
        let waiters = state.withLock { state in
            state.isRung = state.waiters.isEmpty
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for a ring, or until the task is cancelled.
    func wait() async {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        defer { _ = state.withLock { $0.cancelled.remove(number) } }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return true }
                    if state.isRung {
                        state.isRung = false
                        return true
                    }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: number)
                if waiter == nil { state.cancelled.insert(number) }
                return waiter
            }
            waiter?.resume()
        }
    }
}
