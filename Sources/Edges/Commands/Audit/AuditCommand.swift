/// `gantry audit`.
struct AuditCommand: Command {
    private static let since = Option<TimeSpan>("since", "how far to look back", default: "7d")

    static let definition = CommandDefinition(
        "audit", "show who called gantry, when, why, and how it ended", options: [since],
        details: [
            "There is one record for every invocation, opened before it has any effect and closed at its end. An open "
                + "one whose process is gone shows as 'killed'."
        ],
        examples: [.init("gantry audit --since 30d --format json", "the last month, for scripts")])

    let since: Duration

    init(_ arguments: ParsedArguments) throws(CommandError) {
        since = arguments[Self.since]?.duration ?? .seconds(7 * 86_400)
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("audit") }
}
