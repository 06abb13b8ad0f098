import OperationModel

/// `gantry operation show`.
struct OperationShowCommand: Command {
    static let definition = CommandDefinition(
        "show", "show an operation: its plan, its steps, how far it is", arguments: [OperationCommands.id])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("operation show") }
}
