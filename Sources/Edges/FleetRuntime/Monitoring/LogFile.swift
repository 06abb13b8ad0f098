import Glibc
import Monitoring
import Processes
import Threads

/// The daemon's log: lines appended to a file that others may rename, delete or fill the disk of.
final class LogFile: MonitorLog {
    /// A log that can't be written is tried again so often: a look at a full disk every line would cost more than the line.
    private static let retryPause: Duration = .seconds(5)

    private struct State {
        var descriptor: CInt = -1
        var failedAt: ContinuousClock.Instant?
        var lost = 0
        var lostTotal = 0
        var reason: String?
    }

    let path: String
    private let echo: (@Sendable (String) -> Void)?
    private let state = Locked(State())

    /// The log at `path`; `echo` gets each line, too.
    init(path: String, echo: (@Sendable (String) -> Void)?) {
        self.path = path
        self.echo = echo
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    func write(_ line: String) {
        echo?(line)
        state.withLock { state in
            if let failedAt = state.failedAt, ContinuousClock.now - failedAt < Self.retryPause {
                state.lost += 1
                state.lostTotal += 1
                return
            }
            let lost = state.lost
            let text = (lost > 0 ? "level=warning event=lines-lost count=\(lost)\n" : "") + line + "\n"
            if let reason = append(text, &state) {
                state.reason = reason
                state.failedAt = .now
                state.lost += 1
                state.lostTotal += 1
            } else {
                (state.failedAt, state.lost, state.reason) = (nil, 0, nil)
            }
        }
    }

    /// Opens the file of that name anew: it was rotated.
    func reopen() {
        state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
            state.failedAt = nil
        }
    }

    /// Why it can't be written, and how many lines were lost since the start.
    var trouble: (reason: String?, lost: Int) { state.withLock { ($0.reason, $0.lostTotal) } }

    /// - Returns: why it could not be written; nil when it was.
    private func append(_ text: String, _ state: inout State) -> String? {
        if state.descriptor >= 0, isGone(state.descriptor) {
            close(state.descriptor)
            state.descriptor = -1
        }
        if state.descriptor < 0 {
            // The directory may have been cleared away; it is made where it may be.
            try? Directories.make(Directories.parent(of: path), mode: 0o755)
            state.descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
            guard state.descriptor >= 0 else { return String(cString: strerror(errno)) }
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return String(cString: strerror(errno))
            }
        }
        return nil
    }

    /// Whether nobody can find what is written there any more: the file was renamed, or is gone.
    private func isGone(_ descriptor: CInt) -> Bool {
        var (mine, named) = (stat(), stat())
        return fstat(descriptor, &mine) != 0 || stat(path, &named) != 0 || mine.st_ino != named.st_ino
            || mine.st_dev != named.st_dev
    }
}
