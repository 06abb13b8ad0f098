import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetSimulator

/// `gantry rehearse`: a subcommand for each operation that is planned before it begins, with that one's arguments.
enum RehearseCommands {
    static let entry = CommandEntry(
        group: "rehearse", "try an operation on a simulated copy of the cluster as it is now",
        details: [
            "Looks at hosts and cluster, makes a copy of them in memory and runs the whole operation there, hours of it in "
                + "seconds: how long it takes, how full disks get, how near partitions come to stopping, and what the loss "
                + "of each host meanwhile would mean. Nothing of the cluster is changed.",
            "What producers write meanwhile is not in it, and a network slower than the throttle is not either.",
        ],
        examples: [
            .init("gantry rehearse removebroker 6", "would it be done in a night?"),
            .init("gantry rehearse removebroker 6 --throttle 20MiB/s", "and more gently?"),
        ],
        [
            CommandEntry(RehearseCommand<AddHostCommand>.self),
            CommandEntry(RehearseCommand<AddBrokerCommand>.self),
            CommandEntry(RehearseCommand<RemoveBrokerCommand>.self),
            CommandEntry(RehearseCommand<RemoveHostCommand>.self),
            CommandEntry(RehearseCommand<RebalanceCommand>.self),
            CommandEntry(RehearseCommand<RestartCommand>.self),
        ])
}

/// `gantry rehearse removebroker`, and so on.
struct RehearseCommand<Operation: PlannedOperation>: Command {
    static var definition: CommandDefinition {
        CommandDefinition(
            rehearsing: Operation.definition,
            details: ["What it does is in 'gantry help \(Operation.definition.name)'; here it is done to a copy."])
    }

    let operation: Operation

    init(_ arguments: ParsedArguments) throws(CommandError) { operation = try Operation(arguments) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let operation = operation
        let (preparation, result) = try await context.beforeChange(.hosts(of: configuration)) {
            try await context.withSession(configuration) { session in
                let preparation = try await operation.prepare(session, configuration)
                let result = try await session.rehearse(
                    preparation, hasHours: operation.moves.hours != nil, directory: configuration.directory)
                return (preparation, result)
            }
        }
        guard preparation.blockers.isEmpty else {
            for text in preparation.notes { context.note(text) }
            let report = OperationReport(refused: operation.line, blockers: preparation.blockers)
            context.show(report)
            return report.exit
        }
        guard let result, let plan = preparation.plan else {
            for text in preparation.notes { context.note(text) }
            context.show(OperationReport(nothingToDo: operation.line))
            return .done
        }
        let report = RehearsalReport(
            plan: plan, bytes: preparation.bytes, notes: preparation.notes, result: result)
        context.show(report)
        return report.exit
    }
}
