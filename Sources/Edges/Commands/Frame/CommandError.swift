/// Why a command did not do what it was asked: the one error that operators see.
///
/// It says what failed, on which object, why, and the next command to run; several failures at once are its `details`.
struct CommandError: Error, Hashable, Sendable {
    /// A stable code in kebab-case, for scripts: `port-in-use`.
    var code: String
    /// What failed, in a sentence without a full stop: "broker 3 does not start".
    var message: String
    /// On which object: "broker 3 on 10.0.0.11", "defaults.cfg, line 3, column 7".
    var object: String?
    /// Why.
    var reason: String?
    /// The next command to run, or what to do.
    var next: String?
    /// Lines that prove it: a container's last log lines.
    var evidence: [String]
    /// The single failures, where there are several.
    var details: [CommandError]
    /// What the process ends with.
    var exit: ExitStatus

    init(
        _ code: String, _ message: String, object: String? = nil, reason: String? = nil, next: String? = nil,
        evidence: [String] = [], details: [CommandError] = [], exit: ExitStatus = .failed
    ) {
        self.code = code
        self.message = message
        self.object = object
        self.reason = reason
        self.next = next
        self.evidence = evidence
        self.details = details
        self.exit = exit
    }

    /// A mistake in the command line.
    static func usage(_ message: String, reason: String? = nil, next: String) -> CommandError {
        // What was typed is said back: a slip of the clipboard need not fill the screen.
        let shown = message.count <= longest ? message : message.prefix(longest) + "…"
        return CommandError("usage", shown, reason: reason, next: next, exit: .usage)
    }
    private static let longest = 400

    /// Any error in this form: its own where it has one, else its description under the code `internal`.
    init(describing error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as any CommandErrorConvertible: self = error.commandError
        case is CancellationError:
            self.init("cancelled", "the command was interrupted", next: "gantry operation list", exit: .stopped)
        default:
            self.init(
                "internal", "the command failed in a way that gantry has no words for", reason: "\(error)",
                next: "run it again with -v, and report this if it stays")
        }
    }
}

/// An error of a lower module that knows how operators should read it. The conformances live here, at the edge: the
/// modules know nothing of commands.
protocol CommandErrorConvertible: Error {
    /// The error as operators read it.
    var commandError: CommandError { get }
}
