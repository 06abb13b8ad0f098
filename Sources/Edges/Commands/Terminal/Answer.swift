import Glibc

/// A line that somebody types.
enum Answer {
    /// Longer than any answer; the rest of the line is not read.
    private static let most = 1024

    /// The line without its end; nil at the end of input, and when Ctrl-C came instead.
    @Sendable static func read() -> String? {
        let interrupt = InterruptPipe()
        defer { interrupt?.close() }
        var bytes: [UInt8] = []
        while bytes.count < most {
            var waiting = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
            if let interrupt { waiting.append(pollfd(fd: interrupt.reading, events: Int16(POLLIN), revents: 0)) }
            if poll(&waiting, nfds_t(waiting.count), -1) < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if waiting.count > 1, waiting[1].revents != 0 { return nil }
            var byte: UInt8 = 0
            let count = Glibc.read(0, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count <= 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
