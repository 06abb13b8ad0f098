import Glibc
import Threads

/// Where bytes go: a descriptor, or a test's buffer.
protocol ByteSink: Sendable {
    /// Writes all of it.
    /// - Returns: 0, or the errno that prevented it.
    func write(_ bytes: [UInt8]) -> CInt
}

/// A file descriptor.
struct DescriptorSink: ByteSink {
    let descriptor: CInt

    func write(_ bytes: [UInt8]) -> CInt {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Whoever shares the terminal with us made it non-blocking: wait until it takes more.
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&poller, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// Standard output for documents, standard error for everything else, and the live line at the end of the latter.
///
/// A reader that goes away (`| head`) is no failure: what is written from then on is dropped in silence. Any other
/// failure to write is kept for the end of the command.
final class Output: Sendable {
    private struct State {
        var live: String?
        var outputIsGone = false
        var errorIsGone = false
        var failure: CInt = 0
        var hasDocument = false
    }

    private let output: any ByteSink
    private let error: any ByteSink
    private let showsLive: Bool
    private let state = Locked(State())

    /// `showsLive`: standard error is a terminal that understands sequences.
    init(
        output: any ByteSink = DescriptorSink(descriptor: 1), error: any ByteSink = DescriptorSink(descriptor: 2),
        showsLive: Bool
    ) {
        self.output = output
        self.error = error
        self.showsLive = showsLive
    }

    /// Writes a whole document, a newline at its end added, to standard output.
    func document(_ text: String) {
        state.withLock { state in
            state.hasDocument = true
            if showsLive, state.live != nil { writeError(Self.clearLine, &state) }
            writeOutput(text.hasSuffix("\n") || text.isEmpty ? text : text + "\n", &state)
            if showsLive, let live = state.live { writeError(live, &state) }
        }
    }

    /// Writes lines to standard error, above the live line.
    func message(_ text: String) {
        state.withLock { state in
            let live = showsLive ? state.live : nil
            writeError((live == nil ? "" : Self.clearLine) + text + "\n" + (live ?? ""), &state)
        }
    }

    /// Writes lines to standard error in the place of the live line, with another one below them.
    func message(_ text: String, thenLive live: String?) {
        state.withLock { state in
            let before = showsLive && state.live != nil ? Self.clearLine : ""
            state.live = live
            writeError(before + text + "\n" + (showsLive ? live ?? "" : ""), &state)
        }
    }

    /// Writes a question to standard error; the answer follows on its line.
    func question(_ text: String) {
        state.withLock { state in
            let live = state.live.map { _ in Self.clearLine } ?? ""
            state.live = nil
            writeError((showsLive ? live : "") + text, &state)
        }
    }

    /// Replaces the live line; nil ends it and leaves nothing behind. Does nothing where standard error is no terminal.
    func live(_ text: String?) {
        guard showsLive else { return }
        state.withLock { state in
            guard state.live != text else { return }
            state.live = text
            writeError(Self.clearLine + (text ?? ""), &state)
        }
    }

    /// Whether a document was written: there is to be one at most.
    var hasDocument: Bool { state.withLock(\.hasDocument) }

    /// Whether whoever read standard output went away.
    var readerIsGone: Bool { state.withLock(\.outputIsGone) }

    /// The errno that kept a document from being written; 0: none did. A reader that went away is not counted.
    var failure: CInt { state.withLock(\.failure) }

    /// Back to the first column, and erase to the end of the line.
    private static let clearLine = "\r\u{1b}[K"

    private func writeOutput(_ text: String, _ state: inout State) {
        guard !state.outputIsGone, !text.isEmpty else { return }
        let code = output.write(Array(text.utf8))
        guard code != 0 else { return }
        state.outputIsGone = true
        if code != EPIPE { state.failure = code }
    }

    private func writeError(_ text: String, _ state: inout State) {
        guard !state.errorIsGone, !text.isEmpty else { return }
        // There is nowhere to say that standard error can't be written.
        state.errorIsGone = error.write(Array(text.utf8)) != 0
    }
}
