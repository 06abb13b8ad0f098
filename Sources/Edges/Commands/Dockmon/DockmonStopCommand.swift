import FleetRuntime

/// `gantry dockmon stop`.
struct DockmonStopCommand: Command {
    static let definition = CommandDefinition("stop", "end the daemon")

    /// It ends within two seconds by itself.
    private static let patience: Duration = .seconds(5)

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus {
        switch try await DockmonControl(place: context.knownFleet().place).stop(within: Self.patience) {
        case .none: context.note("dockmon does not run")
        case .stopped(let pid): context.note("dockmon has ended (pid \(pid))")
        case .remains(let pid):
            throw CommandError(
                "dockmon-remains", "the monitoring daemon does not end", object: "process \(pid)",
                next: "kill -9 \(pid); it leaves nothing behind that a next one would not put right")
        }
        return .done
    }
}
