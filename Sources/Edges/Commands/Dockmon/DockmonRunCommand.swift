import FleetConfiguration
import FleetRuntime
import Glibc

/// `gantry dockmon run`: the daemon in the foreground, as service managers want it.
struct DockmonRunCommand: Command {
    static let definition = CommandDefinition(
        "run", "watch in the foreground until Ctrl-C or SIGTERM", options: [resume],
        details: [
            "Every line of the log is also written to standard error, unless -q; with -v every event is a line. SIGHUP "
                + "opens the log anew. That defaults.cfg has changed is seen by itself."
        ],
        examples: [.init("gantry dockmon run -v", "see each event as it comes")])

    private static let resume = Flag(
        "resume", "go on with an operation that was interrupted, unless move.resume is ask")

    let resumes: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) { resumes = arguments[Self.resume] }

    /// SIGTERM is to be over within two seconds; what takes longer by then is left to the kernel.
    private static let patience: UInt32 = 2

    func run(in context: CommandContext) async throws -> ExitStatus {
        let directory = try context.fleet()
        let place = FleetPlace(directory)
        let signals = [SignalStream(SIGINT), SignalStream(SIGTERM)]
        let hangups = SignalStream(SIGHUP)
        defer {
            for signal in signals { signal.cancel() }
            hangups.cancel()
        }
        var echo: (@Sendable (String) -> Void)?
        if !context.options.isQuiet { echo = { @Sendable line in context.note(line) } }
        let daemon = DockmonDaemon(
            place: place, logsEvents: context.options.verbosity > 0, resumes: resumes, echo: echo,
            // For the service manager's journal, though the unit wants it quiet.
            complain: { context.output.message($0) }
        ) {
            try context.configuration(of: directory)
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await daemon.run(hangups: hangups.stream)
                return true
            }
            for signal in signals {
                group.addTask {
                    for await _ in signal.stream { break }
                    return false
                }
            }
            defer { group.cancelAll() }
            let hasEnded = try await group.next() ?? true
            // Its own effect is to end the process.
            if !hasEnded { alarm(Self.patience) }
        }
        return .done
    }
}
