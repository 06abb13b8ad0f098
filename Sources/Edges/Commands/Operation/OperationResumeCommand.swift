import OperationModel

/// `gantry operation resume`.
struct OperationResumeCommand: Command {
    static let definition = CommandDefinition(
        "resume", "go on with an operation that was interrupted or stopped", arguments: [OperationCommands.id],
        changes: .operation,
        details: ["Finds out what is already true, and goes on from there; nothing is done twice."],
        examples: [.init("gantry operation resume", "go on with the newest one")])

    /// Nil: the newest.
    let id: OperationID?
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("operation resume") }
}
