/// Scripts that make a shell complete gantry's command line, from the same definitions that parse it.
enum Shell: String, ArgumentChoice {
    case bash, zsh, fish

    static var placeholder: String { "SHELL" }

    /// The script for this shell.
    func script(_ commands: [CommandDefinition]) -> String {
        let places = CompletionPlace.all(commands)
        switch self {
        case .bash: return BashCompletion.script(places)
        case .zsh: return ZshCompletion.script(places)
        case .fish: return FishCompletion.script(places)
        }
    }
}

/// A place on the command line: behind `gantry`, behind `gantry operation`, …
struct CompletionPlace {
    /// The words behind `gantry` that lead here.
    let path: [String]
    /// The commands that may follow.
    let commands: [CommandDefinition]
    /// The options that may follow.
    let options: [OptionDefinition]
    /// What the arguments are.
    let arguments: [ArgumentDefinition]

    /// All places of a table, `gantry` itself first. Hidden commands and options are in none.
    static func all(_ commands: [CommandDefinition], path: [String] = []) -> [CompletionPlace] {
        let visible = commands.filter { !$0.isHidden }
        let here = CompletionPlace(path: path, commands: visible, options: CommonOptions.definitions, arguments: [])
        return [here]
            + visible.flatMap { command -> [CompletionPlace] in
                let path = path + [command.name]
                if !command.subcommands.isEmpty { return all(command.subcommands, path: path) }
                return [
                    CompletionPlace(
                        path: path, commands: [], options: command.allOptions.filter { !$0.isHidden },
                        arguments: command.arguments)
                ]
            }
    }

    /// Every option of every place, each spelling once.
    static func options(_ places: [CompletionPlace]) -> [OptionDefinition] {
        var seen: Set<String> = []
        return places.flatMap(\.options).filter { seen.insert($0.spelling).inserted }
    }

    /// What a shell offers for the arguments together.
    var argumentHints: [CompletionHint] {
        arguments.map(\.value.completion).filter { $0 != .nothing }
    }
}

extension OptionDefinition {
    /// `--reason` and `-m`.
    var spellings: [String] { (name.isEmpty ? [] : ["--\(name)"]) + (short.map { ["-\($0)"] } ?? []) }
}
