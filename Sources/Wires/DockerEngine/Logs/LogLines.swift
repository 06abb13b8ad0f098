/// One line that a container wrote.
public struct LogLine: Sendable, Hashable {
    /// Where it wrote it.
    public let stream: LogStream
    /// When Docker read it; nil where Docker did not say.
    public let time: DockerTime?
    /// The line without its end. Bytes that are not UTF-8 are shown as U+FFFD; control characters are kept.
    public let text: String
    /// Whether the line was longer than is kept, and its rest was dropped.
    public let isCut: Bool

    /// A line; made by hand only in tests.
    public init(stream: LogStream, time: DockerTime?, text: String, isCut: Bool = false) {
        self.stream = stream
        self.time = time
        self.text = text
        self.isCut = isCut
    }
}

/// Joins pieces of output to lines, for each stream apart: a value that is given pieces and returns lines.
struct LogLineAssembler: Equatable {
    /// Docker cuts an entry at 16 KiB; a stack trace in one line is longer, anything longer still is no text.
    static let longestLine = 64 << 10

    private let hasTimes: Bool
    private var open: [LogStream: OpenLine] = [:]

    /// With times, each line has one and a blank in front, as Docker writes it.
    init(hasTimes: Bool) { self.hasTimes = hasTimes }

    mutating func append(_ piece: LogFrameDecoder.Piece) -> [LogLine] {
        var lines: [LogLine] = []
        var line = open.removeValue(forKey: piece.stream) ?? OpenLine()
        var rest = piece.bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line.take(rest[..<end])
            lines.append(line.closed(piece.stream, hasTime: hasTimes))
            line = OpenLine()
            rest = rest[(end + 1)...]
        }
        line.take(rest)
        if !line.bytes.isEmpty { open[piece.stream] = line }
        return lines
    }

    /// What was written last without a line's end.
    mutating func finish() -> [LogLine] {
        defer { open = [:] }
        return [LogStream.stdout, .stderr, .terminal].compactMap { open[$0]?.closed($0, hasTime: hasTimes) }
    }
}

/// A line that has not ended yet.
private struct OpenLine: Equatable {
    var bytes: [UInt8] = []
    private var isCut = false

    mutating func take(_ more: ArraySlice<UInt8>) {
        let room = LogLineAssembler.longestLine - bytes.count
        if more.count > room { isCut = true }
        bytes += more.prefix(room)
    }

    func closed(_ stream: LogStream, hasTime: Bool) -> LogLine {
        var text = bytes[...]
        if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
        var time: DockerTime?
        // The longest form of a time, with nine digits and an offset, has 35 characters.
        if hasTime, let blank = text.prefix(36).firstIndex(of: UInt8(ascii: " ")) {
            time = DockerTime(String(decoding: text[..<blank], as: UTF8.self))
            if time != nil { text = text[(blank + 1)...] }
        }
        return LogLine(stream: stream, time: time, text: String(decoding: text, as: UTF8.self), isCut: isCut)
    }
}
