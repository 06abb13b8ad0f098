import Testing

@testable import Commands

/// Rules for the product's own table.
@Suite struct TableTests {
    static let all: [(path: [String], definition: CommandDefinition)] = {
        func flat(_ commands: [CommandDefinition], _ path: [String]) -> [(
            path: [String], definition: CommandDefinition
        )] {
            commands.flatMap { [(path + [$0.name], $0)] + flat($0.subcommands, path + [$0.name]) }
        }
        return flat(CommandTable.gantry.definitions, [])
    }()

    /// Those that help speaks of.
    static let shown = all.filter { !$0.definition.isHidden }

    @Test func `no command has two options or arguments of the same name`() {
        for (path, command) in Self.all {
            let names = command.allOptions.flatMap(\.spellings)
            #expect(Set(names).count == names.count, "\(path)")
            let places = command.arguments.map(\.value.placeholder)
            #expect(Set(places).count == places.count, "\(path)")
        }
    }

    @Test func `an option means the same in every command that has it`() {
        var meanings: [String: String] = [:]
        for (path, command) in Self.all {
            for option in command.allOptions {
                for spelling in option.spellings {
                    let meaning = "\(option.spelling) \(option.value?.placeholder ?? "")"
                    #expect(meanings[spelling, default: meaning] == meaning, "\(spelling) of \(path)")
                    meanings[spelling] = meaning
                }
            }
        }
    }

    @Test func `summaries and helps are short sentences without a full stop`() {
        for (path, command) in Self.all {
            let texts = [command.summary] + command.allOptions.map(\.help) + command.arguments.map(\.help)
            for text in texts {
                #expect(!text.isEmpty && !text.hasSuffix(".") && text.count <= 90, "\(path): \(text)")
                #expect(text.first?.isLowercase == true, "\(path): \(text)")
            }
            for paragraph in command.details { #expect(paragraph.hasSuffix("."), "\(path): \(paragraph)") }
        }
    }

    @Test func `every example is a line that its command accepts`() throws {
        for (path, command) in Self.all {
            for example in command.examples {
                // What a shell would make of it: quotes go, a redirection is the shell's.
                let line = example.line.split(separator: " > ").first.map(String.init) ?? ""
                var words: [String] = []
                for (index, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
                    words += index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
                }
                #expect(words.first == "gantry")
                let invocation = try CommandLineParser.parse(
                    Array(words.dropFirst()), by: CommandTable.gantry.definitions)
                guard case .run(let parsed) = invocation else {
                    Issue.record("\(example.line) runs no command")
                    continue
                }
                #expect(parsed.path.starts(with: path) || path.starts(with: parsed.path), "\(example.line)")
                let type = try #require(CommandTable.gantry.entry(parsed.path)?.command)
                _ = try type.init(parsed)
            }
        }
    }

    @Test func `the commands of the contract are there under their names`() {
        let names = Self.all.map { $0.path.joined(separator: " ") }
        for name in [
            "init", "preflight", "bootstrap", "clusterstatus", "operation list", "operation show", "operation log",
            "operation attach", "operation resume", "operation abort", "audit", "completion", "version", "help",
        ] {
            #expect(names.contains(name))
        }
    }
}
