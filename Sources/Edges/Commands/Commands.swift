import Glibc

/// The command line of gantry: what `main.swift` calls.
public enum Commands {
    /// Runs the command that the process's arguments name, and ends the process with its status.
    public static func main() async -> Never {
        // A reader that goes away shows as EPIPE where it is written, instead of ending the process.
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.occupy()
        if let limit = DescriptorLimit.raise() {
            DescriptorLimit.refuse(limit)
            exit(ExitStatus.failed.rawValue)
        }
        let environment = Environment.process
        let terminal = Terminal.current(environment)
        let output = Output(showsLive: terminal.errorIsTerminal && terminal.understandsSequences)
        // Swift reads the arguments from /proc/self/cmdline; there is always the program's name.
        let arguments: [String]? = CommandLine.arguments.isEmpty ? nil : Array(CommandLine.arguments.dropFirst())
        let status = await run(
            arguments, environment: environment, terminal: terminal, output: output, audit: .process)
        exit(status.rawValue)
    }

    /// Runs one command line. Nil arguments: they could not be read.
    static func run(
        _ arguments: [String]?, environment: Environment, terminal: Terminal, output: Output,
        table: CommandTable = .gantry, audit source: AuditSource? = nil
    ) async -> ExitStatus {
        let audit = AuditTrail()
        func context(_ options: CommonValues) -> CommandContext {
            CommandContext(
                options: options, environment: environment, terminal: terminal, output: output, table: table,
                audit: audit)
        }
        // Until the line is understood, errors follow what can be seen of its options.
        var current = context(CommonValues.glance(at: arguments ?? []))
        var isQuestion = false
        do {
            guard let arguments else {
                throw CommandError(
                    "no-arguments", "the command line can't be read", object: "/proc/self/cmdline",
                    reason: "/proc is not mounted", next: "mount -t proc proc /proc")
            }
            let status: ExitStatus
            var changes = false
            switch try CommandLineParser.parse(arguments, by: table.definitions) {
            case .help(let path, let options):
                current = context(options)
                status = try await HelpCommand(path: path).run(in: current)
            case .version(let options):
                current = context(options)
                status = await VersionCommand().run(in: current)
            case .run(let parsed):
                current = context(parsed.common)
                guard let entry = table.entry(parsed.path), let type = entry.command else {
                    throw CommandError.usage("there is no such command", next: "gantry help")
                }
                let command = try type.init(parsed)
                isQuestion = entry.definition.isQuestion
                changes = entry.definition.isChange(parsed)
                if let source, entry.definition.isAudited {
                    try current.audit.open(arguments, parsed, changes: changes, current, source)
                }
                status = try await command.run(in: current)
            }
            output.live(nil)
            return close(try written(status, changes: changes, current), current, source)
        } catch {
            var error = CommandError(describing: error)
            let isPlugin = table.monitorPlugin(in: arguments ?? []) != nil
            // A check that could not be made has found nothing wrong: UNKNOWN, not CRITICAL.
            if isPlugin || isQuestion, error.exit == .failed { error.exit = .unknown }
            // A monitor knows no other numbers than a plugin's.
            if isPlugin, current.options.format == .plain { error.exit = .unknown }
            current.show(error, asMonitorPlugin: isPlugin)
            return close(error.exit, current, source)
        }
    }

    /// Closes the audit record. What was done is done: a record that can't be closed is said, and shows as `killed`.
    private static func close(_ status: ExitStatus, _ context: CommandContext, _ source: AuditSource?) -> ExitStatus {
        guard let source else { return status }
        do {
            try context.audit.close(status, at: source.now())
            return status
        } catch {
            context.output.message(context.audit.words(for: error).text(context.messageStyle))
            return status == .done ? .warning : status
        }
    }

    /// The status once the result was to be written. Of what only looks a result that nobody can read is a failure; what
    /// changed something has ended as it has ended.
    private static func written(
        _ status: ExitStatus, changes: Bool, _ context: CommandContext
    ) throws(CommandError) -> ExitStatus {
        let failure = context.output.failure
        guard failure != 0 else { return status }
        let operation = context.audit.operation
        let error = CommandError(
            "output", "the result could not be written", object: "standard output",
            reason: String(cString: strerror(failure)),
            next: operation.map { "gantry operation show \($0)" } ?? "run it again with its output elsewhere")
        guard changes else { throw error }
        context.output.message(error.text(context.messageStyle))
        // Whoever closed it wants no result; one that got lost is worth a warning.
        return failure == EBADF || status != .done ? status : .warning
    }
}

extension CommonValues {
    /// What can be seen of the common options in a line that may have mistakes.
    static func glance(at arguments: [String]) -> CommonValues {
        var values = CommonValues()
        let arguments = arguments.prefix { $0 != "--" }
        for (index, argument) in zip(arguments.indices, arguments) {
            let next = arguments.index(after: index) < arguments.endIndex ? arguments[index + 1] : ""
            func value(_ name: String) -> String? {
                argument == name
                    ? next : argument.hasPrefix(name + "=") ? String(argument.dropFirst(name.count + 1)) : nil
            }
            if let format = value("--format").flatMap(OutputFormat.init(rawValue:)) { values.format = format }
            if let color = value("--color").flatMap(ColorChoice.init(rawValue:)) { values.color = color }
        }
        return values
    }
}
