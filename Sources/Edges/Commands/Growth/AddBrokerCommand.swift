import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry addbroker`.
struct AddBrokerCommand: PlannedOperation {
    private static let host = Argument<HostName>("HOST", .one, "the host, one of virthosts")
    private static let count = Argument<Count>("COUNT", .one, "how many more")
    private static let rebalances = Flag("rebalance", "also move data onto them, in the same operation")

    static let definition = CommandDefinition(
        "addbroker", "start more brokers on a host of the cluster", arguments: [host, count],
        options: [rebalances] + MoveArguments.options, changes: .everything,
        details: [
            "Checks ports, directories, memory and disk of the host first. The new brokers get ids that were never used and "
                + "the next free ports; what runs on the host already is not touched.",
            "They hold nothing at first: 'gantry rebalance' moves data there, or --rebalance does at once.",
        ],
        examples: [
            .init("gantry addbroker 10.0.0.13 2", "two more brokers there"),
            .init("gantry addbroker 10.0.0.13 1 --rebalance --throttle 20MiB/s", "and data onto it, gently"),
        ])

    /// A cluster has a thousand brokers at most; more is a slip of the finger.
    private static let most = 1000

    let host: HostName
    let count: Int
    let rebalances: Bool
    let moves: MoveArguments

    init(_ arguments: ParsedArguments) throws(CommandError) {
        host = try arguments.required(Self.host)
        count = try arguments.required(Self.count).value
        guard count <= Self.most else {
            throw .usage(
                "\(count) brokers are too many", reason: "a cluster has at most \(Self.most)",
                next: arguments.helpCommand)
        }
        rebalances = arguments[Self.rebalances]
        moves = try MoveArguments(arguments, hasRange: false)
    }

    var line: String { "addbroker \(host) \(count)" }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        let words = [host.rawValue, "\(count)"] + (rebalances ? ["--rebalance"] : [])
        return try await session.prepareAddBroker(
            on: host, count: count, rebalances: rebalances, request(words, configuration),
            directory: configuration.directory)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.carryOut(self) { "Add \(counted(count, "broker")) on \(host) to cluster \($0)?" }
    }
}
