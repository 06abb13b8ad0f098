import FleetConfiguration
import FleetModel
import PlacementPlanning

/// `gantry explain`.
struct ExplainCommand: Command {
    private static let topic = Argument<String>("TOPIC", .one, "the topic")
    private static let partition = Argument<PartitionNumber>("PARTITION", .one, "the partition's number")
    private static let words = Argument<String>("COMMAND", .any, "the command whose plan is meant; none: rebalance")
    private static let plan = Option<FilePath>("plan", "the plan to explain, a file of 'gantry plan -o'")

    static let definition = CommandDefinition(
        "explain", "say why a partition goes where it goes, and why not elsewhere",
        arguments: [topic, partition, words], options: [plan] + PlacementSource.options, changes: [.accept],
        details: [
            "With --plan it explains that plan. Otherwise it plans COMMAND, as 'gantry plan' does, on the running cluster or "
                + "the placement of --snapshot, and changes nothing."
        ],
        examples: [
            .init("gantry explain orders 3 --plan plan.json", "one partition of a plan"),
            .init("gantry explain orders 3 removebroker 5 --snapshot state.json", "of a drain, on a saved placement"),
        ], isAudited: false)

    private let partition: TopicPartition
    private let plan: FilePath?
    private let request: PlanRequest
    private let source: PlacementSource

    init(_ arguments: ParsedArguments) throws(CommandError) {
        let number = try arguments.required(Self.partition)
        partition = TopicPartition(topic: try arguments.required(Self.topic), partition: number.value)
        plan = arguments[Self.plan]
        let words = arguments.all(Self.words)
        source = PlacementSource(arguments)
        if plan != nil, !words.isEmpty || !source.files.isEmpty {
            throw .usage(
                "a plan is explained as it is", reason: "--plan goes with no COMMAND and no --snapshot",
                next: arguments.helpCommand)
        }
        request = words.isEmpty ? .rebalance(nil) : try PlanRequest(words, help: arguments.helpCommand)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let moves: MovePlan
        if let plan {
            let document: JSONValue
            (document, moves) = try WholeFile.parsed(plan.path) { bytes in
                let document = try JSONValue(parsing: bytes)
                return (document, try PlanFile.read(document))
            }
            if PlacementExplanation(partition, in: moves) == nil {
                try Self.refuseUnknown(partition, document, plan.path)
            }
        } else {
            let (input, options) = try await source.placement(in: context)
            try Self.refuseUnknown(partition, input.partitionsOfTopics, "the placement")
            moves = try Planner.plan(input, try request.event(in: input), options)
            try PlanCommand.check(moves, input)
        }
        context.show(ExplanationReport(partition: partition, explanation: PlacementExplanation(partition, in: moves)))
        return .done
    }

    /// What the plan leaves as it is must at least have been there; plans of older versions do not tell.
    private static func refuseUnknown(
        _ partition: TopicPartition, _ document: JSONValue, _ path: String
    ) throws(CommandError) {
        guard let rows = document["topics"]?.array else { return }
        let topics = rows.compactMap { row in row["topic"]?.string.map { ($0, Int(row["partitions"]?.integer ?? 0)) } }
        try refuseUnknown(partition, Dictionary(topics) { first, _ in first }, path)
    }

    private static func refuseUnknown(
        _ partition: TopicPartition, _ topics: [String: Int], _ place: String
    ) throws(CommandError) {
        let known = topics[partition.topic]
        if let known, Int(partition.partition) < known { return }
        let meant = known == nil ? Spelling.meant(by: partition.topic, among: topics.keys.sorted()) : nil
        throw CommandError(
            known == nil ? "unknown-topic" : "unknown-partition",
            known.map { "topic \(partition.topic) has no partition \(partition.partition): it has 0 to \($0 - 1)" }
                ?? "there is no topic \(partition.topic) in the placement that was planned on",
            object: place, reason: meant.map { "did you mean '\($0)'?" },
            next: "name one of its topics and partitions", exit: .refused)
    }
}

/// A partition's number, from 0.
struct PartitionNumber: ArgumentValue, Hashable {
    let value: Int32

    init?(argument: String) {
        guard let value = Int32(argument), value >= 0, argument.utf8.first != UInt8(ascii: "+") else { return nil }
        self.value = value
    }

    static var placeholder: String { "PARTITION" }
    static var expectation: String { "a partition's number, from 0" }
}

/// Why a partition goes where it goes.
struct ExplanationReport: Report {
    var partition: TopicPartition
    /// Nil: the plan leaves it alone.
    var explanation: PlacementExplanation?

    private var summary: [String] { explanation?.summary ?? ["\(partition): the plan leaves it as it is"] }

    var json: JSONValue {
        let brokers = (explanation?.brokers ?? []).map { verdict -> JSONValue in
            [
                "id": JSONValue(verdict.broker), "held": JSONValue(verdict.held), "holds": JSONValue(verdict.holds),
                "reason": .string(verdict.reason),
            ]
        }
        return [
            "topic": .string(partition.topic), "partition": JSONValue(partition.partition),
            "changes": JSONValue(explanation != nil), "summary": .array(summary.map { .string($0) }),
            "brokers": .array(brokers),
        ]
    }

    var document: Document {
        guard let explanation else { return Document([.lines(summary)]) }
        let rows = explanation.brokers.map { verdict -> [Cell] in
            let word: Cell =
                switch (verdict.held, verdict.holds) {
                case (true, true): Cell("stays", .good)
                case (false, true): Cell("new", .good)
                case (true, false): Cell("goes", .notice)
                case (false, false): Cell("no", .faint)
                }
            return [Cell(verdict.broker.rawValue), word, Cell(verdict.reason)]
        }
        let columns: [Table.Column] = [
            .init("id", "broker", isNumber: true), .init("verdict", "replica"),
            .init("reason", "because", canShrink: true),
        ]
        return Document([.lines(summary), .table(Table("broker", columns, rows))])
    }
}
