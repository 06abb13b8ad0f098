internal import CSystem
internal import Glibc

/// The parent's end of a child's standard input.
struct Feed {
    private var descriptor: Int32
    private let bytes: [UInt8]
    private(set) var sent = 0

    init(descriptor: Int32, bytes: [UInt8]) {
        self.descriptor = descriptor
        self.bytes = bytes
    }

    /// Writes what fits and closes after the last byte; true when more may fit at once. A child that no longer reads is no
    /// failure: its exit code says what it made of that.
    mutating func pump(_ readiness: Readiness) -> Bool {
        guard descriptor >= 0 else { return false }
        while sent < bytes.count {
            let written = bytes.withUnsafeBytes { all in
                csystem_process_write(descriptor, all.baseAddress?.advanced(by: sent), all.count - sent)
            }
            if written > 0 {
                sent += written
            } else if written == -1, errno == EINTR {
                continue
            } else if written == -1, errno == EAGAIN {
                return false
            } else {
                break
            }
        }
        close(readiness)
        return false
    }

    mutating func close(_ readiness: Readiness) {
        guard descriptor >= 0 else { return }
        readiness.remove(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }
}

/// The parent's end of a child's standard output or error.
struct Stream {
    /// 16 reads of 64 KiB before the clock and cancellation are looked at again.
    private static let readsAtOnce = 16
    private static let readSize = 64 << 10

    private(set) var descriptor: Int32
    private var capture: OutputCapture
    var lines = LineSplitter()

    init(descriptor: Int32, limit: Int, keeping end: OutputCapture.End) {
        self.descriptor = descriptor
        capture = OutputCapture(limit: limit, keeping: end)
    }

    var captured: CapturedOutput { capture.captured }
    var isOverLimit: Bool { capture.isOverLimit }

    /// Reads until it would block, or ends, or enough was read for now (`more`).
    mutating func read(_ readiness: Readiness, wantsLines: Bool) -> (lines: [String], more: Bool) {
        guard descriptor >= 0 else { return ([], false) }
        var found: [String] = []
        var ended = false
        var blocked = false
        withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 16) { buffer in
            for _ in 0..<Self.readsAtOnce where !ended && !blocked {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 {
                    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    capture.append(bytes)
                    if wantsLines { found += lines.append(bytes) }
                } else if count == -1, errno == EINTR {
                    continue
                } else if count == -1, errno == EAGAIN {
                    blocked = true
                } else {
                    ended = true
                }
            }
        }
        if ended { close(readiness) }
        return (found, !ended && !blocked)
    }

    mutating func close(_ readiness: Readiness) {
        guard descriptor >= 0 else { return }
        readiness.remove(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }
}
