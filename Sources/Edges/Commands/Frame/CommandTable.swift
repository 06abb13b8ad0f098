/// All commands of `gantry`. Adding one is one entry here and one file.
struct CommandTable: Sendable {
    /// In the order of `gantry help`.
    static let gantry = CommandTable([
        CommandEntry(InitCommand.self),
        CommandEntry(PreflightCommand.self),
        CommandEntry(BootstrapCommand.self),
        CommandEntry(AddHostCommand.self),
        CommandEntry(AddBrokerCommand.self),
        CommandEntry(RemoveBrokerCommand.self),
        CommandEntry(RemoveHostCommand.self),
        CommandEntry(RebalanceCommand.self),
        CommandEntry(RestartCommand.self),
        CommandEntry(ClusterStatusCommand.self),
        DockmonCommands.entry,
        CommandEntry(InstallServiceCommand.self),
        ImageCommands.entry,
        CommandEntry(CanCommand.self),
        CommandEntry(PlanCommand.self),
        CommandEntry(ApplyCommand.self),
        RehearseCommands.entry,
        CommandEntry(ExplainCommand.self),
        OperationCommands.entry,
        CommandEntry(AuditCommand.self),
        SimulateCommands.entry,
        CommandEntry(VersionCommand.self),
        CommandEntry(CompletionCommand.self),
        CommandEntry(HelpCommand.self),
        CommandEntry(OperationWorkerCommand.self),
    ])

    let entries: [CommandEntry]

    init(_ entries: [CommandEntry]) { self.entries = entries }

    var definitions: [CommandDefinition] { entries.map(\.definition) }

    /// The command that monitors call as a plugin, where a line names one: seen also in a line that has mistakes.
    func monitorPlugin(in arguments: [String]) -> CommandDefinition? {
        let names = Set(arguments.prefix { $0 != "--" })
        guard let command = definitions.first(where: \.isMonitorPlugin), names.contains(command.name) else {
            return nil
        }
        return command
    }

    /// The entry of a path; nil where there is none.
    func entry(_ path: [String]) -> CommandEntry? {
        var found: CommandEntry?
        var candidates = entries
        for name in path {
            guard let next = candidates.first(where: { $0.definition.name == name }) else { return nil }
            found = next
            candidates = next.subentries
        }
        return found
    }
}

/// One command, or a group of them.
struct CommandEntry: Sendable {
    let definition: CommandDefinition
    let subentries: [CommandEntry]
    /// Nil for a group.
    let command: (any Command.Type)?

    init(_ command: (some Command).Type) {
        definition = command.definition
        subentries = []
        self.command = command
    }

    /// A command that has only subcommands.
    init(
        group name: String, _ summary: String, details: [String] = [], examples: [CommandDefinition.Example] = [],
        _ subentries: [CommandEntry]
    ) {
        definition = CommandDefinition(
            name, summary, details: details, examples: examples, subcommands: subentries.map(\.definition))
        self.subentries = subentries
        command = nil
    }
}
