import Glibc
import Processes

/// A program of the operator's beside gantry's own work: it gets one line on its standard input, and it can neither hold
/// that work up for ever nor fill memory or log.
struct SideProgram: Sendable {
    /// Enough to ask a ticket system or to pause an alert; what takes longer goes into the background by itself.
    static let deadline: Duration = .seconds(60)
    /// Kept of each stream.
    private static let outputLimit = 64 << 10
    /// Shown and logged: the first lines of its output, the last of its complaints.
    private static let shownLines = 10
    private static let longestLine = 400

    /// How it came out.
    enum Outcome: Hashable, Sendable {
        /// There is no such file.
        case absent
        /// It exited with 0.
        case ended(took: Duration, lines: [String])
        /// It failed, or could not be run.
        case failed(reason: String, remedy: String, lines: [String])
    }

    let path: String
    let workingDirectory: String

    /// Whether there is certainly no file at `path`.
    static func isAbsent(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == ENOENT
    }

    func run(_ line: String, deadline: Duration = Self.deadline) async -> Outcome {
        if Self.isAbsent(path) { return .absent }
        if let refusal = OperatorPrograms.refusal(of: path) {
            return .failed(reason: refusal.reason, remedy: refusal.remedy, lines: [])
        }
        let start = ContinuousClock.now
        do throws(ProcessError) {
            let result = try await Process.run(
                path, workingDirectory: workingDirectory, input: .bytes(Array("\(line)\n".utf8)),
                limits: OutputLimits(output: Self.outputLimit, error: Self.outputLimit), deadline: deadline)
            let lines = Self.lines(result)
            if result.exit.isSuccess { return .ended(took: ContinuousClock.now - start, lines: lines) }
            return .failed(reason: "it ended with \(result.exit)", remedy: "mend it, or remove \(path)", lines: lines)
        } catch {
            let lines = error.partial.map(Self.lines) ?? []
            switch error.code {
            case .deadlineExceeded:
                return .failed(
                    reason: "it did not end within \(deadline)",
                    remedy: "let it do its work in the background, or remove \(path)", lines: lines)
            default:
                return .failed(reason: error.reason, remedy: "run it by hand: \(path)", lines: lines)
            }
        }
    }

    private static func lines(_ result: ProcessResult) -> [String] {
        func cut(_ text: String) -> [String] {
            text.split(whereSeparator: \.isNewline).map { line in
                line.count > longestLine ? "\(line.prefix(longestLine))…" : String(line)
            }
        }
        let (output, complaints) = (cut(result.stdout.text), cut(result.stderr.text))
        let more = output.count > shownLines || result.stdout.discarded > 0 ? ["… more output"] : []
        return output.prefix(shownLines) + more + complaints.suffix(shownLines)
    }
}
