import Glibc
import Threads

/// Where the handler writes: set once, before the first handler is installed, so that the handler has only to read it.
private nonisolated(unsafe) var signalPipe: CInt = -1

/// The signals of this process, for those who wait for them: a handler writes the number into a pipe, which is all that a
/// handler may do (signal-safety(7)), and a thread hands it on.
private final class SignalHub: Sendable {
    static let process = SignalHub()

    private struct Subscribers {
        var former: sighandler_t?
        var actions: [Int: @Sendable () -> Void] = [:]
    }
    private struct State {
        var subscribers: [CInt: Subscribers] = [:]
        var nextToken = 0
    }

    private let state = Locked(State())
    /// Whether there is a pipe: without one signals keep their own effect.
    private let works: Bool

    private init() {
        var ends: [CInt] = [-1, -1]
        works = pipe(&ends) == 0
        guard works else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe has signals enough: the handler must never wait.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        signalPipe = ends[1]
        let reading = UnsafeMutableRawPointer(bitPattern: Int(ends[0]) + 1)
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                SignalHub.process.read(CInt(Int(bitPattern: argument) - 1))
                return nil
            }, reading)
        if started == 0 { pthread_detach(thread) }
    }

    private func read(_ descriptor: CInt) {
        var number: UInt8 = 0
        while true {
            let count = Glibc.read(descriptor, &number, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            // Under the lock, so that nothing is called once its subscription has ended.
            state.withLock { state in
                for action in (state.subscribers[CInt(number)]?.actions ?? [:]).values { action() }
            }
        }
    }

    /// Calls `action` each time the signal comes; its own effect is switched off.
    func subscribe(_ number: CInt, _ action: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextToken += 1
            var subscribers = state.subscribers[number] ?? Subscribers()
            if subscribers.actions.isEmpty, works {
                subscribers.former = signal(number) { number in
                    let saved = errno
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = Glibc.write(signalPipe, &byte, 1)
                    errno = saved
                }
            }
            subscribers.actions[state.nextToken] = action
            state.subscribers[number] = subscribers
            return state.nextToken
        }
    }

    /// Ends a subscription; behind the last one the signal has the effect again that it had before the first.
    func unsubscribe(_ number: CInt, _ token: Int) {
        state.withLock { state in
            guard state.subscribers[number]?.actions.removeValue(forKey: token) != nil,
                let subscribers = state.subscribers[number], subscribers.actions.isEmpty
            else { return }
            if works { signal(number, subscribers.former) }
            state.subscribers[number] = nil
        }
    }
}

/// A signal as a stream, until it is cancelled; the signal's own effect is switched off meanwhile.
struct SignalStream: Sendable {
    /// An element for each time the signal came; some of many at once may be one.
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ number: CInt) {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(4))
        (self.stream, self.continuation) = (stream, continuation)
        let token = SignalHub.process.subscribe(number) { continuation.yield() }
        continuation.onTermination = { _ in SignalHub.process.unsubscribe(number, token) }
    }

    func cancel() { continuation.finish() }
}

/// SIGINT as a byte in a pipe, for a thread that waits in poll(2); the signal has its old effect again behind `close`.
struct InterruptPipe {
    /// Readable once the signal has come.
    let reading: CInt
    private let writing: CInt
    private let token: Int

    /// Nil where no pipe can be had.
    init?() {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let writing = ends[1]
        (reading, self.writing) = (ends[0], writing)
        token = SignalHub.process.subscribe(SIGINT) {
            var byte: UInt8 = 1
            _ = Glibc.write(writing, &byte, 1)
        }
    }

    func close() {
        SignalHub.process.unsubscribe(SIGINT, token)
        Glibc.close(reading)
        Glibc.close(writing)
    }
}
