import Foundation
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct OutputTests {
    @Test func `documents go to standard output and everything else to standard error`() async {
        let (output, error) = (Capture(), Capture())
        let both = Output(output: output, error: error, showsLive: false)
        both.message("a note")
        both.document("a document")
        both.document("")
        both.live("a live line")
        #expect(output.text == "a document\n")
        #expect(error.text == "a note\n")
    }

    @Test func `notes are for those who want them and drive no terminal`() {
        let harness = Harness()
        var options = CommonValues()
        let normal = harness.context(options)
        normal.note("one\ntwo\u{1b}[2J")
        normal.detail("more")
        options.verbosity = 1
        harness.context(options).detail("more")
        harness.context(options).detail("still more", level: 2)
        options.isQuiet = true
        harness.context(options).note("quiet")
        harness.context(options).detail("quiet")
        #expect(harness.error.text == "one\ntwo\\u{1b}[2J\nmore\n")
        #expect(harness.output.text == "")
    }

    @Test func `a document above a question keeps its own styles, and what it holds drives no terminal`() {
        let harness = Harness(terminal: Terminal(errorIsTerminal: true, understandsSequences: true))
        let document = Document([
            .heading("Plan"), .table(Table("data", [.init("name", "NAME")], [[Cell("a\u{1b}[2J", .bad)]])),
        ])
        harness.context().note(document)
        let text = harness.error.text
        #expect(text.hasPrefix("\u{1b}[1mPlan\u{1b}[0m\n"))
        #expect(
            text.contains("\u{1b}[2mNAME") && text.contains("\u{1b}[31ma\\u{1b}[2J\u{1b}[0m"),
            "\(text.debugDescription)")
        #expect(text.components(separatedBy: "\\u{").count == 2, "\(text.debugDescription)")
        var options = CommonValues()
        options.isQuiet = true
        harness.context(options).note(document)
        #expect(harness.error.text == text)
    }

    @Test func `messages and documents stand above the live line`() {
        let (output, error) = (Capture(), Capture())
        let both = Output(output: output, error: error, showsLive: true)
        both.live("50%")
        both.message("a note")
        both.live("60%")
        both.live("60%")
        both.document("x")
        both.live(nil)
        let clear = "\r\u{1b}[K"
        #expect(error.text == clear + "50%" + clear + "a note\n50%" + clear + "60%" + clear + "60%" + clear)
        #expect(output.text == "x\n")
    }

    @Test func `a reader that goes away is quiet and no failure`() async {
        let harness = Harness()
        harness.output.refuse(with: EPIPE)
        let result = await harness.run("version")
        #expect(result == Harness.Result(status: .done, output: "", error: ""))
    }

    @Test func `a full disk behind standard output is a failure`() async {
        let harness = Harness()
        harness.output.refuse(with: ENOSPC)
        let result = await harness.run("version")
        #expect(result.status == .failed)
        #expect(result.error.contains("the result could not be written"))
        #expect(result.error.contains("No space left on device"))
    }

    @Test(arguments: [(EBADF, ExitStatus.done), (ENOSPC, .warning)])
    func `a change that was made is made, whether its result could be written or not`(
        code: CInt, status: ExitStatus
    ) async {
        let harness = Harness()
        harness.output.refuse(with: code)
        let result = await harness.run("addhost", "10.0.0.14")
        #expect(result.status == status)
        #expect(result.error.contains("the result could not be written"))
        #expect(await harness.run("addhost", "10.0.0.14", "--dry-run").status == .failed)
    }

    @Test func `a descriptor takes all of a large text through a slow pipe`() async throws {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        // A full pipe answers EAGAIN: the sink has to wait for the reader.
        #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        let read = Task.detached {
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while case let count = Glibc.read(reading, &chunk, chunk.count), count > 0 { all += chunk.prefix(count) }
            return all
        }
        let code = DescriptorSink(descriptor: writing).write(bytes)
        close(writing)
        let all = await read.value
        close(reading)
        #expect(code == 0)
        #expect(all == bytes)
    }
}
