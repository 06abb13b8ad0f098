/// A command line that its command's definition accepts: every value is valid by itself.
struct ParsedArguments: Sendable {
    /// The command: `["operation", "list"]`.
    let path: [String]
    /// The common options.
    let common: CommonValues
    /// The options of changing commands.
    let changes: ChangeValues
    private let options: OptionValues
    private let arguments: [String: [String]]

    init(path: [String], options: OptionValues, arguments: [String: [String]]) {
        self.path = path
        self.options = options
        self.arguments = arguments
        common = CommonValues(options)
        changes = ChangeValues(options)
    }

    /// Whether the flag was given.
    subscript(flag: Flag) -> Bool { options[flag] > 0 }
    /// The option's value, if it was given.
    subscript<Value>(option: Option<Value>) -> Value? { options[option].last }
    /// The option's values in the order given.
    func all<Value>(_ option: Option<Value>) -> [Value] { options[option] }
    /// The argument, if it was given.
    subscript<Value>(argument: Argument<Value>) -> Value? { all(argument).first }
    /// The arguments of this place in the order given.
    func all<Value>(_ argument: Argument<Value>) -> [Value] {
        arguments[argument.definition.value.placeholder, default: []].compactMap(Value.init(argument:))
    }
    /// An argument that is not optional.
    /// - Throws: a usage error when the definition lets it be absent after all.
    func required<Value>(_ argument: Argument<Value>) throws(CommandError) -> Value {
        if let value = self[argument] { return value }
        throw .usage("\(argument.definition.value.placeholder) is missing", next: helpCommand)
    }

    /// What explains the command: `gantry help operation list`.
    var helpCommand: String { (["gantry", "help"] + path).joined(separator: " ") }
}

/// Options as they were found: texts that their definitions accept; a flag counts.
struct OptionValues: Sendable {
    private(set) var texts: [String: [String]] = [:]

    mutating func add(_ definition: OptionDefinition, _ text: String = "") {
        texts[definition.spelling, default: []].append(text)
    }
    func has(_ definition: OptionDefinition) -> Bool { texts[definition.spelling] != nil }

    subscript(flag: Flag) -> Int { texts[flag.definition.spelling]?.count ?? 0 }
    subscript<Value>(option: Option<Value>) -> [Value] {
        texts[option.definition.spelling, default: []].compactMap(Value.init(argument:))
    }
}

/// What the common options say.
struct CommonValues: Hashable, Sendable {
    /// `--fleet`.
    var fleet: String?
    var format: OutputFormat = .table
    var color: ColorChoice = .auto
    /// How often `-v` was given.
    var verbosity = 0
    var isQuiet = false

    init() {}

    init(_ options: OptionValues) {
        fleet = options[CommonOptions.fleet].last?.path
        format = options[CommonOptions.format].last ?? .table
        color = options[CommonOptions.color].last ?? .auto
        verbosity = options[CommonOptions.verbose]
        isQuiet = options[CommonOptions.quiet] > 0
    }
}

/// What the options of changing commands say.
struct ChangeValues: Hashable, Sendable {
    var isDryRun = false
    /// No question is asked.
    var isConfirmed = false
    var detaches = false
    /// `-m WHY`.
    var reason: String?
    /// Blockers that are waived, in the order given.
    var accepted: [AcceptedBlocker] = []
    /// Whether a record may be sent through the brokers.
    var usesCanary = true

    init() {}

    init(_ options: OptionValues) {
        typealias Keys = ChangeOptions.Keys
        isDryRun = options[Keys.dryRun] > 0
        isConfirmed = options[Keys.yes] > 0
        detaches = options[Keys.detach] > 0
        reason = options[Keys.reason].last
        accepted = options[Keys.accept]
        usesCanary = options[Keys.noCanary] == 0
    }
}
