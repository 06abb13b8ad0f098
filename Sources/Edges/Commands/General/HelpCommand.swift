import FleetModel

/// `gantry help`, and `--help` anywhere.
struct HelpCommand: Command {
    private static let topic = Argument<String>("COMMAND", .any, "the command to explain, or none for all")

    static let definition = CommandDefinition(
        "help", "explain gantry or one of its commands", arguments: [topic],
        examples: [.init("gantry help operation list", "explain one command")])

    private let path: [String]

    init(path: [String]) { self.path = path }
    init(_ arguments: ParsedArguments) throws(CommandError) { path = arguments.all(Self.topic) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let style = context.documentStyle
        let commands = context.table.definitions
        if path.isEmpty {
            context.output.document(HelpText.overview(commands, style))
            return .done
        }
        guard let entry = context.table.entry(path) else {
            let near = Spelling.nearest(path[0], among: commands.filter { !$0.isHidden }.map(\.name))
            throw CommandError.usage(
                "there is no command '\(path.joined(separator: " "))'", reason: near.map { "did you mean '\($0)'?" },
                next: "gantry help")
        }
        context.output.document(HelpText.explanation(entry.definition, path: path, style))
        return .done
    }
}
