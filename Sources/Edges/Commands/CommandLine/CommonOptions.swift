/// How a document is written to standard output.
enum OutputFormat: String, ArgumentChoice, Hashable {
    /// For people.
    case table
    /// One JSON document.
    case json
    /// One greppable line a fact.
    case plain
}

/// Whether colours are used.
enum ColorChoice: String, ArgumentChoice, Hashable {
    /// On a terminal that can show them, unless NO_COLOR says no.
    case auto
    case always, never
}

/// The options that every command has, before or after its name.
enum CommonOptions {
    static let fleet = Option<DirectoryPath>(
        "fleet", "the fleet directory", default: "$GANTRY_FLEET, else the current directory, else /etc/gantry")
    static let format = Option<OutputFormat>("format", "how the result is written", default: "table")
    static let color = Option<ColorChoice>("color", "whether colours are used", default: "auto")
    static let verbose = Flag("verbose", short: "v", "say more on standard error; twice, still more")
    static let quiet = Flag("quiet", short: "q", "say nothing but results and errors")
    static let help = Flag("help", short: "h", "explain the command")

    static let definitions = [
        fleet.definition, format.definition, color.definition, verbose.definition, quiet.definition, help.definition,
    ]
}

/// The options of commands that change something; a command takes those that mean something for it.
struct ChangeOptions: OptionSet, Hashable, Sendable {
    let rawValue: Int

    static let dryRun = ChangeOptions(rawValue: 1)
    static let yes = ChangeOptions(rawValue: 2)
    static let detach = ChangeOptions(rawValue: 4)
    static let reason = ChangeOptions(rawValue: 8)
    static let accept = ChangeOptions(rawValue: 16)
    static let noCanary = ChangeOptions(rawValue: 32)

    /// What every operation takes.
    static let operation: ChangeOptions = [.dryRun, .yes, .detach, .reason, .accept]
    static let everything: ChangeOptions = [.operation, .noCanary]

    var definitions: [OptionDefinition] {
        let all: [(ChangeOptions, OptionDefinition)] = [
            (.dryRun, Keys.dryRun.definition), (.yes, Keys.yes.definition), (.detach, Keys.detach.definition),
            (.reason, Keys.reason.definition), (.accept, Keys.accept.definition),
            (.noCanary, Keys.noCanary.definition),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }

    enum Keys {
        static let dryRun = Flag("dry-run", "show the plan and change nothing")
        static let yes = Flag("yes", "ask no question; without a terminal it is required")
        static let detach = Flag("detach", "return once the work has begun; it goes on by itself")
        static let reason = Option<String>(
            "reason", short: "m", placeholder: "WHY", "the reason, kept in journal, mail and audit")
        static let accept = Option<AcceptedBlocker>(
            "accept", "go on in spite of exactly this blocker; may be repeated", repeats: true)
        static let noCanary = Flag("no-canary", "send no test record through the brokers")
    }
}
