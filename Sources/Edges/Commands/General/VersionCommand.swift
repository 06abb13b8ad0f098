import FleetModel

/// `gantry version`.
struct VersionCommand: Command {
    static let definition = CommandDefinition(
        "version", "print the version",
        examples: [.init("gantry version --format json", "for scripts")], isAudited: false)

    init() {}
    init(_ arguments: ParsedArguments) throws(CommandError) {}

    func run(in context: CommandContext) async -> ExitStatus {
        context.show(VersionReport())
        return .done
    }
}

/// The version of this build.
enum Version {
    /// Semantic Versioning 2.0.0.
    static let text = "0.1.0"
}

private struct VersionReport: Report {
    var json: JSONValue { ["name": "gantry", "version": .string(Version.text)] }
    var document: Document { Document([.text(Cell("gantry \(Version.text)"))]) }
    var plain: [String] { ["gantry \(Version.text)"] }
}
