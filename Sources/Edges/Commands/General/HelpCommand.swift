import Glibc

/// `gantry help`, and `--help` anywhere.
struct HelpCommand: Command {
    private static let topic = Argument<String>("COMMAND", .any, "the command to explain, or none for all")
    private static let manual = Option<DirectoryPath>("man", "write the manual pages into a directory", isHidden: true)

    static let definition = CommandDefinition(
        "help", "explain gantry or one of its commands", arguments: [topic], options: [manual],
        examples: [
            .init("gantry help operation list", "explain one command"),
            .init("gantry help defaults.cfg", "explain every setting"),
        ], isAudited: false)

    private let path: [String]
    private let manual: String?

    init(path: [String]) { (self.path, manual) = (path, nil) }
    init(_ arguments: ParsedArguments) throws(CommandError) {
        path = arguments.all(Self.topic)
        manual = arguments[Self.manual]?.path
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        if let manual {
            for page in ManualPages.all(context.table.definitions) { try Self.write(page, to: manual) }
            return .done
        }
        let style = context.documentStyle
        let commands = context.table.definitions
        if path == [ConfigurationHelp.topic] {
            context.output.document(ConfigurationHelp.text(style))
            return .done
        }
        var found: [CommandDefinition] = []
        for name in path {
            let candidates = found.last.map { $0.subcommands + $0.topics + $0.handedTo(among: commands) } ?? commands
            guard let next = candidates.first(where: { $0.name == name }) else {
                throw CommandLineParser.unknownCommand(name, behind: found, of: commands)
            }
            found.append(next)
        }
        var text =
            found.last.map { HelpText.explanation($0, path: path, style) } ?? HelpText.overview(commands, style)
        if let outer = found.dropLast().last, outer.handsOn, let inner = found.last,
            !outer.topics.contains(where: { $0.name == inner.name })
        {
            text += "\n\n'gantry help \(outer.name)' explains the options of 'gantry \(outer.name)' itself."
        }
        context.output.document(text)
        return .done
    }

    private static func write(_ page: ManualPages.Page, to directory: String) throws(CommandError) {
        let path = "\(directory)/\(page.file)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        let code = descriptor < 0 ? errno : DescriptorSink(descriptor: descriptor).write(Array(page.text.utf8))
        if descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            throw CommandError(
                "output", "a manual page could not be written", object: path, reason: String(cString: strerror(code)),
                next: "name a directory that can be written to")
        }
    }
}
