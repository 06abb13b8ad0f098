/// `gantry operation list`.
struct OperationListCommand: Command {
    static let definition = CommandDefinition(
        "list", "list the operations, newest first",
        examples: [.init("gantry operation list --format json", "for scripts")])

    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("operation list") }
}
