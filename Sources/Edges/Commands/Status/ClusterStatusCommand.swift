/// `gantry clusterstatus`.
struct ClusterStatusCommand: Command {
    private static let watch = Flag("watch", "show it again and again, until interrupted")
    private static let snapshot = Option<FilePath>("save-snapshot", "keep what was seen in a file, as JSON")

    static let definition = CommandDefinition(
        "clusterstatus", "check that the whole cluster and each of its brokers work", options: [watch, snapshot],
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

    let watches: Bool
    let snapshotFile: String?
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        watches = arguments[Self.watch]
        snapshotFile = arguments[Self.snapshot]?.path
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("clusterstatus") }
}
