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
        var path: String
    }

    private let echo: (@Sendable (String) -> Void)?
    private let complain: (@Sendable (String) -> Void)?
    private let state: Locked<State>

    /// The log at `path`.
    /// - Parameters:
    ///   - path: its file.
    ///   - echo: gets each line, too.
    ///   - complain: is told when the file can't be written any more, and when it can again: nobody looks into a log for
    ///     what it lacks.
    init(
        path: String, echo: (@Sendable (String) -> Void)?, complain: (@Sendable (String) -> Void)? = nil
    ) {
        self.echo = echo
        self.complain = complain
        state = Locked(State(path: path))
    }

    /// Where it is written.
    var path: String { state.withLock(\.path) }

    /// From now on it is written there.
    func move(to path: String) {
        state.withLock { state in
            guard path != state.path else { return }
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
            (state.failedAt, state.reason, state.path) = (nil, nil, path)
        }
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    func write(_ line: String) {
        echo?(line)
        let complaint = state.withLock { state -> String? in
            if let failedAt = state.failedAt, ContinuousClock.now - failedAt < Self.retryPause {
                state.lost += 1
                state.lostTotal += 1
                return nil
            }
            let before = state.reason
            let lost = state.lost
            let text = (lost > 0 ? "level=warning event=lines-lost count=\(lost)\n" : "") + line + "\n"
            if let reason = append(text, &state) {
                state.reason = reason
                state.failedAt = .now
                state.lost += 1
                state.lostTotal += 1
                return reason == before
                    ? nil : "the log \(state.path) can't be written (\(reason)): its lines are lost until it can"
            }
            (state.failedAt, state.lost, state.reason) = (nil, 0, nil)
            return before == nil ? nil : "the log \(state.path) can be written again, \(lost) lines were lost"
        }
        if let complaint { complain?(complaint) }
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
        if state.descriptor >= 0, isGone(state.descriptor, state.path) {
            close(state.descriptor)
            state.descriptor = -1
        }
        if state.descriptor < 0 {
            // The directory may have been cleared away; it is made where it may be.
            try? Directories.make(Directories.parent(of: state.path), mode: 0o755)
            state.descriptor = open(state.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
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
    private func isGone(_ descriptor: CInt, _ path: String) -> Bool {
        var (mine, named) = (stat(), stat())
        return fstat(descriptor, &mine) != 0 || stat(path, &named) != 0 || mine.st_ino != named.st_ino
            || mine.st_dev != named.st_dev
    }
}
