import Glibc

/// The bytes of an upload: those in memory, or read from a descriptor that is never waited for, since the loop's thread
/// serves others too.
struct UploadSource {
    enum Outcome: Equatable {
        /// So many bytes were read; none means the end.
        case bytes(Int)
        /// Nothing can be read now.
        case notYet
        case failed(Int32)
    }

    let descriptor: Int32
    private var memory: ArraySlice<UInt8>?
    private var remaining: Int64?
    /// Whether the transfer stands still until the descriptor has something.
    var isWaiting = false

    init(descriptor: Int32, length: Int64?) {
        self.descriptor = descriptor
        remaining = length
    }

    init(bytes: [UInt8]) {
        descriptor = -1
        memory = bytes[...]
    }

    mutating func read(into space: UnsafeMutableRawBufferPointer) -> Outcome {
        let wanted = min(space.count, remaining.map { Int(clamping: $0) } ?? space.count)
        guard wanted > 0 else { return .bytes(0) }
        if let memory {
            let next = memory.prefix(wanted)
            space.copyBytes(from: next)
            self.memory = memory.dropFirst(next.count)
            return .bytes(next.count)
        }
        while true {
            // Asked first, because the caller's descriptor may be a blocking one.
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, 0) == 0 {
                isWaiting = true
                return .notYet
            }
            let count = Glibc.read(descriptor, space.baseAddress, wanted)
            if count >= 0 {
                remaining = remaining.map { $0 - Int64(count) }
                return .bytes(count)
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                isWaiting = true
                return .notYet
            default: return .failed(errno)
            }
        }
    }
}
