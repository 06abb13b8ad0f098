/// Which of a container's outputs.
public enum LogStream: Sendable, Hashable {
    /// Standard output.
    case stdout
    /// Standard error.
    case stderr
    /// A terminal, where the two are one.
    case terminal
}

/// Takes Docker's multiplexed output apart, however it is cut: a value that is given bytes and returns pieces.
///
/// Each frame has eight bytes in front: the stream (0 input, 1 output, 2 errors, 3 a failure of Docker's own), three
/// zeros and the length as 32 bits, big-endian (Engine API, "Attach to a container"). Payloads are handed on as they
/// come, so that a frame's length, which may be anything, costs no memory.
struct LogFrameDecoder: Equatable {
    struct Piece: Equatable {
        var stream: LogStream
        var bytes: [UInt8]
    }

    /// What came is no frame, so the rest can't be read either.
    struct Malformed: Error, Equatable {
        let header: [UInt8]
    }

    private var header: [UInt8] = []
    private var stream = LogStream.stdout
    private var remaining = 0

    /// Whether the bytes until now end between two frames.
    var isAtBoundary: Bool { header.isEmpty && remaining == 0 }

    mutating func append(_ bytes: [UInt8]) throws(Malformed) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if remaining > 0 {
                let payload = rest.prefix(remaining)
                remaining -= payload.count
                rest = rest.dropFirst(payload.count)
                pieces.append(Piece(stream: stream, bytes: Array(payload)))
            } else {
                let wanted = rest.prefix(8 - header.count)
                header += wanted
                rest = rest.dropFirst(wanted.count)
                if header.count == 8 { try begin() }
            }
        }
        return pieces
    }

    private mutating func begin() throws(Malformed) {
        guard header[0] <= 3, header[1...3].allSatisfy({ $0 == 0 }) else { throw Malformed(header: header) }
        stream = header[0] <= 1 ? .stdout : .stderr
        remaining = header[4...].reduce(0) { $0 << 8 | Int($1) }
        header = []
    }
}
