import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry restart`.
struct RestartCommand: PlannedOperation {
    private static let targets = Argument<NodeOrHost>(
        "HOST|BROKER", .any, "hosts and node ids; all nodes if none is given")
    private static let changed = Flag(
        "changed", "only nodes that run with another configuration than the files give now")

    static let definition = CommandDefinition(
        "restart", "restart nodes one at a time, and apply a changed configuration", arguments: [targets],
        options: [changed], changes: .everything,
        details: [
            "A node is stopped only when every partition keeps more in-sync replicas than min.insync.replicas without it, and "
                + "a controller only while a majority of the others has caught up. While it is down its configuration is "
                + "placed as defaults.cfg and the template give it now. The next one has its turn when all replicas are in "
                + "sync, its leaders are back and a record went through every broker.",
            "Brokers come first, then the controllers, the active one last. The first node that does not come back ends it; "
                + "the others are not touched.",
            "Partitions that have no replica to spare wait while their broker is away: --accept no-spare-replica.",
        ],
        examples: [
            .init("gantry restart --changed", "apply an edited defaults.cfg or template"),
            .init("gantry restart 10.0.0.12", "all nodes of one host"),
            .init("gantry restart 3 9001 --dry-run", "show what would be done with two nodes"),
        ])

    let targets: [NodeOrHost]
    let changedOnly: Bool
    let moves: MoveArguments

    init(_ arguments: ParsedArguments) throws(CommandError) {
        targets = arguments.all(Self.targets)
        changedOnly = arguments[Self.changed]
        moves = try MoveArguments(arguments, hasRange: false, movesData: false)
    }

    private var words: [String] { targets.map(\.text) + (changedOnly ? ["--changed"] : []) }
    var line: String { (["restart"] + words).joined(separator: " ") }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        try await session.prepareRestart(
            targets.map(\.target), changedOnly: changedOnly, request(words, configuration),
            directory: configuration.directory)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.carryOut(self) { cluster in
            targets.isEmpty
                ? "Restart \(changedOnly ? "the changed nodes" : "all nodes") of cluster \(cluster), one at a time?"
                : "Restart \(targets.map(\.text).joined(separator: ", ")) of cluster \(cluster), one node at a time?"
        }
    }
}

/// A host's name, or the id of a broker or controller: digits alone are an id.
struct NodeOrHost: ArgumentValue, Hashable {
    let text: String
    let target: FleetSession.RestartTarget

    init?(argument: String) {
        text = argument
        if let id = NodeID(argument) {
            target = .node(id)
        } else if let host = HostName(rawValue: argument) {
            target = .host(host)
        } else {
            return nil
        }
    }
    static var placeholder: String { "HOST|BROKER" }
    static var expectation: String { "a host of 'virthosts', or the id of a broker or controller" }
}
