// A dispatch source carries no mark of its thread safety, and is safe: libdispatch locks it.
@preconcurrency import Dispatch
import Glibc

/// A signal as a stream, until it is cancelled; the signal's own effect is switched off.
struct SignalStream: Sendable {
    /// An element for each time the signal came; some of many at once may be one.
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ number: CInt) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(4))
        (self.stream, self.continuation) = (stream, continuation)
        source.setEventHandler { continuation.yield() }
        continuation.onTermination = { _ in source.cancel() }
        source.activate()
    }

    func cancel() { continuation.finish() }
}

/// SIGINT as a byte in a pipe, for a thread that waits in poll(2); the signal has its old effect again behind `close`.
struct InterruptPipe {
    /// Readable once the signal has come.
    let reading: CInt
    private let writing: CInt
    private let source: any DispatchSourceSignal
    private let former: sighandler_t?

    /// Nil where no pipe can be had.
    init?() {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let writing = ends[1]
        (reading, self.writing) = (ends[0], writing)
        former = signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            var byte: UInt8 = 1
            _ = Glibc.write(writing, &byte, 1)
        }
        // Closed once the handler can't run any more.
        let reading = reading
        source.setCancelHandler {
            Glibc.close(reading)
            Glibc.close(writing)
        }
        source.activate()
    }

    func close() {
        source.cancel()
        signal(SIGINT, former)
    }
}
