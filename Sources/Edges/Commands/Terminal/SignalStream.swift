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
