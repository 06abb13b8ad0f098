import FleetConfiguration

/// `gantry help defaults.cfg`: every setting, from the table that reads the file.
enum ConfigurationHelp {
    /// What it is asked for by.
    static let topic = "defaults.cfg"

    static let introduction =
        "defaults.cfg in the fleet directory is YAML and the operator's own: gantry writes it once, with 'gantry init', "
        + "and only reads it from then on. Units are explicit, relative paths start from the fleet directory, and an "
        + "unknown key is an error. Every mistake in it is shown at once, with its line and column."

    static func text(_ style: Style) -> String {
        let columns = style.columns ?? 100
        let introduction = TextWidth.wrap(introduction, to: columns).joined(separator: "\n")
        let entries = FleetConfiguration.reference.map { entry in
            let lines = TextWidth.wrap(explanation(of: entry), to: max(20, columns - 4))
            return ([style.paint(entry.path, .strong)] + lines.map { "    " + $0 }).joined(separator: "\n")
        }
        return ([introduction] + entries).joined(separator: "\n\n")
    }

    /// What a setting means, what it takes, and what holds without it.
    static func explanation(of entry: SchemaEntry) -> String {
        let absence = entry.isRequired ? "Required." : entry.fallback.map { "Without it: \($0)." } ?? ""
        let taken = entry.expected == "a section" ? "" : sentence("Takes \(entry.expected)")
        return [sentence(entry.meaning), taken, absence].filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    private static func sentence(_ text: String) -> String { text.hasSuffix(".") || text.isEmpty ? text : text + "." }
}
