/// Completion for fish, for a file `gantry.fish` in its completions directory.
enum FishCompletion {
    static func script(_ places: [CompletionPlace]) -> String {
        let valued = CompletionPlace.options(places).filter { $0.value != nil }.flatMap(\.spellings)
        let paths = places.filter { !$0.path.isEmpty }.map { quoted($0.path.joined(separator: " ")) }
        return """
            # fish completion for gantry, made by 'gantry completion fish'
            function __gantry_at
                set -l path
                set -l value 0
                for word in (commandline -opc)[2..-1]
                    if test $value = 1
                        set value 0
                    else if contains -- $word \(valued.joined(separator: " "))
                        set value 1
                    else if not string match -q -- '-*' $word
                        if contains -- (string join ' ' $path $word) \(paths.joined(separator: " "))
                            set path $path $word
                        end
                    end
                end
                set -l here (string join ' ' $path)
                test "$here" = "$argv[1]"
            end
            complete -c gantry -f
            \(CommonOptions.definitions.map { line(option: $0, condition: nil) }.joined(separator: "\n"))
            \(places.flatMap(lines).joined(separator: "\n"))
            """
    }

    private static func lines(_ place: CompletionPlace) -> [String] {
        let condition = "__gantry_at \(quoted(place.path.joined(separator: " ")))"
        let common = Set(CommonOptions.definitions.map(\.spelling))
        return place.commands.map {
            "complete -c gantry -n \(quoted(condition)) -a \($0.name) -d \(quoted($0.summary))"
        }
            + place.options.filter { !common.contains($0.spelling) }.map { line(option: $0, condition: condition) }
            + place.argumentHints.compactMap { hint in
                arguments(hint).map { "complete -c gantry -n \(quoted(condition)) \($0)" }
            }
    }

    private static func line(option: OptionDefinition, condition: String?) -> String {
        var parts = ["complete -c gantry"]
        if let condition { parts.append("-n \(quoted(condition))") }
        if !option.name.isEmpty { parts.append("-l \(option.name)") }
        if let short = option.short { parts.append("-s \(short)") }
        parts.append("-d \(quoted(option.help))")
        if let value = option.value {
            parts.append("-x")
            if let arguments = arguments(value.completion) { parts.append(arguments) }
        }
        return parts.joined(separator: " ")
    }

    private static func arguments(_ hint: CompletionHint) -> String? {
        switch hint {
        case .nothing: nil
        case .directories: "-a \(quoted("(__fish_complete_directories)"))"
        case .files: "-a \(quoted("(__fish_complete_path)"))"
        case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: #"\\"#).replacing("'", with: #"\'"#) + "'"
    }
}
