import Testing

@testable import Commands

@Suite struct TerminalTests {
    static func terminal(_ environment: [String: String], output: Bool = true) -> Terminal {
        var terminal = Terminal.current(Environment(environment))
        terminal.outputIsTerminal = output
        return terminal
    }

    @Test func `colour is used on a terminal that can show it unless somebody says no`() {
        let xterm = ["TERM": "xterm-256color"]
        #expect(Self.terminal(xterm).colorsOutput(.auto))
        #expect(!Self.terminal(xterm, output: false).colorsOutput(.auto))
        #expect(!Self.terminal(["TERM": "dumb"]).colorsOutput(.auto))
        #expect(!Self.terminal([:]).colorsOutput(.auto))
        #expect(!Self.terminal(["TERM": "xterm", "NO_COLOR": "1"]).colorsOutput(.auto))
        // no-color.org: an empty value says nothing.
        #expect(Self.terminal(["TERM": "xterm", "NO_COLOR": ""]).colorsOutput(.auto))
        #expect(!Self.terminal(xterm).colorsOutput(.never))
        #expect(Self.terminal(["TERM": "dumb", "NO_COLOR": "1"], output: false).colorsOutput(.always))
    }

    @Test func `the first locale variable that is set decides about characters`() {
        #expect(Self.terminal(["LANG": "de_DE.UTF-8"]).hasUnicode)
        #expect(Self.terminal(["LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"]).hasUnicode)
        #expect(!Self.terminal(["LC_ALL": "C", "LANG": "de_DE.UTF-8"]).hasUnicode)
        #expect(!Self.terminal([:]).hasUnicode)
    }

    @Test func `without a terminal a question wants yes in advance`() async {
        let harness = Harness()
        let refused = await harness.run("operation", "resume")
        #expect(refused.status == .usage)
        #expect(refused.error.contains("--yes is not given"))
        #expect(await Harness().run("operation", "resume", "--yes").status == .done)
    }

    @Test(arguments: [("y", true), ("YES", true), ("n", false), ("", false), ("yess", false), (nil, false)])
    func `only yes means yes`(answer: String?, goesOn: Bool) throws {
        var terminal = Terminal()
        terminal.inputIsTerminal = true
        let error = Capture()
        let confirmation = Confirmation(
            terminal: terminal, output: Output(output: Capture(), error: error, showsLive: false),
            readAnswer: { answer })
        #expect(try confirmation.ask("Go on?", ChangeValues()) == goesOn)
        // What follows an answer that never came begins on a line of its own.
        #expect(error.text == "Go on? [y/N] " + (answer == nil ? "\n" : ""))
    }
}
