import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry audit`.
struct AuditCommand: Command {
    private static let since = Option<TimeSpan>("since", "how far to look back", default: "7d")

    static let definition = CommandDefinition(
        "audit", "show who called gantry, when, why, and how it ended", options: [since],
        details: [
            "There is one record for every invocation, opened before it has any effect and closed at its end. An open "
                + "one whose process is gone shows as 'killed'.",
            "Times are those of the techhost's own clock, of a simulated fleet too, whose operations are dated by its clock.",
        ],
        examples: [.init("gantry audit --since 30d --format json", "the last month, for scripts")])

    /// More than anybody reads at once, and bounded for the memory's sake.
    private static let limit = 10_000

    let since: Duration

    init(_ arguments: ParsedArguments) throws(CommandError) {
        since = arguments[Self.since]?.duration ?? .seconds(7 * 86_400)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.fleet()
        // A fleet without a journal was never called for anything that changes it.
        let store = try FleetPlace(fleet).existingJournal()
        let earliest = Timestamp.now.advanced(by: .zero - since)
        let records = try store?.audit(since: earliest, limit: Self.limit) ?? []
        if records.count == Self.limit { context.note("only the newest \(Self.limit) records are shown") }
        context.show(AuditReport(records, isAlive: \.isAlive))
        return .done
    }
}
