import OperationModel

/// `gantry operation abort`.
struct OperationAbortCommand: Command {
    static let definition = CommandDefinition(
        "abort", "give an operation up, at a safe point", arguments: [OperationCommands.id],
        changes: .operation,
        details: ["A running operation finishes the steps under way and undoes what is half done. What is done stays."])

    /// Nil: the newest.
    let id: OperationID?
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("operation abort") }
}
