import FleetModel

/// Completion for zsh, for a file `_gantry` in `$fpath`, or to be sourced.
enum ZshCompletion {
    static func script(_ places: [CompletionPlace]) -> String {
        """
        #compdef gantry
        # zsh completion for gantry, made by 'gantry completion zsh'
        \(places.reversed().map(function).joined(separator: "\n"))
        if [ "$funcstack[1]" = _gantry ]; then
            _gantry "$@"
        else
            compdef _gantry gantry
        fi
        """
    }

    private static func name(_ path: [String]) -> String { (["_gantry"] + path).joined(separator: "_") }

    private static func function(_ place: CompletionPlace) -> String {
        var specifications = place.options.map(specification)
        if place.commands.isEmpty {
            specifications += place.arguments.map { argument in
                let prefix = argument.arity.maximum > 1 ? "*" : ""
                return ShellQuoting.single("\(prefix):\(escaped(argument.value.placeholder)):\(action(argument.value))")
            }
            return """
                \(name(place.path))() {
                    _arguments -s -S \(specifications.joined(separator: " \\\n        "))
                }
                """
        }
        specifications += [ShellQuoting.single("1:command:->command"), ShellQuoting.single("*::argument:->argument")]
        let commands = place.commands.map { ShellQuoting.single("\(escaped($0.name)):\($0.summary)") }
        let cases = place.commands.map { "                \($0.name)) \(name(place.path + [$0.name])) ;;" }
        return """
            \(name(place.path))() {
                local curcontext=$curcontext state line
                local -a commands
                _arguments -s -S -C \(specifications.joined(separator: " \\\n        "))
                case $state in
                    command)
                        commands=(
                            \(commands.joined(separator: "\n                "))
                        )
                        _describe -t commands command commands
                        ;;
                    argument)
                        case $line[1] in
            \(cases.joined(separator: "\n"))
                        esac
                        ;;
                esac
            }
            """
    }

    /// `'(-m --reason)'{-m,--reason=}'[the reason]:WHY:'`.
    private static func specification(_ option: OptionDefinition) -> String {
        let equals = option.value == nil ? "" : "="
        let names = (option.short.map { ["-\($0)"] } ?? []) + (option.name.isEmpty ? [] : ["--\(option.name)\(equals)"])
        let head =
            option.repeats || option.name == "verbose"
            ? "'*'" : ShellQuoting.single("(\(option.spellings.joined(separator: " ")))")
        let value = option.value.map { ":\(escaped($0.placeholder)):\(action($0))" } ?? ""
        let tail = ShellQuoting.single("[\(bracketed(option.help))]\(value)")
        let list = names.count == 1 ? names[0] : "{\(names.joined(separator: ","))}"
        return head + list + tail
    }

    private static func action(_ value: ValueDefinition) -> String {
        switch value.completion {
        case .nothing: " "
        case .directories: "_files -/"
        case .files: "_files"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    private static func escaped(_ text: String) -> String { text.replacing(":", with: #"\:"#) }
    private static func bracketed(_ text: String) -> String {
        text.replacing("[", with: #"\["#).replacing("]", with: #"\]"#)
    }
}
