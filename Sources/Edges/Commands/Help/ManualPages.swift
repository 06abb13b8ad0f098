import FleetConfiguration

/// Manual pages in man(7) macros, made of the same definitions as everything else.
enum ManualPages {
    /// A page: its file's name and its text, a newline at its end.
    struct Page: Hashable, Sendable {
        let file: String
        let text: String
    }

    /// `gantry.1`, `gantry-COMMAND.1` for each command that is shown, and `gantry-defaults.cfg.5`.
    static func all(_ commands: [CommandDefinition]) -> [Page] {
        let visible = commands.filter { !$0.isHidden }
        return [overview(visible)] + visible.map { page($0, among: visible) } + [configuration()]
    }

    private static func overview(_ commands: [CommandDefinition]) -> Page {
        var page = Roff(title: "GANTRY", section: 1)
        page.heading("NAME")
        page.line(#"gantry \- run Kafka on plain virtual machines with Docker"#)
        page.heading("SYNOPSIS")
        page.macro("B", ["gantry"])
        page.line(#"\fICOMMAND\fR [\fIARGUMENT\fR\[u2026]] [\fIOPTION\fR\[u2026]]"#)
        page.heading("DESCRIPTION")
        page.paragraph(
            "One small machine, the techhost, runs gantry; it reaches the virtual hosts by SSH. A virtual host carries "
                + "several brokers, one in each container. The operator edits one file, defaults.cfg in the fleet "
                + "directory, and runs one command.")
        page.heading("COMMANDS")
        for command in commands {
            page.item(#"\fB\#(Roff.escaped("gantry-\(command.name)"))\fR(1)"#, command.summary)
        }
        page.heading("OPTIONS")
        page.paragraph("These stand before or after the command.")
        page.options(CommonOptions.definitions)
        page.heading("ENVIRONMENT")
        page.item(#"\fBGANTRY_FLEET\fR"#, "the fleet directory, unless --fleet names one")
        page.item(#"\fBNO_COLOR\fR"#, "not empty: no colours, unless --color always")
        page.exits(ExitStatus.allCases)
        page.heading("FILES")
        page.item(#"\fIdefaults.cfg\fR"#, "in the fleet directory: the cluster, its hosts, their settings")
        page.item(#"\fIk/docker\-compose.yml\fR"#, "in the fleet directory: the template of every node's service")
        page.item(#"\fI/etc/gantry\fR"#, "the fleet directory where no other is named")
        page.item(#"\fI/var/lib/gantry\fR"#, "its journal, plans and logs; .gantry in any other fleet directory")
        page.seeAlso(commands.map { "gantry-\($0.name)" }, configuration: true)
        return Page(file: "gantry.1", text: page.text)
    }

    private static func page(_ command: CommandDefinition, among commands: [CommandDefinition]) -> Page {
        let title = "gantry-\(command.name)"
        var page = Roff(title: title.uppercased(), section: 1)
        page.heading("NAME")
        page.line(#"\#(Roff.escaped(title)) \- \#(Roff.escaped(command.summary))"#)
        page.heading("SYNOPSIS")
        let leaves = command.subcommands.filter { !$0.isHidden }
        for leaf in leaves.isEmpty ? [command] : leaves {
            let name = "gantry \(command.name)" + (leaves.isEmpty ? "" : " \(leaf.name)")
            if leaf.name != leaves.first?.name, !leaves.isEmpty { page.macro("br") }
            page.macro("B", [name])
            page.line(Roff.escaped((leaf.synopsis + " [OPTION…]").trimmingLeadingSpaces))
        }
        page.heading("DESCRIPTION")
        for paragraph in command.details.isEmpty ? ["\(command.summary)."] : command.details {
            page.paragraph(paragraph)
        }
        if leaves.isEmpty {
            for choice in command.choices?.rows ?? [] {
                page.item(#"\fB\#(Roff.escaped(choice.line))\fR"#, choice.purpose)
            }
            page.arguments(command.arguments)
            for topic in command.topics {
                page.subheading("\(topic.name) \(topic.synopsis)")
                for paragraph in topic.details { page.paragraph(paragraph) }
                for choice in topic.choices?.rows ?? [] {
                    page.item(#"\fB\#(Roff.escaped(choice.line))\fR"#, choice.purpose)
                }
            }
        } else {
            page.heading("COMMANDS")
            for leaf in leaves {
                page.subheading("\(leaf.name) \(leaf.synopsis)".trimmingTrailingSpaces)
                for paragraph in ["\(leaf.summary)."] + leaf.details { page.paragraph(paragraph) }
                for choice in leaf.choices?.rows ?? [] {
                    page.item(#"\fB\#(Roff.escaped(choice.line))\fR"#, choice.purpose)
                }
                for argument in leaf.arguments { page.item(Roff.placeholder(argument.value), argument.help) }
                page.options(leaf.options + leaf.changes.definitions)
            }
        }
        page.heading("OPTIONS")
        page.options(command.options + command.changes.definitions)
        page.paragraph("The options of every command are in gantry(1).")
        let examples = command.examples + leaves.flatMap(\.examples)
        if !examples.isEmpty {
            page.heading("EXAMPLES")
            for example in examples { page.item(#"\fB\#(Roff.escaped(example.line))\fR"#, example.purpose) }
        }
        page.exits(ExitStatus.allCases)
        page.seeAlso(["gantry"] + commands.map { "gantry-\($0.name)" }.filter { $0 != title })
        return Page(file: "\(title).1", text: page.text)
    }

    /// The settings, from the table that reads the file.
    private static func configuration() -> Page {
        var page = Roff(title: "GANTRY-DEFAULTS.CFG", section: 5)
        page.heading("NAME")
        page.line(#"gantry\-defaults.cfg \- the cluster, its hosts and their settings"#)
        page.heading("DESCRIPTION")
        page.paragraph(ConfigurationHelp.introduction)
        page.heading("SETTINGS")
        for entry in FleetConfiguration.reference {
            page.item(#"\fB\#(Roff.escaped(entry.path))\fR"#, ConfigurationHelp.explanation(of: entry))
        }
        page.seeAlso(["gantry"])
        return Page(file: "gantry-defaults.cfg.5", text: page.text)
    }
}

extension Roff {
    mutating func options(_ options: [OptionDefinition]) {
        for option in options where !option.isHidden {
            let names = option.short.map { [#"\fB\-\#($0)\fR"#] } ?? []
            let all = names + (option.name.isEmpty ? [] : [#"\fB\-\-\#(Self.escaped(option.name))\fR"#])
            let value = option.value.map { " " + Self.placeholder($0) } ?? ""
            item(all.joined(separator: ", ") + value, option.help + (option.default.map { " (default: \($0))" } ?? ""))
        }
    }
    mutating func arguments(_ arguments: [ArgumentDefinition]) {
        guard !arguments.isEmpty else { return }
        heading("ARGUMENTS")
        for argument in arguments { item(Self.placeholder(argument.value), argument.help) }
    }
    mutating func exits(_ statuses: [ExitStatus]) {
        heading("EXIT STATUS")
        for status in statuses { item(#"\fB\#(status.rawValue)\fR"#, status.meaning) }
    }
    mutating func seeAlso(_ names: [String], configuration: Bool = false) {
        heading("SEE ALSO")
        let pages = names.map { ($0, 1) } + (configuration ? [("gantry-defaults.cfg", 5)] : [])
        line(pages.map { #"\fB\#(Self.escaped($0))\fR(\#($1))"# }.joined(separator: ",\n"))
    }
}

extension String {
    var trimmingLeadingSpaces: String { String(drop { $0 == " " }) }
}
