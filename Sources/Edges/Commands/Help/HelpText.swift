/// The explanation of a command, or of all of them, as text.
enum HelpText {
    /// `gantry help`.
    static func overview(_ commands: [CommandDefinition], _ style: Style) -> String {
        let rows = commands.filter { !$0.isHidden }.map { ("gantry \($0.name)", $0.summary) }
        let options = CommonOptions.definitions + []
        return [
            "Runs Kafka on plain virtual machines with Docker.",
            section("usage", ["  gantry COMMAND [ARGUMENT…] [OPTION…]"], style),
            section("commands", list(rows, style), style),
            section("options of every command", optionLines(options, style), style),
            "'gantry help COMMAND' explains a command, 'gantry help defaults.cfg' every setting.",
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
            let rows = command.subcommands.filter { !$0.isHidden }.map { sub in
                ("\(name) \(sub.name) \(sub.synopsis)".trimmingTrailingSpaces, sub.summary)
            }
            parts.append(section("commands", list(rows, style), style))
        }
        parts += command.details.map { paragraph($0, style) }
        if let choices = command.choices {
            parts.append(section(choices.title, list(choices.rows.map { ($0.line, $0.purpose) }, style), style))
        }
        if !command.arguments.isEmpty {
            let rows = command.arguments.map { ($0.value.placeholder, $0.help) }
            parts.append(section("arguments", list(rows, style), style))
        }
        let own = (command.options + command.changes.definitions).filter { !$0.isHidden }
        if !own.isEmpty { parts.append(section("options", optionLines(own, style), style)) }
        if command.subcommands.isEmpty {
            parts.append(section("options of every command", optionLines(CommonOptions.definitions, style), style))
        }
        if !command.examples.isEmpty {
            let rows = command.examples.map { ($0.line, $0.purpose) }
            parts.append(section("examples", list(rows, style), style))
        }
        return parts.joined(separator: "\n\n")
    }

    /// Where the width isn't known: wide enough for most, narrow enough to read.
    private static let columns = 100

    private static func section(_ title: String, _ lines: [String], _ style: Style) -> String {
        ([style.paint(title.uppercased(), .faint)] + lines).joined(separator: "\n")
    }

    private static func paragraph(_ text: String, _ style: Style) -> String {
        TextWidth.wrap(text, to: style.columns ?? columns).joined(separator: "\n")
    }

    private static func optionLines(_ options: [OptionDefinition], _ style: Style) -> [String] {
        let rows = options.filter { !$0.isHidden }.map { option in
            let indent = option.short == nil ? "    " : ""
            return (indent + option.synopsis, option.help + (option.default.map { " (default: \($0))" } ?? ""))
        }
        return list(rows, style)
    }

    /// Names with explanations beside them, wrapped below themselves.
    private static func list(_ rows: [(name: String, text: String)], _ style: Style) -> [String] {
        let width = rows.map { TextWidth.of($0.name) }.max() ?? 0
        let room = max(20, (style.columns ?? columns) - width - 4)
        return rows.flatMap { row in
            TextWidth.wrap(row.text, to: room).enumerated().map { index, line in
                let name = index == 0 ? row.name : ""
                let padding = String(repeating: " ", count: width - TextWidth.of(name))
                return "  " + style.paint(name, .strong) + padding + "  " + line
            }
        }
    }
}
