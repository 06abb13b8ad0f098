import FleetRuntime

/// `gantry simulate status`.
struct SimulateStatusCommand: Command {
    static let definition = CommandDefinition("status", "show the clock of a simulated fleet and the faults in it")

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus {
        context.show(SimulationReport(simulation: try await context.simulation().look()))
        return .done
    }
}
