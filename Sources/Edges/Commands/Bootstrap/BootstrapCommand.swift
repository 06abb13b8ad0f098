/// `gantry bootstrap`.
struct BootstrapCommand: Command {
    static let definition = CommandDefinition(
        "bootstrap", "make the cluster that defaults.cfg describes, or finish making it",
        changes: [.operation, .noCanary],
        details: [
            "Generates the configuration, places it on all hosts, brings the image there, formats new data directories, "
                + "starts the controllers, then the brokers, and checks that the cluster works.",
            "Run again, it changes nothing that is right and finishes what is missing. It never formats a directory "
                + "that has data, never restarts a container that runs, and never brings back what was removed.",
        ],
        examples: [
            .init("gantry bootstrap --dry-run", "show every step and change nothing"),
            .init("gantry bootstrap --yes -m 'new cluster'", "ask nothing, and keep the reason"),
        ])

    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) { changes = arguments.changes }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("bootstrap") }
}
