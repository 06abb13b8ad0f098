import FleetModel
import FleetRuntime
import Glibc
import Threads

/// Looks at the cluster again and again: a screen that is drawn anew on a terminal, one look below the other elsewhere.
struct StatusWatch: Sendable {
    /// Seconds between two looks: quick enough for an eye, and each sends a record through every broker.
    static let seconds = 5

    let context: CommandContext
    let look: @Sendable () async throws -> ClusterStatusReport

    /// Looks until Ctrl-C or SIGTERM, or until nobody reads any more.
    /// - Returns: the status that was seen last; UNKNOWN where none was.
    func run() async throws -> ExitStatus {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let seen = Locked<ExitStatus>(.unknown)
            let signals = [SignalStream(SIGINT), SignalStream(SIGTERM)]
            for signal in signals {
                group.addTask { for await _ in signal.stream { return } }
            }
            group.addTask {
                while !context.output.readerIsGone {
                    let report = try await look()
                    // A look that was cut off is no finding.
                    try Task.checkCancellation()
                    seen.withLock { $0 = report.exit }
                    show(report)
                    try await Task.sleep(for: .seconds(Self.seconds))
                }
            }
            defer {
                for signal in signals { signal.cancel() }
                group.cancelAll()
            }
            try await group.next()
            return seen.withLock { $0 }
        }
    }

    private func show(_ report: ClusterStatusReport) {
        switch context.options.format {
        case .json: context.output.document(context.mentioningFleet(report.json).text(.compact))
        case .plain: context.show(report)
        case .table where context.terminal.outputIsTerminal && context.terminal.understandsSequences:
            context.output.document(Self.clearScreen + report.document.text(context.documentStyle))
        case .table:
            context.output.document(
                "\(report.status.snapshot.takenAt)\n\(report.document.text(context.documentStyle))\n")
        }
    }

    /// The cursor to the first place, then erase all below it: so nothing flickers, and nothing of the last look stays.
    private static let clearScreen = "\u{1b}[H\u{1b}[2J"
}
