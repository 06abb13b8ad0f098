import FleetModel
import PlacementPlanning

/// `gantry explain`.
struct ExplainCommand: Command {
    private static let topic = Argument<String>("TOPIC", .one, "the topic")
    private static let partition = Argument<PartitionNumber>("PARTITION", .one, "the partition's number")
    private static let plan = Option<FilePath>("plan", "the plan to explain, a file of 'gantry plan -o'")

    static let definition = CommandDefinition(
        "explain", "say why a partition goes where it goes, and why not elsewhere", arguments: [topic, partition],
        options: [plan],
        examples: [.init("gantry explain orders 3 --plan plan.json", "one partition of a plan")], isAudited: false)

    private let partition: TopicPartition
    private let plan: FilePath?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        let number = try arguments.required(Self.partition)
        partition = TopicPartition(topic: try arguments.required(Self.topic), partition: number.value)
        plan = arguments[Self.plan]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let plan else {
            throw CommandError.usage(
                "a plan is missing", reason: "this build explains plans that were written to a file",
                next: "gantry plan … -o plan.json, then: gantry explain … --plan plan.json")
        }
        let (document, moves) = try WholeFile.parsed(plan.path) { bytes in
            let document = try JSONValue(parsing: bytes)
            return (document, try PlanFile.read(document))
        }
        guard let explanation = PlacementExplanation(partition, in: moves) else {
            try Self.refuseUnknown(partition, document, plan.path)
            context.show(ExplanationReport(partition: partition, explanation: nil))
            return .done
        }
        context.show(ExplanationReport(partition: partition, explanation: explanation))
        return .done
    }

    /// What the plan leaves as it is must at least have been there; plans of older versions do not tell.
    private static func refuseUnknown(
        _ partition: TopicPartition, _ document: JSONValue, _ path: String
    ) throws(CommandError) {
        guard let topics = document["topics"]?.array else { return }
        let known = topics.first { $0["topic"]?.string == partition.topic }?["partitions"]?.integer
        if let known, Int64(partition.partition) < known { return }
        throw CommandError(
            known == nil ? "unknown-topic" : "unknown-partition",
            known.map { "topic \(partition.topic) has no partition \(partition.partition): it has 0 to \($0 - 1)" }
                ?? "there is no topic \(partition.topic) in the placement that was planned on",
            object: path, next: "name one of its topics and partitions", exit: .refused)
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
