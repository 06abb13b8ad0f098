import FleetModel

/// Completion for bash 4 and later, without the bash-completion package.
enum BashCompletion {
    static func script(_ places: [CompletionPlace]) -> String {
        let valued = CompletionPlace.options(places).filter { $0.value != nil }
        let paths = places.filter { !$0.path.isEmpty }.map { ShellQuoting.single(pathText($0)) }
        return """
            # bash completion for gantry, made by 'gantry completion bash'
            _gantry() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
                local path='' value='' index word
                COMPREPLY=()
                for ((index = 1; index < COMP_CWORD; index++)); do
                    word=${COMP_WORDS[index]}
                    if [[ -n $value ]]; then
                        [[ $word == '=' ]] || value=''
                        continue
                    fi
                    case $word in
                        \(valued.flatMap(\.spellings).joined(separator: "|"))) value=1 ;;
                        -*) ;;
                        *)
                            case "$path $word" in
                                \(paths.joined(separator: "|"))) path="$path $word" ;;
                            esac
                            ;;
                    esac
                done
                if [[ $current == '=' ]]; then current=''; fi
                if [[ $previous == '=' ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
                case $previous in
            \(valued.map(valueCase).joined(separator: "\n"))
                esac
                case $path in
            \(places.map(placeCase).joined(separator: "\n"))
                esac
            }
            complete -F _gantry gantry
            """
    }

    private static func pathText(_ place: CompletionPlace) -> String { place.path.map { " \($0)" }.joined() }

    private static func valueCase(_ option: OptionDefinition) -> String {
        let pattern = option.spellings.joined(separator: "|")
        return "        \(pattern)) \(offer(option.value?.completion ?? .nothing)) return ;;"
    }

    private static func placeCase(_ place: CompletionPlace) -> String {
        let words = place.commands.map(\.name) + place.options.filter { !$0.name.isEmpty }.map { "--\($0.name)" }
        let hints = place.argumentHints.map { "            \(offer($0))\n" }.joined()
        return """
                    \(ShellQuoting.single(pathText(place))))
            \(hints)            \(offer(.words(words)))
                        ;;
            """
    }

    private static func offer(_ hint: CompletionHint) -> String {
        func add(_ arguments: String) -> String {
            "mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen \(arguments) -- \"$current\");"
        }
        switch hint {
        case .nothing: return ""
        case .directories: return "compopt -o filenames; " + add("-d")
        case .files: return "compopt -o filenames; " + add("-f")
        case .words(let words): return add("-W \(ShellQuoting.single(words.joined(separator: " ")))")
        }
    }
}
