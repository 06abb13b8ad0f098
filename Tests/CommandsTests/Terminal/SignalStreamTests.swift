import Glibc
import Testing

@testable import Commands

/// On a signal that nothing else in a test run uses, so that the runner's own SIGINT keeps its effect.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SignalStreamTests {
    @Test func `a signal is an element of every stream that waits for it`() async {
        let streams = [SignalStream(SIGUSR2), SignalStream(SIGUSR2)]
        kill(getpid(), SIGUSR2)
        for signals in streams {
            var iterator = signals.stream.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            signals.cancel()
        }
    }

    @Test func `a stream that is made after another was cancelled has its signals`() async {
        for _ in 0..<20 {
            let signals = SignalStream(SIGUSR2)
            kill(getpid(), SIGUSR2)
            var iterator = signals.stream.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            signals.cancel()
        }
    }

    @Test func `behind the last stream the signal has its old effect`() {
        signal(SIGUSR2, SIG_IGN)
        let first = SignalStream(SIGUSR2)
        let second = SignalStream(SIGUSR2)
        first.cancel()
        second.cancel()
        var action = sigaction()
        sigaction(SIGUSR2, nil, &action)
        #expect(
            unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self))
        signal(SIGUSR2, SIG_DFL)
    }
}
