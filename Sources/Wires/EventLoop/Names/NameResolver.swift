internal import Glibc
internal import Threads

/// Looks names up on a few threads of its own, because getaddrinfo(3) blocks and cannot be interrupted.
///
/// Whoever waits can give up at any time; the thread then finishes its look-up for nobody.
final class NameResolver: Sendable {
    /// Threads at most: enough that a few names which hang do not stop all others.
    static let mostThreads = 4
    /// Look-ups waiting for a thread at most; beyond, a fleet's worth of names is stuck and more would only pile up.
    static let mostQueued = 1024

    typealias Outcome = Result<[SocketAddress], EventLoopError>

    private struct Request {
        var host: String
        var port: UInt16
    }

    private struct State {
        var queue: [UInt64] = []
        var requests: [UInt64: Request] = [:]
        var waiters: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        /// Given up before the continuation was there.
        var givenUp: [UInt64: EventLoopError.Code] = [:]
        var threads = 0
        var lastNumber: UInt64 = 0
        var closed = false
    }

    private let state = Locked(State())

    /// The addresses of `host`, at most `AddressLookup.mostAddresses`; numeric ones without a thread.
    func addresses(
        host: String, port: UInt16, endpoint: Endpoint, deadline: ContinuousClock.Instant, timers: EventLoop,
        isolation: isolated any Actor = #isolation
    ) async -> Outcome {
        if let numeric = try? AddressLookup.addresses(host: host, port: port, numericOnly: true) {
            return .success(numeric)
        }
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let timer = timers.schedule(at: deadline) { [self] in giveUp(number, .deadlineExceeded) }
        let outcome = await withTaskCancellationHandler {
            // Captured, or the closure would run on another executor.
            _ = isolation
            return await withCheckedContinuation { start(Request(host: host, port: port), number, $0) }
        } onCancel: {
            giveUp(number, .cancelled)
        }
        timers.cancel(timer)
        state.withLock { _ = $0.givenUp.removeValue(forKey: number) }
        return outcome.mapError { error in
            var error = error
            error.endpoint = endpoint
            return error
        }
    }

    /// Ends all waits; look-ups under way end by themselves.
    func close() {
        let waiting = state.withLock { state in
            state.closed = true
            state.queue = []
            state.requests = [:]
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiting { waiter.resume(returning: .failure(Self.error(.cancelled))) }
    }

    private func giveUp(_ number: UInt64, _ code: EventLoopError.Code) {
        let waiter = state.withLock { state in
            state.requests.removeValue(forKey: number)
            state.queue.removeAll { $0 == number }
            let waiter = state.waiters.removeValue(forKey: number)
            if waiter == nil { state.givenUp[number] = code }
            return waiter
        }
        waiter?.resume(returning: .failure(Self.error(code)))
    }

    private enum Start {
        case queued, needsThread
        case refused(EventLoopError)
    }

    private func start(_ request: Request, _ number: UInt64, _ waiter: CheckedContinuation<Outcome, Never>) {
        let start = state.withLock { state -> Start in
            if state.closed { return .refused(Self.error(.cancelled)) }
            if let code = state.givenUp[number] { return .refused(Self.error(code)) }
            guard state.queue.count < Self.mostQueued else {
                return .refused(Self.error(.limitReached, reason: "\(Self.mostQueued) names are being looked up"))
            }
            state.queue.append(number)
            state.requests[number] = request
            state.waiters[number] = waiter
            guard state.threads < Self.mostThreads else { return .queued }
            state.threads += 1
            return .needsThread
        }
        switch start {
        case .queued: return
        case .refused(let error): waiter.resume(returning: .failure(error))
        case .needsThread: startThread()
        }
    }

    private func startThread() {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<NameResolver>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard code != 0 else {
            pthread_detach(thread)
            return
        }
        Unmanaged.passUnretained(self).release()
        // Without any thread nobody would ever take the queue up.
        let stranded = state.withLock { state -> [CheckedContinuation<Outcome, Never>] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            state.queue = []
            state.requests = [:]
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in stranded {
            waiter.resume(returning: .failure(.system(code, during: "start a thread for names")))
        }
    }

    /// One thread: takes names until there are none, and ends.
    private func work() {
        while let (number, request) = next() {
            let outcome: Outcome
            do throws(AddressLookup.Failure) {
                outcome = .success(
                    try AddressLookup.addresses(host: request.host, port: request.port, numericOnly: false))
            } catch {
                outcome = .failure(Self.error(.nameNotResolved, reason: error.reason))
            }
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: outcome)
        }
    }

    private func next() -> (UInt64, Request)? {
        state.withLock { state in
            while !state.queue.isEmpty {
                let number = state.queue.removeFirst()
                if let request = state.requests.removeValue(forKey: number) { return (number, request) }
            }
            state.threads -= 1
            return nil
        }
    }

    private static func error(_ code: EventLoopError.Code, reason: String = "") -> EventLoopError {
        EventLoopError(code, during: "look a host name up", reason: reason)
    }
}
