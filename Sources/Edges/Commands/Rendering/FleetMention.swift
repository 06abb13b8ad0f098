import FleetModel

/// The fleet that a command was told of with `--fleet`: a line that it prints for copying acts on the same one.
struct FleetMention: Hashable, Sendable {
    /// Members of JSON documents that tell what to run; others may be the operator's own words.
    private static let members: Set<String> = ["remedy", "next", "cause", "evidence", "advice", "detail"]
    /// Commands that have nothing to do with the fleet that is there.
    private static let others: Set<String> = ["help", "version", "completion", "init"]
    private static let program = "gantry "

    private let option: String
    private let commands: Set<String>

    /// The fleet in `directory`, and the names of the commands that may be mentioned.
    init(_ directory: String, commands: some Sequence<String>) {
        option = "--fleet \(ShellQuoting.word(directory))"
        self.commands = Set(commands).subtracting(Self.others)
    }

    /// The text with the option in every command line of gantry that is in it.
    func added(to text: String) -> String {
        guard !text.contains("--fleet") else { return text }
        var result = ""
        var rest = text[...]
        while let found = rest.firstRange(of: Self.program) {
            let before = rest[..<found.lowerBound].last
            result += rest[..<found.upperBound]
            rest = rest[found.upperBound...]
            // A path that ends so, and a name that has it in it, are no command lines.
            if let before, before.isLetter || before.isNumber || "/-_.".contains(before) { continue }
            if commands.contains(String(rest.prefix { $0.isLetter || $0 == "-" })) { result += option + " " }
        }
        return result + rest
    }

    /// The document with the option in what it says to run.
    func added(to value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(added(to:)))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        if let text = member.value.string, Self.members.contains(member.name) {
                            (member.name, .string(added(to: text)))
                        } else {
                            (member.name, added(to: member.value))
                        }
                    }))
        default: value
        }
    }
}

extension CommandContext {
    /// What lines to copy need; nil where the fleet was found without being named.
    var fleetMention: FleetMention? {
        options.fleet.map { FleetMention($0, commands: table.definitions.map(\.name)) }
    }

    /// A text for people, with the fleet in its command lines.
    func mentioningFleet(_ text: String) -> String { fleetMention?.added(to: text) ?? text }

    /// A document for programs, with the fleet in what it says to run.
    func mentioningFleet(_ value: JSONValue) -> JSONValue { fleetMention?.added(to: value) ?? value }
}
