import FleetConfiguration
import FleetModel
import FleetRuntime
import PlacementPlanning

/// `gantry rebalance`.
struct RebalanceCommand: PlannedOperation {
    private static let leadersOnly = Flag("leaders-only", "even out leaders alone; no data moves")
    private static let fewestMoves = Flag("fewest-moves", "move few large partitions rather than many small ones")
    private static let tolerance = Option<Percentage>(
        "tolerance", "how far a broker's bytes may lie from its share", default: "move.tolerance")

    static let definition = CommandDefinition(
        "rebalance", "even out bytes, replicas and leaders, moving the fewest bytes",
        arguments: [MoveArguments.first, MoveArguments.last],
        options: [leadersOnly, fewestMoves, tolerance] + MoveArguments.options, changes: .everything,
        details: [
            "Brings every broker within the tolerance of its fair share of bytes, evens out replicas and leaders, and "
                + "checks the cluster. With FIRST LAST, among those brokers alone. Brokers without data are filled.",
            "Where nothing would become better it says so and changes nothing.",
        ],
        examples: [
            .init("gantry rebalance --dry-run", "show the plan and change nothing"),
            .init("gantry rebalance 1 6 --tolerance 5%", "among brokers 1 to 6, closer than usual"),
            .init("gantry rebalance --leaders-only", "after broker restarts: no data moves"),
        ])

    private let wishes: RebalanceWishes
    let moves: MoveArguments
    private let words: [String]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        moves = try MoveArguments(arguments)
        let leadersOnly = arguments[Self.leadersOnly]
        let tolerance = arguments[Self.tolerance]?.share
        if leadersOnly, moves.onto != nil || tolerance != nil || arguments[Self.fewestMoves] {
            throw .usage(
                "--leaders-only goes alone",
                reason: "a range, --tolerance and --fewest-moves are about data, and none moves",
                next: arguments.helpCommand)
        }
        wishes = RebalanceWishes(
            leadersOnly: leadersOnly, profile: arguments[Self.fewestMoves] ? .fewestMoves : .balanced,
            tolerance: tolerance)
        words =
            (leadersOnly ? ["--leaders-only"] : []) + (arguments[Self.fewestMoves] ? ["--fewest-moves"] : [])
            + (tolerance.map { ["--tolerance", "\($0)"] } ?? [])
    }

    var line: String { "rebalance" }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        try await session.prepareRebalance(wishes, request(words, configuration), directory: configuration.directory)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let what = wishes.leadersOnly ? "the leaders" : "the data"
        return try await context.carryOut(self) { "Even out \(what) of cluster \($0)?" }
    }
}
