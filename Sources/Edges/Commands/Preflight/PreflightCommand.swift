import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry preflight`.
struct PreflightCommand: Command {
    private static let names = Argument<HostName>(
        "HOST", .any, "the hosts to check, or none for all; with --fix also the clauses to fix")
    private static let fixes = Flag(
        "fix", "show what would meet failed clauses, ask, do it host by host, and check again")

    private static let bandwidth = Flag(
        "bandwidth", "measure the network between the hosts, too: each sends to the next one for two seconds")

    static let definition = CommandDefinition(
        "preflight", "check what assumptions.txt demands of the techhost and the hosts", arguments: [names],
        options: [fixes, bandwidth], changes: [.dryRun, .yes, .reason],
        details: [
            "Each clause passes, fails, warns, or can not be found out, with the evidence and what to do. Without --fix "
                + "nothing is changed.",
            "Free ports of nodes that are not there yet are listened at for a moment, so that the hosts can call each "
                + "other.",
            "With --fix, arguments that are the number of a clause choose what is fixed; what would be run is shown "
                + "first, line by line.",
            "Exit status: 2 if a clause fails, else 3 if one is unknown, else 1 if one warns.",
        ],
        examples: [
            .init("gantry preflight 10.0.0.13", "check one host"),
            .init("gantry preflight --bandwidth", "all clauses, and what the network carries"),
            .init("gantry preflight --fix H27 H29 --dry-run", "show the commands for two clauses on all hosts"),
        ], changesWith: fixes)

    /// Empty: all.
    let names: [HostName]
    let fixes: Bool
    let measures: Bool
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        names = arguments.all(Self.names)
        fixes = arguments[Self.fixes]
        measures = arguments[Self.bandwidth]
        changes = arguments.changes
        if !fixes, changes.isDryRun || changes.isConfirmed {
            throw .usage("without --fix nothing is changed", next: arguments.helpCommand)
        }
        if fixes, measures {
            throw .usage("--fix measures nothing", reason: "leave --bandwidth out", next: arguments.helpCommand)
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let known = configuration.specification.hosts.map(\.host)
        let clauses =
            fixes ? Set(NewFleet.clauses).intersection(names.map(\.rawValue)).subtracting(known.map(\.rawValue)) : []
        let hosts = names.filter { !clauses.contains($0.rawValue) }
        if let stranger = hosts.first(where: { !known.contains($0) }) {
            if fixes, stranger.rawValue.wholeMatch(of: /[A-Z][0-9]+/) != nil {
                throw CommandError(
                    "unknown-clause", "there is no clause \(stranger)", object: "assumptions.txt",
                    next: "gantry preflight lists them", exit: .refused)
            }
            throw CommandError(
                "unknown-host", "\(stranger) is not in virthosts", object: configuration.directory.configurationFile,
                next: "add it there, or name one of \(known.map(\.rawValue).joined(separator: ", "))", exit: .refused)
        }
        let wanted = hosts.isEmpty ? known : hosts
        guard fixes else {
            return try await context.withSession(configuration) { session in
                let result = try await context.whileLooking(.hosts(of: configuration)) {
                    try await session.preflight(
                        wanted, directory: configuration.directory, bandwidth: measures)
                }
                let report = PreflightReport(findings: result.findings)
                context.show(report)
                return report.exit
            }
        }
        return try await PreflightFixing(context: context, configuration: configuration, changes: changes)
            .run(wanted, clauses: clauses)
    }
}
