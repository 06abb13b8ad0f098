import Testing

@testable import Transfers

@Suite struct `The clocks of a transfer` {
    let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func `nothing bounded never runs out`() {
        let clocks = TransferClocks(TransferDeadlines(whole: nil), start: start)
        #expect(clocks.next == nil)
        #expect(clocks.expired(at: at(1_000_000)) == nil)
    }

    @Test func `the earliest deadline is the one named`() {
        let clocks = TransferClocks(
            TransferDeadlines(answer: .seconds(5), silence: .seconds(3), whole: .seconds(10)), start: start)
        #expect(clocks.next == at(3))
        #expect(clocks.expired(at: at(2)) == nil)
        #expect(clocks.expired(at: at(20)) == .silence)
    }

    @Test func `a sign of life moves silence and the head ends the wait for it`() {
        var clocks = TransferClocks(
            TransferDeadlines(answer: .seconds(5), silence: .seconds(3), whole: .seconds(10)), start: start)
        clocks.bytesMoved(at: at(2))
        #expect(clocks.next == at(5))
        clocks.answerBegan(at: at(4))
        #expect(clocks.next == at(7))
        #expect(clocks.expired(at: at(7)) == .silence)
        clocks.bytesMoved(at: at(9))
        #expect(clocks.expired(at: at(10)) == .whole)
    }

    @Test func `silence is not held against the peer while the reader is behind`() {
        var clocks = TransferClocks(TransferDeadlines(silence: .seconds(3), whole: nil), start: start)
        clocks.readerFellBehind()
        #expect(clocks.next == nil)
        clocks.readerCaughtUp(at: at(100))
        #expect(clocks.next == at(103))
    }

    @Test(arguments: [
        (Duration.milliseconds(5), 5), (.microseconds(1), 1), (.nanoseconds(1_000_001), 2), (.zero, 0),
        (.seconds(-1), 0), (.seconds(Int64.max), 2_147_483_647), (.seconds(2), 2000),
        // What is due already is not waited for: a negative wait has no end.
        (.microseconds(-1), 0), (.milliseconds(-3), 0), (.seconds(-2), 0),
    ])
    func `milliseconds are rounded up and bounded`(duration: Duration, expected: Int) {
        #expect(duration.wholeMilliseconds == expected)
    }
}
