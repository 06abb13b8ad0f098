import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct NagiosTests {
    @Test func `a line has its status its message and its measures`() {
        let line = NagiosLine(
            .done, "3 hosts, 6 brokers",
            [
                .init("took", 0.212, .seconds), .init("under_replicated", 0, critical: 0),
                .init("disk", 12, .percent, warning: 80, critical: 90, minimum: 0, maximum: 100),
            ])
        #expect(
            line.text == "GANTRY OK - 3 hosts, 6 brokers | took=0.212s under_replicated=0;;0 disk=12%;80;90;0;100")
    }

    @Test(arguments: [
        (ExitStatus.done, "OK"), (.warning, "WARNING"), (.failed, "CRITICAL"), (.unknown, "UNKNOWN"),
        (.refused, "UNKNOWN"), (.usage, "UNKNOWN"),
    ])
    func `a status has its word`(status: ExitStatus, word: String) {
        #expect(NagiosLine(status, "x").text == "GANTRY \(word) - x")
    }

    @Test func `nothing in a message can begin the measures or a second line`() {
        #expect(NagiosLine(.failed, "a|b\nc\u{1b}").text == "GANTRY CRITICAL - a/b c\\u{1b}")
        let error = CommandError("c", "no answer", object: "host a", reason: "timed out", next: "x")
        #expect(NagiosLine(error).text == "GANTRY UNKNOWN - no answer: host a: timed out")
    }

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-1.5, "-1.5"), (0.0004, "0"), (-0.0001, "0"), (0.9996, "1"), (3.14159, "3.142"),
        (1_610_612_736, "1610612736"), (0.05, "0.05"), (.nan, "U"), (.infinity, "U"), (1e300, "U"),
    ])
    func `a number has no exponent and at most three decimals`(value: Double, text: String) {
        #expect(NagiosLine.Measure("a", value).text == "a=\(text)")
    }

    @Test func `a label with a space is quoted`() {
        #expect(NagiosLine.Measure("it's = a", 1).text == "'it''s _ a'=1")
    }
}
