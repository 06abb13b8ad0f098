/// How a command ended, as its caller sees it. 0 to 3 are those of Nagios plugins.
enum ExitStatus: Int32, Sendable, Hashable, CaseIterable {
    /// Done, or already so; OK.
    case done = 0
    /// Done with warnings; WARNING.
    case warning = 1
    /// Failed; CRITICAL.
    case failed = 2
    /// Could not be found out; UNKNOWN.
    case unknown = 3
    /// Unsafe or impossible, unknown host or id; nothing was changed.
    case refused = 4
    /// Stopped half way, safe and journaled: `gantry operation resume` goes on.
    case stopped = 5
    /// Wrong usage, or `--yes` missing without a terminal (EX_USAGE, sysexits.h).
    case usage = 64
    /// Wrong configuration (EX_CONFIG, sysexits.h).
    case configuration = 78

    /// The status of several results together: of findings the worst counts, which is critical, then unknown, then
    /// warning. Whatever kept the command from its work counts more than any finding. No results: done.
    static func worst(of results: some Sequence<ExitStatus>) -> ExitStatus {
        results.max { $0.weight < $1.weight } ?? .done
    }

    private var weight: Int {
        switch self {
        case .done: 0
        case .warning: 1
        case .unknown: 2
        case .failed: 3
        case .stopped: 4
        case .refused: 5
        case .configuration: 6
        case .usage: 7
        }
    }

    /// What the number means, for manual pages.
    var meaning: String {
        switch self {
        case .done: "done, or already so; a plan made; OK"
        case .warning: "done with warnings; WARNING"
        case .failed: "failed; CRITICAL"
        case .unknown: "could not be found out; UNKNOWN"
        case .refused: "refused: unsafe or impossible, unknown host or id; nothing was changed"
        case .stopped: "stopped half way, safe and journaled: 'gantry operation resume' goes on"
        case .usage: "wrong usage, or --yes missing without a terminal"
        case .configuration: "wrong configuration"
        }
    }
}
