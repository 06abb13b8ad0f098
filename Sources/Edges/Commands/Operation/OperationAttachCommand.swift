import OperationModel

/// `gantry operation attach`.
struct OperationAttachCommand: Command {
    static let definition = CommandDefinition(
        "attach", "watch an operation that runs; Ctrl-C only stops watching", arguments: [OperationCommands.id])

    /// Nil: the newest.
    let id: OperationID?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
    }

    func run(in context: CommandContext) async throws -> ExitStatus { throw CommandError.notThere("operation attach") }
}
