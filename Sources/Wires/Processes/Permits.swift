import Threads

/// A bound on how many tasks do something at once: a semaphore whose waiters suspend, come in order and can be cancelled.
public final class Permits: Sendable {
    private struct State {
        var free: Int
        var nextTicket: UInt64 = 0
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        /// Tickets that were cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state: Locked<State>

    /// - Parameter count: how many may hold a permit at once; fewer than one counts as one.
    public init(_ count: Int) {
        state = Locked(State(free: max(1, count)))
    }

    /// Runs `body` while holding a permit.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before it got one; whatever `body` throws.
    public func withPermit<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard await acquire() else { throw CancellationError() }
        defer { release() }
        return try await body()
    }

    private func acquire() async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        // A cancellation that comes between the answer and the end of the handler leaves its mark behind.
        defer { _ = state.withLock { $0.cancelled.remove(ticket) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                    state.cancelled.insert(ticket)
                    return nil
                }
                return state.waiting.remove(at: index).continuation
            }
            waiter?.resume(returning: false)
        }
    }

    private func release() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
