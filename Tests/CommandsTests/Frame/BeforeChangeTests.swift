import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct BeforeChangeTests {
    private static let terminal = Terminal(errorIsTerminal: true, understandsSequences: true, hasUnicode: true)

    @Test func `on a terminal a live line says what goes on, and is gone afterwards`() async throws {
        let harness = Harness(terminal: Self.terminal)
        let context = harness.context(showsLive: true)
        let answer = try await context.beforeChange(Looking("looking at 3 hosts")) { 7 }
        #expect(answer == 7)
        #expect(harness.error.text == "\r\u{1b}[Klooking at 3 hosts …\r\u{1b}[K")
    }

    @Test(arguments: [(0, ""), (1, "looking at 3 hosts\n")])
    func `elsewhere it is said with -v alone`(_ verbosity: Int, _ text: String) async throws {
        let harness = Harness()
        var options = CommonValues()
        options.verbosity = verbosity
        _ = try await harness.context(options).beforeChange(Looking("looking at 3 hosts")) { 7 }
        #expect(harness.error.text == text)
    }

    @Test func `Ctrl-C ends it with one line and the status of a refusal`() async throws {
        let harness = Harness()
        let interrupts = AsyncStream<Void> { $0.yield() }
        do {
            try await harness.context().beforeChange(Looking("looking"), interrupts: interrupts) {
                try await Task.sleep(for: .seconds(3600))
            }
            Issue.record("it went on")
        } catch let error as CommandError {
            #expect(error.exit == .refused)
            #expect(error.text(Style()) == "gantry: interrupted; nothing was changed")
        }
    }

    @Test func `a message in the place of the live line leaves one live line`() {
        let sink = Capture()
        let output = Output(output: Capture(), error: sink, showsLive: true)
        output.live("[0/2] one")
        output.message("one: done", thenLive: "[1/2] two")
        output.message("two: done", thenLive: nil)
        let clear = "\r\u{1b}[K"
        #expect(sink.text == "\(clear)[0/2] one\(clear)one: done\n[1/2] two\(clear)two: done\n")
    }
}
