import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry preflight`.
struct PreflightCommand: Command {
    private static let hosts = Argument<HostName>("HOST", .any, "the hosts to check, or none for all of 'virthosts'")

    static let definition = CommandDefinition(
        "preflight", "check what assumptions.txt demands of the techhost and the hosts", arguments: [hosts],
        details: [
            "Each clause passes, fails, or can not be found out, with the evidence and what to do. Nothing is changed.",
            "Exit status: 2 if a clause fails, else 3 if one is unknown, else 1 if one warns.",
        ],
        examples: [.init("gantry preflight 10.0.0.13", "check one host")])

    /// Empty: all.
    let hosts: [HostName]

    init(_ arguments: ParsedArguments) throws(CommandError) { hosts = arguments.all(Self.hosts) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let known = configuration.specification.hosts.map(\.host)
        if let stranger = hosts.first(where: { !known.contains($0) }) {
            throw CommandError(
                "unknown-host", "\(stranger) is not in virthosts", object: configuration.directory.configurationFile,
                next: "add it there, or name one of \(known.map(\.rawValue).joined(separator: ", "))", exit: .refused)
        }
        let wanted = hosts.isEmpty ? known : hosts
        return try await context.withSession(configuration) { session in
            let report = PreflightReport(findings: try await session.preflight(wanted))
            context.show(report)
            return report.exit
        }
    }
}
