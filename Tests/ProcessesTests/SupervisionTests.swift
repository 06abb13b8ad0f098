import Testing

@testable import Processes

@Suite struct SupervisionTests {
    @Test func `a child that ends in time is never signalled`() {
        var supervision = Supervision(stages: 1, deadline: .seconds(10), grace: .seconds(2))
        #expect(supervision.nextTime == .seconds(10))
        #expect(supervision.handle(.time, at: .seconds(9)).isEmpty)
        #expect(supervision.handle(.ended(stage: 0), at: .seconds(9)).isEmpty)
        #expect(supervision.isOver)
        #expect(supervision.reason == nil)
    }

    @Test func `past its deadline a child is terminated, after the grace killed, at last given up`() {
        var supervision = Supervision(stages: 1, deadline: .seconds(10), grace: .seconds(2))
        #expect(supervision.handle(.time, at: .seconds(10)) == [.terminate(stage: 0)])
        #expect(supervision.nextTime == .seconds(12))
        #expect(supervision.handle(.time, at: .seconds(11)).isEmpty)
        #expect(supervision.handle(.time, at: .seconds(12)) == [.kill(stage: 0)])
        #expect(!supervision.isOver)
        #expect(supervision.handle(.time, at: .seconds(12) + Supervision.patienceAfterKill).isEmpty)
        #expect(supervision.isGivenUp)
        #expect(supervision.isOver)
        #expect(supervision.reason == .deadline)
    }

    @Test func `a cancellation during the termination changes neither its time nor its reason`() {
        var supervision = Supervision(stages: 1, deadline: .seconds(1), grace: .seconds(2))
        _ = supervision.handle(.time, at: .seconds(1))
        #expect(supervision.handle(.cancelled, at: .seconds(2)).isEmpty)
        #expect(supervision.nextTime == .seconds(3))
        #expect(supervision.reason == .deadline)
    }

    @Test func `programs that outlive the last of their pipeline get the grace and are ended then`() {
        var supervision = Supervision(stages: 3, deadline: nil, grace: .seconds(2))
        #expect(supervision.nextTime == nil)
        #expect(supervision.handle(.ended(stage: 2), at: .seconds(5)).isEmpty)
        #expect(supervision.handle(.ended(stage: 0), at: .seconds(6)).isEmpty)
        #expect(supervision.nextTime == .seconds(7))
        #expect(supervision.handle(.time, at: .seconds(7)) == [.terminate(stage: 1)])
        #expect(supervision.handle(.ended(stage: 1), at: .seconds(7)).isEmpty)
        #expect(supervision.isOver)
        #expect(supervision.reason == .downstreamEnded)
    }

    @Test func `the first programs of a pipeline may end long before the last`() {
        var supervision = Supervision(stages: 2, deadline: nil, grace: .seconds(2))
        #expect(supervision.handle(.ended(stage: 0), at: .seconds(1)).isEmpty)
        #expect(supervision.nextTime == nil)
        #expect(supervision.handle(.time, at: .seconds(1000)).isEmpty)
        #expect(!supervision.isOver)
    }
}

@Suite struct OutputCaptureTests {
    private func capture(_ limit: Int, _ end: OutputCapture.End, _ pieces: [String]) -> CapturedOutput {
        var capture = OutputCapture(limit: limit, keeping: end)
        for piece in pieces { Array(piece.utf8).withUnsafeBytes { capture.append($0) } }
        return capture.captured
    }

    @Test(arguments: [1, 2, 3, 7, 20])
    func `whatever the pieces, the first or the last bytes are kept and the rest is counted`(size: Int) {
        let text = Array("abcdefghijklmnopqrst")
        let pieces = stride(from: 0, to: text.count, by: size).map { String(text[$0..<min($0 + size, text.count)]) }
        #expect(capture(5, .first, pieces) == CapturedOutput(bytes: Array("abcde".utf8), discarded: 15))
        #expect(capture(5, .last, pieces) == CapturedOutput(bytes: Array("pqrst".utf8), discarded: 15))
        #expect(capture(20, .first, pieces).text == "abcdefghijklmnopqrst")
        #expect(capture(20, .last, pieces).discarded == 0)
        #expect(capture(0, .last, pieces) == CapturedOutput(bytes: [], discarded: 20))
        #expect(capture(0, .first, pieces) == CapturedOutput(bytes: [], discarded: 20))
    }

    @Test func `lines are the same wherever the stream was cut`() {
        let bytes = Array("one\ntwo\r\n\nlast".utf8)
        for cut in 0...bytes.count {
            var splitter = LineSplitter()
            var lines = bytes[..<cut].withUnsafeBytes { splitter.append($0) }
            lines += bytes[cut...].withUnsafeBytes { splitter.append($0) }
            if let rest = splitter.finish() { lines.append(rest) }
            #expect(lines == ["one", "two", "", "last"])
        }
    }

    @Test func `a line without an end comes in bounded pieces`() {
        var splitter = LineSplitter()
        let flood = [UInt8](repeating: 0x61, count: LineSplitter.longestLine * 2 + 1)
        let lines = flood.withUnsafeBytes { splitter.append($0) }
        #expect(lines.map(\.utf8.count) == [LineSplitter.longestLine, LineSplitter.longestLine])
        #expect(splitter.finish() == "a")
    }

    @Test func `trimming takes white space from the ends only`() {
        #expect(CapturedOutput(bytes: Array(" \n a b \n\n".utf8)).trimmed == "a b")
        #expect(CapturedOutput(bytes: Array(" \n".utf8)).trimmed == "")
        #expect(CapturedOutput(bytes: Array("x\n".utf8), discarded: 3).description == "x [3 more bytes not kept]")
    }
}
