/// `gantry completion`.
struct CompletionCommand: Command {
    private static let shell = Argument<Shell>(Shell.words.joined(separator: "|"), .one, "the shell")

    static let definition = CommandDefinition(
        "completion", "print a script that completes gantry's command line", arguments: [shell],
        examples: [
            .init("gantry completion bash > /etc/bash_completion.d/gantry", "for every user of bash"),
            .init("gantry completion zsh > /usr/local/share/zsh/site-functions/_gantry", "of zsh"),
            .init("gantry completion fish > ~/.config/fish/completions/gantry.fish", "of fish"),
        ], isAudited: false)

    private let shell: Shell

    init(_ arguments: ParsedArguments) throws(CommandError) { shell = try arguments.required(Self.shell) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        context.output.document(shell.script(context.table.definitions))
        return .done
    }
}
