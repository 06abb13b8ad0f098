/// What there is to know of a command without running it: parsing, help, completion and manual pages are made of it.
struct CommandDefinition: Sendable {
    /// As typed: `clusterstatus`.
    let name: String
    /// One line, without a full stop.
    let summary: String
    /// By place.
    let arguments: [ArgumentDefinition]
    /// Its own options; those common to all commands are not among them.
    let options: [OptionDefinition]
    /// Which of the options of changing commands it has.
    let changes: ChangeOptions
    /// Paragraphs below the summary.
    let details: [String]
    /// What an argument may be, where that is a list of its own.
    let choices: Choices?
    /// Command lines worth copying.
    let examples: [Example]
    /// Works, and is shown nowhere.
    let isHidden: Bool
    /// Whether its first word is another command, whose options it takes too and hands on as they were typed.
    let handsOn: Bool
    /// What its first word may be besides, each with help of its own.
    let topics: [CommandDefinition]
    /// Whether an invocation leaves an audit record: all that have to do with a fleet.
    let isAudited: Bool
    /// Whether monitors call it as a plugin: with `--format plain` its first line is a `NagiosLine`, also when it fails.
    let isMonitorPlugin: Bool
    /// Whether it answers a question: what keeps it from looking is "could not be found out" (3), and no "no".
    let isQuestion: Bool
    /// A flag without which it only looks; nil: it changes something whenever it has `dryRun`.
    let changesWith: Flag?
    /// Where not empty, the command does nothing by itself.
    let subcommands: [CommandDefinition]

    /// A command line and what it is for.
    struct Example: Hashable, Sendable {
        let line: String
        let purpose: String
        init(_ line: String, _ purpose: String) { (self.line, self.purpose) = (line, purpose) }
    }

    /// A list of what can be chosen: `faults`.
    struct Choices: Hashable, Sendable {
        let title: String
        let rows: [Example]
        init(_ title: String, _ rows: [Example]) { (self.title, self.rows) = (title, rows) }
    }

    init(
        _ name: String, _ summary: String, arguments: [any ArgumentKey] = [], options: [any OptionKey] = [],
        changes: ChangeOptions = [], details: [String] = [], choices: Choices? = nil, examples: [Example] = [],
        isHidden: Bool = false, handsOn: Bool = false, isAudited: Bool = true, isMonitorPlugin: Bool = false,
        isQuestion: Bool = false, changesWith: Flag? = nil, subcommands: [CommandDefinition] = [],
        topics: [CommandDefinition] = []
    ) {
        self.name = name
        self.summary = summary
        self.arguments = arguments.map(\.definition)
        self.options = options.map(\.definition)
        self.changes = changes
        self.details = details
        self.choices = choices
        self.examples = examples
        self.isHidden = isHidden
        self.handsOn = handsOn
        self.isAudited = isAudited
        self.isMonitorPlugin = isMonitorPlugin
        self.isQuestion = isQuestion || isMonitorPlugin
        self.changesWith = changesWith
        self.subcommands = subcommands
        self.topics = topics
    }

    /// The command that does the same to a copy: with its arguments and options, and none that only a change needs.
    init(rehearsing other: CommandDefinition, details: [String]) {
        name = other.name
        summary = "rehearse: \(other.summary)"
        arguments = other.arguments
        options = other.options
        changes = other.changes.intersection([.accept, .noCanary])
        self.details = details
        choices = other.choices
        examples = []
        isHidden = false
        handsOn = false
        isAudited = true
        isMonitorPlugin = false
        isQuestion = false
        changesWith = nil
        subcommands = []
        topics = []
    }

    /// The commands that may be its first word, where it takes another command's line.
    func handedTo(among commands: [CommandDefinition]) -> [CommandDefinition] {
        handsOn ? commands.filter { PlannedCommand.names.contains($0.name) } : []
    }

    /// Whether it changes a host, the cluster, or an operation.
    var changesSomething: Bool { changes.contains(.dryRun) }

    /// Whether this call of it does: it has `changesWith` where there is one, and no --dry-run.
    func isChange(_ arguments: ParsedArguments) -> Bool {
        changesSomething && !arguments.changes.isDryRun && (changesWith.map { arguments[$0] } ?? true)
    }

    /// All it takes: its own options, then those of changing commands that it has, then the common ones.
    var allOptions: [OptionDefinition] { options + changes.definitions + CommonOptions.definitions }

    /// `HOST COUNT`, `[HOST…]`: its arguments as a usage line shows them.
    var synopsis: String { arguments.map(\.synopsis).joined(separator: " ") }
}

/// A kind of value without its type.
struct ValueDefinition: Sendable {
    /// `HOST`.
    let placeholder: String
    /// `HOST`, or "the argument" where the placeholder is a list of words.
    var name: String { placeholder.contains("|") ? "the argument" : placeholder }
    /// After "wants": "a number above 0".
    let expectation: String
    /// What a shell can offer.
    let completion: CompletionHint
    /// Whether a text is one.
    let accepts: @Sendable (String) -> Bool

    init<Value: ArgumentValue>(_ type: Value.Type, _ placeholder: String) {
        self.placeholder = placeholder
        expectation = Value.expectation
        completion = Value.completion
        accepts = { Value(argument: $0) != nil }
    }
}

/// An option without its value's type.
struct OptionDefinition: Sendable {
    /// Without the dashes.
    let name: String
    /// One letter, without the dash.
    let short: Character?
    /// Nil: a flag.
    let value: ValueDefinition?
    /// One line, without a full stop.
    let help: String
    /// What holds when it isn't given, for help alone.
    let `default`: String?
    /// Whether it may be given several times.
    let repeats: Bool
    /// Works, and is shown nowhere.
    let isHidden: Bool

    init(
        name: String, short: Character? = nil, value: ValueDefinition?, help: String, default: String? = nil,
        repeats: Bool = false, isHidden: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.default = `default`
        self.repeats = repeats
        self.isHidden = isHidden
    }

    /// `-m, --message WHY`.
    var synopsis: String {
        let names = (short.map { ["-\($0)"] } ?? []) + (name.isEmpty ? [] : ["--\(name)"])
        return names.joined(separator: ", ") + (value.map { " \($0.placeholder)" } ?? "")
    }

    /// `--yes`, or `-m` for one without a long name.
    var spelling: String { name.isEmpty ? "-\(short.map(String.init) ?? "")" : "--\(name)" }
}

/// An argument without its value's type.
struct ArgumentDefinition: Sendable {
    /// What it may be.
    let value: ValueDefinition
    /// How many there may be.
    let arity: Arity
    /// One line, without a full stop.
    let help: String

    /// `HOST`, `[DIR]`, `[HOST…]`, `HOST…`.
    var synopsis: String {
        switch arity {
        case .one: value.placeholder
        case .optional: "[\(value.placeholder)]"
        case .any: "[\(value.placeholder)…]"
        case .several: "\(value.placeholder)…"
        }
    }
}

/// How many values an argument takes.
enum Arity: Hashable, Sendable {
    case one
    case optional
    /// None or more.
    case any
    /// One or more.
    case several

    var minimum: Int { self == .one || self == .several ? 1 : 0 }
    var maximum: Int { self == .one || self == .optional ? 1 : .max }
}
