import FleetConfiguration

/// What a command line asks for.
enum Invocation: Sendable {
    /// Run the command.
    case run(ParsedArguments)
    /// Explain the command of this path; empty: all of them.
    case help([String], CommonValues)
    /// `gantry --version`.
    case version(CommonValues)
}

/// Reads a command line by the definitions of the commands.
///
/// Options may stand anywhere; `--name value` and `--name=value`, `-m value` and `-mvalue`, flags together (`-vq`);
/// behind `--` nothing is an option.
struct CommandLineParser {
    private let commands: [CommandDefinition]
    private var path: [CommandDefinition] = []
    private var words: [String] = []
    private var options = OptionValues()
    private var wantsVersion = false

    /// Reads `arguments`, the program's name not among them.
    /// - Throws: a usage error of the first mistake, with the nearest valid spelling and the next command to run.
    static func parse(_ arguments: [String], by commands: [CommandDefinition]) throws(CommandError) -> Invocation {
        var parser = CommandLineParser(commands: commands)
        return try parser.parse(arguments)
    }

    private init(commands: [CommandDefinition]) { self.commands = commands }

    /// The command, once it is known which one it is.
    private var leaf: CommandDefinition? {
        guard let last = path.last, last.subcommands.isEmpty else { return nil }
        return last
    }
    private var pathText: String { (["gantry"] + path.map(\.name)).joined(separator: " ") }
    private var helpCommand: String { (["gantry", "help"] + path.map(\.name)).joined(separator: " ") }

    private mutating func parse(_ arguments: [String]) throws(CommandError) -> Invocation {
        var rest = arguments[...]
        var optionsEnded = false
        while let argument = rest.popFirst() {
            if optionsEnded || argument == "-" || !argument.hasPrefix("-") {
                try word(argument)
            } else if argument == "--" {
                optionsEnded = true
            } else if argument.hasPrefix("--") {
                try longOption(argument, &rest)
            } else {
                try shortOptions(argument, &rest)
            }
        }
        return try finished()
    }

    private mutating func word(_ word: String) throws(CommandError) {
        if leaf != nil { return words.append(word) }
        let candidates = path.last?.subcommands ?? commands
        guard let command = candidates.first(where: { $0.name == word }) else {
            throw Self.unknownCommand(word, behind: path, of: commands)
        }
        path.append(command)
    }

    /// The error of a word that is no command: `path` leads to the group that it was looked for in.
    static func unknownCommand(
        _ word: String, behind path: [CommandDefinition], of commands: [CommandDefinition]
    ) -> CommandError {
        let visible = (path.last?.subcommands ?? commands).filter { !$0.isHidden }
        let group = path.isEmpty ? commands.first { $0.subcommands.contains { $0.name == word } } : nil
        let meant = group.map { "\($0.name) \(word)" } ?? Spelling.meant(by: word, among: visible.map(\.name))
        let names = path.map(\.name)
        return .usage(
            "'\(word)' is no command of '\((["gantry"] + names).joined(separator: " "))'",
            reason: meant.map { "did you mean '\($0)'?" }, next: (["gantry", "help"] + names).joined(separator: " "))
    }

    private mutating func longOption(_ argument: String, _ rest: inout ArraySlice<String>) throws(CommandError) {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        if leaf == nil, name == "version" { return wantsVersion = true }
        guard let option = available.first(where: { $0.name == name && !name.isEmpty }) else {
            if let other = handedOn.first(where: { $0.name == name }) {
                return handOn(argument, takesNext: other.value != nil && parts.count == 1, &rest)
            }
            throw unknownOption("--\(name)")
        }
        try take(option, attached: parts.count == 2 ? String(parts[1]) : nil, &rest)
    }

    private mutating func shortOptions(_ argument: String, _ rest: inout ArraySlice<String>) throws(CommandError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = available.first(where: { $0.short == letter }) else {
                if let other = handedOn.first(where: { $0.short == letter }), argument.dropFirst().first == letter {
                    return handOn(argument, takesNext: other.value != nil && letters.isEmpty, &rest)
                }
                throw unknownOption("-\(letter)")
            }
            guard option.value != nil else {
                if letters.first == "=" { throw takesNoValue(option) }
                options.add(option)
                continue
            }
            let attached = letters.first == "=" ? letters.dropFirst() : letters
            return try take(option, attached: letters.isEmpty ? nil : String(attached), &rest)
        }
    }

    /// What may stand here: before the command is known, whatever is common to commands.
    private var available: [OptionDefinition] {
        leaf?.allOptions ?? (ChangeOptions.everything.definitions + CommonOptions.definitions)
    }

    /// Options of the command that this one's first word names.
    private var handedOn: [OptionDefinition] {
        guard leaf?.handsOn == true, let name = words.first else { return [] }
        return commands.first { $0.name == name }?.allOptions ?? []
    }

    private mutating func handOn(_ argument: String, takesNext: Bool, _ rest: inout ArraySlice<String>) {
        words.append(argument)
        if takesNext, let next = rest.popFirst() { words.append(next) }
    }

    private mutating func take(
        _ option: OptionDefinition, attached: String?, _ rest: inout ArraySlice<String>
    ) throws(CommandError) {
        guard let value = option.value else {
            if attached != nil { throw takesNoValue(option) }
            return options.add(option)
        }
        let spelling = option.spelling
        if !option.repeats, options.has(option) {
            throw .usage("'\(spelling)' is given twice", next: helpCommand)
        }
        let text: String
        if let attached {
            text = attached
        } else if let next = rest.first, !next.hasPrefix("-") || next == "-" {
            text = next
            rest.removeFirst()
        } else {
            let reason = rest.first.map { "'\($0)' looks like an option; if it is the value, write \(spelling)=\($0)" }
            throw .usage("'\(spelling)' lacks its value, \(value.expectation)", reason: reason, next: helpCommand)
        }
        try check(text, value, of: "'\(spelling)'")
        options.add(option, text)
    }

    private func check(_ text: String, _ value: ValueDefinition, of owner: String) throws(CommandError) {
        if value.accepts(text) { return }
        var meant: String?
        if case .words(let words) = value.completion { meant = Spelling.meant(by: text, among: words) }
        throw .usage(
            "\(owner) wants \(value.expectation), not '\(text)'", reason: meant.map { "did you mean '\($0)'?" },
            next: helpCommand)
    }

    private func takesNoValue(_ option: OptionDefinition) -> CommandError {
        .usage("'\(option.spelling)' takes no value", next: helpCommand)
    }

    private func unknownOption(_ spelling: String) -> CommandError {
        let near = Spelling.meant(by: spelling, among: available.filter { !$0.isHidden }.map(\.spelling))
        let owners = owners(of: spelling)
        let reason: String? =
            if owners.isEmpty {
                near.map { "did you mean '\($0)'?" }
            } else if leaf == nil {
                "it is an option of \(owners) and stands behind it"
            } else {
                "it is an option of \(owners)"
            }
        return .usage("'\(spelling)' is no option of '\(pathText)'", reason: reason, next: helpCommand)
    }

    /// `'gantry audit'`: the commands that have the option, the first few of them.
    private func owners(of spelling: String) -> String {
        func search(_ commands: [CommandDefinition], _ path: String) -> [String] {
            commands.filter { !$0.isHidden }.flatMap { command -> [String] in
                let name = "\(path) \(command.name)"
                let options = command.options + command.changes.definitions
                let has = options.contains { $0.spelling == spelling || $0.short.map { "-\($0)" } == spelling }
                return (has ? ["'\(name)'"] : []) + search(command.subcommands, name)
            }
        }
        return search(commands, "gantry").prefix(4).joined(separator: ", ")
    }

    private func finished() throws(CommandError) -> Invocation {
        let common = CommonValues(options)
        if wantsVersion { return .version(common) }
        if options[CommonOptions.help] > 0 {
            let topics = leaf.map { $0.topics + $0.handedTo(among: commands) } ?? []
            return .help((path + topics.filter { $0.name == words.first }).map(\.name), common)
        }
        guard let command = leaf else {
            throw .usage(path.isEmpty ? "no command is given" : "'\(pathText)' wants a command", next: helpCommand)
        }
        // Options that stood before the command were taken on trust.
        let misplaced = ChangeOptions.everything.subtracting(command.changes).definitions.first { options.has($0) }
        if let misplaced { throw unknownOption(misplaced.spelling) }
        return .run(ParsedArguments(path: path.map(\.name), options: options, arguments: try places(command)))
    }

    /// Gives each argument its words, from left to right, leaving enough for those behind it that need one.
    private func places(_ command: CommandDefinition) throws(CommandError) -> [String: [String]] {
        var rest = words[...]
        let required = command.arguments.filter { $0.arity.minimum > 0 }
        if words.count < required.count {
            let missing = required[words.count]
            throw .usage(
                "\(missing.value.name) is missing: \(missing.help)",
                reason: "usage: \(pathText) \(command.synopsis)", next: helpCommand)
        }
        var needed = command.arguments.reduce(0) { $0 + $1.arity.minimum }
        var places: [String: [String]] = [:]
        for argument in command.arguments {
            needed -= argument.arity.minimum
            let taken = rest.prefix(min(argument.arity.maximum, max(0, rest.count - needed)))
            for word in taken { try check(word, argument.value, of: argument.value.name) }
            places[argument.value.placeholder] = Array(taken)
            rest = rest.dropFirst(taken.count)
        }
        if let surplus = rest.first {
            throw .usage(
                "'\(surplus)' is one argument too many",
                reason: "usage: \((pathText + " " + command.synopsis).trimmingTrailingSpaces)", next: helpCommand)
        }
        return places
    }
}

extension String {
    var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
