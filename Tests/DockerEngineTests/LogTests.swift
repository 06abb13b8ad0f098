import Foundation
import ScriptedServer
import Testing

@testable import DockerEngine

private func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
    let count = UInt32(text.utf8.count)
    return [stream, 0, 0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + Array(text.utf8)
}

private func lines(_ chunks: [[UInt8]]) throws -> [LogLine] {
    var decoder = LogFrameDecoder()
    var assembler = LogLineAssembler(hasTimes: false)
    var result: [LogLine] = []
    for chunk in chunks {
        for piece in try decoder.append(chunk) { result += assembler.append(piece) }
    }
    return result + assembler.finish()
}

@Suite struct `Output of containers` {
    private let wire = frame(1, "one\ntw") + frame(2, "err\r\n") + frame(1, "") + frame(1, "o\n\nlast") + frame(3, "x")
    private let expected = [
        LogLine(stream: .stdout, time: nil, text: "one"), LogLine(stream: .stderr, time: nil, text: "err"),
        LogLine(stream: .stdout, time: nil, text: "two"), LogLine(stream: .stdout, time: nil, text: ""),
        LogLine(stream: .stdout, time: nil, text: "last"), LogLine(stream: .stderr, time: nil, text: "x"),
    ]

    @Test func `frames are the same however they are cut in two or three`() throws {
        for first in 0...wire.count {
            for second in first...wire.count {
                let cut = [Array(wire[..<first]), Array(wire[first..<second]), Array(wire[second...])]
                #expect(try lines(cut) == expected)
            }
        }
        #expect(try lines(wire.map { [$0] }) == expected)
    }

    @Test func `a decoder knows whether it is between two frames`() throws {
        var decoder = LogFrameDecoder()
        for (index, byte) in frame(1, "ab").enumerated() {
            _ = try decoder.append([byte])
            #expect(decoder.isAtBoundary == (index == 9))
        }
    }

    @Test(arguments: [[4, 0, 0, 0, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0, 1], Array("staying\n".utf8)])
    func `what is no frame is refused`(header: [UInt8]) {
        var decoder = LogFrameDecoder()
        #expect(throws: LogFrameDecoder.Malformed(header: header)) { try decoder.append(header) }
    }

    @Test func `a frame that claims four gigabytes costs no memory`() throws {
        var decoder = LogFrameDecoder()
        #expect(try decoder.append([1, 0, 0, 0, 255, 255, 255, 255]).isEmpty)
        #expect(try decoder.append([1, 2, 3]) == [LogFrameDecoder.Piece(stream: .stdout, bytes: [1, 2, 3])])
        #expect(!decoder.isAtBoundary)
    }

    @Test func `a line without end is cut and the next one is whole`() {
        var assembler = LogLineAssembler(hasTimes: false)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: LogLineAssembler.longestLine - 1)
        var found = assembler.append(.init(stream: .stdout, bytes: long))
        found += assembler.append(.init(stream: .stdout, bytes: Array("yz\nshort\n".utf8)))
        #expect(found.map(\.isCut) == [true, false])
        #expect(found.map(\.text.utf8.count) == [LogLineAssembler.longestLine, 5])
    }

    @Test func `a time is taken off only where it was asked for`() {
        let bytes = Array("2026-05-01T03:00:00.123456789Z hello\nnonsense hello\n2026-05-01T03:00:00Z \n".utf8)
        var with = LogLineAssembler(hasTimes: true)
        let timed = with.append(.init(stream: .terminal, bytes: bytes))
        #expect(timed.map(\.text) == ["hello", "nonsense hello", ""])
        #expect(timed[0].time == DockerTime(nanoseconds: 1_777_604_400_123_456_789))
        #expect(timed[1].time == nil)
        var without = LogLineAssembler(hasTimes: false)
        let plain = without.append(.init(stream: .terminal, bytes: bytes))
        #expect(plain[0].text == "2026-05-01T03:00:00.123456789Z hello")
    }

    @Test func `of much output the end is kept`() {
        var tail = LogTail(limit: 10)
        for number in 1...5 { tail.append(LogLine(stream: .stdout, time: nil, text: "l\(number)")) }
        #expect(tail.lines.map(\.text) == ["l3", "l4", "l5"])
        #expect(tail.isCut)
    }

    @Test func `the selection is what is asked for`() async throws {
        try await withFakeDaemon({ request, connection in
            if request.call.hasSuffix("/json") { return _ = connection.answer(fixture("container-exited.json")) }
            connection.startChunks(headers: ["Content-Type: application/vnd.docker.multiplexed-stream"])
            for byte in frame(1, "one\n") + frame(2, "two") { connection.sendChunk([byte]) }
            connection.sendChunk("")
        }) { engine, server in
            let since = DockerTime(nanoseconds: 1_777_604_400_000_000_005)
            let lines = try await engine.logs(
                of: .name("kafka-1"), LogSelection(tail: .last(2), since: since, stderr: false))
            #expect(lines.map(\.text) == ["one", "two"])
            #expect(
                server.calls == [
                    "GET /v1.51/containers/kafka-1/logs?stdout=1&stderr=0&since=1777604400.000000005&tail=2"
                ])
        }
    }

    @Test func `an older daemon is asked whether the output is a terminal's`() async throws {
        for tty in [false, true] {
            try await withFakeDaemon(
                docker: "20.10",
                { request, connection in
                    guard request.call.hasSuffix("/json") else {
                        connection.startChunks(headers: ["Content-Type: application/vnd.docker.raw-stream"])
                        connection.sendChunk(tty ? Array("one\r\n".utf8) : frame(1, "one\n"))
                        connection.sendChunk("")
                        return
                    }
                    let details = fixture("container-exited.json", docker: "20.10")
                    connection.answer(details.replacingOccurrences(of: #""Tty":false"#, with: #""Tty":\#(tty)"#))
                }
            ) { engine, _ in
                let lines = try await engine.logs(of: .name("kafka-1"))
                #expect(lines == [LogLine(stream: tty ? .terminal : .stdout, time: nil, text: "one")])
            }
        }
    }

    @Test func `output that is in no frames is an error`() async throws {
        try await withFakeDaemon({ _, connection in
            connection.answer("plain text\n", headers: ["Content-Type: application/vnd.docker.multiplexed-stream"])
        }) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.logs(of: .name("kafka-1")) }
            #expect(error?.kind == .garbage)
        }
    }

    @Test func `a container that is not there has no output`() async throws {
        let answer = FakeAnswer.recorded("error-no-container.json", status: "404 Not Found")
        try await withFakeDaemon(answering: answer) { engine, _ in
            let error = await #expect(throws: DockerError.self) { try await engine.logs(of: .name("absent")) }
            #expect(error?.kind == .notFound(.container))
        }
    }
}
