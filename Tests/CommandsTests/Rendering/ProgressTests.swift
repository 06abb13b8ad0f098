import FleetModel
import Testing
import Threads

@testable import Commands

@Suite struct ProgressTests {
    let moving = Progress(
        "stage 2 of 4: broker 5", .bytes(ByteCount(1 << 30), of: ByteCount(4 << 30)),
        rate: BytesPerSecond(50 << 20), timeLeft: .seconds(61))

    @Test func `a line says stage amount rate and time left`() {
        #expect(moving.text == "stage 2 of 4: broker 5, 1 GiB of 4 GiB, 50 MiB/s, 1m 01s left")
        #expect(moving.line(Style(columns: 100)) == "█████                " + moving.text)
        #expect(Progress("start", .steps(0, of: 0)).line(Style(columns: 80)).hasSuffix(" start, 0 of 0"))
    }

    @Test func `a stalled move says so instead of a time`() {
        var progress = moving
        progress.stalled = .seconds(120)
        #expect(progress.text == "stage 2 of 4: broker 5, 1 GiB of 4 GiB, stalled for 2m 00s")
    }

    @Test(arguments: [1, 10, 40, 64, 65, 90])
    func `the live line never wraps`(columns: Int) {
        #expect(TextWidth.of(moving.line(Style(columns: columns))) < columns)
    }

    @Test func `off a terminal a dated line comes with each stage and once in a while`() {
        let harness = Harness()
        let clock = Locked(Timestamp(milliseconds: 0))
        let reporter = ProgressReporter(harness.context(), now: { clock.withLock { $0 } })
        for (seconds, stage) in [(0, "a"), (1, "a"), (49, "a"), (50, "a"), (51, "a"), (52, "b"), (53, "b")] {
            clock.withLock { $0 = Timestamp(milliseconds: Int64(seconds) * 1000) }
            reporter.update(Progress(stage))
        }
        reporter.event("broker 5 is empty")
        reporter.finish()
        #expect(
            harness.error.text == """
                1970-01-01T00:00:00Z a
                1970-01-01T00:00:50Z a
                1970-01-01T00:00:52Z b
                1970-01-01T00:00:53Z broker 5 is empty

                """)
    }

    @Test func `on a terminal there is one live line and it leaves nothing behind`() {
        var harness = Harness()
        harness.terminal.errorIsTerminal = true
        harness.terminal.understandsSequences = true
        let reporter = ProgressReporter(harness.context(showsLive: true), now: { Timestamp(milliseconds: 0) })
        reporter.update(Progress("a"))
        reporter.event("done")
        reporter.finish()
        #expect(harness.error.text == "\r\u{1b}[Ka\r\u{1b}[Kdone\na\r\u{1b}[K")
    }

    @Test func `quiet means quiet`() {
        let harness = Harness()
        var options = CommonValues()
        options.isQuiet = true
        let reporter = ProgressReporter(harness.context(options), now: { Timestamp(milliseconds: 0) })
        reporter.update(Progress("a"))
        reporter.event("b")
        #expect(harness.error.text == "")
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(250), "0.2s"), (.seconds(27), "27s"), (.seconds(192), "3m 12s"),
        (.seconds(3900), "1h 05m"), (.seconds(183_600), "2d 03h"), (.seconds(-5), "0s"),
    ])
    func `a span has two units at most`(span: Duration, text: String) {
        #expect(TimeText.span(span) == text)
    }
}
