import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry clusterstatus`.
struct ClusterStatusCommand: Command {
    static let definition = CommandDefinition(
        "clusterstatus", "check that the whole cluster and each of its brokers work",
        changes: [.noCanary],
        details: [
            "Looks at hosts, Docker, containers, the quorum and all partitions, and sends a record through every "
                + "broker. What can be known is shown; what can not is 'unknown', with the reason.",
            "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; with --format plain one line for Nagios and its kin.",
        ],
        examples: [
            .init("gantry clusterstatus --format plain", "as a plugin of a monitor"),
            .init("gantry clusterstatus --no-canary", "write nothing to the cluster"),
        ])

    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let canary = changes.usesCanary && configuration.specification.move.canary
        return try await context.withSession(configuration) { session in
            let report = ClusterStatusReport(status: try await session.status(canary: canary))
            context.show(report)
            return report.exit
        }
    }
}
