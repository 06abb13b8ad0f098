import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry removebroker`.
struct RemoveBrokerCommand: PlannedOperation {
    private static let ids = Argument<NodeIDList>("ID[,ID…]", .one, "the brokers, alive or dead")
    private static let deletesData = Flag("delete-data", "also delete their data directories")

    static let definition = CommandDefinition(
        "removebroker", "take brokers out of the cluster, without losing a record",
        arguments: [ids, MoveArguments.first, MoveArguments.last], options: [deletesData] + MoveArguments.options,
        changes: .everything,
        details: [
            "Proves that it can be done, keeps new partitions off the brokers, moves leaders and then data onto brokers "
                + "FIRST to LAST (both included; all others if not given), verifies twice that they hold nothing, stops, "
                + "unregisters and removes them, and checks the cluster after each one.",
            "Their data directories stay unless --delete-data is given; the end shows where, and the command that deletes them.",
            "Of several brokers that leave, none receives another's data. Their ids are never used again.",
            "Data whose only replica is on a dead broker is given up only topic by topic: --accept sole-replica=TOPIC.",
        ],
        examples: [
            .init("gantry removebroker 5 --dry-run", "show the plan and change nothing"),
            .init("gantry removebroker 5,6 1 4 --throttle 20MiB/s", "drain two brokers onto brokers 1 to 4, gently"),
        ])

    let ids: [NodeID]
    let deletesData: Bool
    let moves: MoveArguments

    init(_ arguments: ParsedArguments) throws(CommandError) {
        ids = try arguments.required(Self.ids).ids
        deletesData = arguments[Self.deletesData]
        moves = try MoveArguments(arguments)
    }

    private var names: String { ids.map(\.description).joined(separator: ",") }
    var line: String { "removebroker \(names)" }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        try await session.prepareRemoval(
            of: ids, deletesData: deletesData,
            request([names] + (deletesData ? ["--delete-data"] : []), configuration), directory: configuration.directory
        )
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.carryOut(self) { "Remove broker\(ids.count == 1 ? "" : "s") \(names) from cluster \($0)?" }
    }
}
