/// Keeps the first or the last bytes of a stream, within a bound, and counts the rest.
struct OutputCapture: Sendable {
    enum End: Sendable { case first, last }

    private let limit: Int
    private let end: End
    private var kept: [UInt8] = []
    private(set) var total = 0

    init(limit: Int, keeping end: End) {
        self.limit = max(0, limit)
        self.end = end
    }

    var isOverLimit: Bool { total > limit }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        total += bytes.count
        switch end {
        case .first:
            kept.append(contentsOf: bytes.prefix(limit - kept.count))
        case .last:
            kept.append(contentsOf: bytes.suffix(limit))
            // Trimmed at twice the limit, so that each byte is moved at most once on the average.
            if kept.count >= limit * 2 { kept.removeFirst(kept.count - limit) }
        }
    }

    var captured: CapturedOutput {
        let bytes = Array(kept.suffix(limit))
        return CapturedOutput(bytes: bytes, discarded: total - bytes.count)
    }
}

/// Cuts a stream of bytes into lines without their ends.
struct LineSplitter: Sendable {
    /// 64 KiB: a longer "line" is no text; it is handed on in pieces of this size so that memory stays bounded.
    static let longestLine = 64 << 10

    private var rest: [UInt8] = []

    mutating func append(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(take())
            } else {
                rest.append(byte)
                if rest.count == Self.longestLine { lines.append(take()) }
            }
        }
        return lines
    }

    /// What stands after the last newline, if anything.
    mutating func finish() -> String? { rest.isEmpty ? nil : take() }

    private mutating func take() -> String {
        defer { rest.removeAll(keepingCapacity: true) }
        return String(decoding: rest.last == UInt8(ascii: "\r") ? rest.dropLast() : rest[...], as: UTF8.self)
    }
}
