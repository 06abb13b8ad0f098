/// One command of `gantry`: one file, one entry in `CommandTable`.
protocol Command: Sendable {
    /// What help, parsing, completion and manual pages are made of.
    static var definition: CommandDefinition { get }

    /// Takes the arguments, which are already valid by themselves, and checks what only together makes sense.
    /// - Throws: a `CommandError.usage`.
    init(_ arguments: ParsedArguments) throws(CommandError)

    /// Does the work. Documents go to `context.output.show`, everything else to standard error.
    /// - Returns: what the process ends with.
    /// - Throws: any error; `CommandError(describing:)` turns it into words and a status.
    func run(in context: CommandContext) async throws -> ExitStatus
}
