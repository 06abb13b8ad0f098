import FleetModel
import FleetRuntime

/// `gantry dockmon start`.
struct DockmonStartCommand: Command {
    static let definition = CommandDefinition(
        "start", "start the daemon in the background; returns once it watches",
        examples: [.init("gantry dockmon start -v", "log every event, too")])

    /// Hosts that do not answer are given up after some ten seconds each, 64 at once.
    private static let patience: Duration = .seconds(90)

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let place = context.place(of: configuration)
        let verbosity = context.options.verbosity
        let start = try await context.whileLooking(Looking("starting the monitoring daemon")) {
            try await DockmonControl(place: place).start(verbosity: verbosity, within: Self.patience)
        }
        switch start {
        case .watching(let record):
            context.note("dockmon watches (pid \(record.pid)); its log is \(record.log)")
            if let problem = record.logProblem { context.note("the log can't be written: \(problem)") }
            if let problem = record.metricsProblem { context.note("there are no metrics: \(problem)") }
            for host in record.blind {
                context.note("blind on \(host.host): \(host.reason ?? "it has not answered yet")")
            }
            context.show(DockmonReport(record, place.troubles(mistake: nil)))
            return .done
        case .runs(let record):
            context.note("dockmon already runs (pid \(record.pid)); its log is \(record.log)")
            context.show(DockmonReport(record, place.troubles(mistake: nil)))
            return .done
        case .notYet(let pid):
            context.note("dockmon runs (pid \(pid)) and has not looked at everything yet: gantry dockmon status")
            return .warning
        case .ended(let said):
            throw CommandError(
                "dockmon-ended", "the monitoring daemon ended before it watched", object: place.dockmonOutput,
                next: "gantry dockmon run -v shows what happens", evidence: said)
        }
    }
}
