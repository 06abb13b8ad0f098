/// The explanation of a command, or of all of them, as text.
enum HelpText {
    /// `gantry help`.
    static func overview(_ commands: [CommandDefinition], _ style: Style) -> String {
        let rows = commands.filter { !$0.isHidden }.map { command -> [Cell] in
            [Cell("  gantry \(command.name)", .strong), Cell(command.summary)]
        }
        let options = CommonOptions.definitions + []
        return [
            "Runs Kafka on plain virtual machines with Docker.",
            section("usage", ["  gantry COMMAND [ARGUMENT…] [OPTION…]"], style),
            section("commands", TableLayout(Table("", columns, rows), style).lines, style),
            section("options of every command", optionLines(options, style), style),
            "'gantry help COMMAND' explains a command.",
        ].joined(separator: "\n\n")
    }

    /// `gantry help COMMAND`.
    static func explanation(_ command: CommandDefinition, path: [String], _ style: Style) -> String {
        let name = (["gantry"] + path).joined(separator: " ")
        var parts = ["\(style.paint(name, .strong)): \(command.summary)"]
        if command.subcommands.isEmpty {
            let synopsis = [name, command.synopsis, "[OPTION…]"].filter { !$0.isEmpty }.joined(separator: " ")
            parts.append(section("usage", ["  \(synopsis)"], style))
        } else {
            let rows = command.subcommands.filter { !$0.isHidden }.map { sub -> [Cell] in
                [Cell("  \(name) \([sub.name, sub.synopsis].joined(separator: " "))", .strong), Cell(sub.summary)]
            }
            parts.append(section("commands", TableLayout(Table("", columns, rows), style).lines, style))
        }
        parts += command.details.map { paragraph($0, style) }
        if !command.arguments.isEmpty {
            let rows = command.arguments.map { [Cell("  \($0.value.placeholder)"), Cell($0.help)] }
            parts.append(section("arguments", TableLayout(Table("", columns, rows), style).lines, style))
        }
        let own = command.options + command.changes.definitions
        if !own.isEmpty { parts.append(section("options", optionLines(own, style), style)) }
        if command.subcommands.isEmpty {
            parts.append(section("options of every command", optionLines(CommonOptions.definitions, style), style))
        }
        if !command.examples.isEmpty {
            let rows = command.examples.map { [Cell("  \($0.line)"), Cell($0.purpose, .faint)] }
            parts.append(section("examples", TableLayout(Table("", columns, rows), style).lines, style))
        }
        return parts.joined(separator: "\n\n")
    }

    private static let columns = [Table.Column("", ""), Table.Column("", "")]

    private static func section(_ title: String, _ lines: [String], _ style: Style) -> String {
        ([style.paint(title.uppercased(), .faint)] + lines).joined(separator: "\n")
    }

    private static func paragraph(_ text: String, _ style: Style) -> String {
        TextWidth.wrap(text, to: style.columns ?? 100).joined(separator: "\n")
    }

    private static func optionLines(_ options: [OptionDefinition], _ style: Style) -> [String] {
        let rows = options.filter { !$0.isHidden }.map { option -> [Cell] in
            let indent = option.short == nil ? "      " : "  "
            let help = option.help + (option.default.map { " (default: \($0))" } ?? "")
            return [Cell(indent + option.synopsis), Cell(help)]
        }
        return TableLayout(Table("", columns, rows), style).lines
    }
}
