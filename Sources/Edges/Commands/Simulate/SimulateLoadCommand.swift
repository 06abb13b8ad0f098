import FleetModel
import FleetRuntime
import FleetSimulator

/// `gantry simulate load`.
struct SimulateLoadCommand: Command {
    private static let topics = Option<Count>("topics", "how many topics", default: "10")
    private static let partitions = Option<Count>("partitions", "partitions of each topic", default: "6")
    private static let size = Option<Size>("size", "what each partition holds", default: "100MiB")
    private static let factor = Option<Count>(
        "replication-factor", placeholder: "N", "replicas of each partition",
        default: "3, or as many as there are brokers")
    private static let ingress = Option<Throttle>(
        "ingress", "what producers write to each partition", default: "nothing")
    private static let uneven = Option<Percentage>(
        "uneven", "how far a partition's size and ingress may lie from that", default: "0%")

    static let definition = CommandDefinition(
        "load", "give a simulated cluster topics with data in them",
        options: [topics, partitions, size, factor, ingress, uneven],
        details: ["The topics are called load-1, load-2 and so on; those that are there already stay as they are."],
        examples: [
            .init("gantry simulate load --topics 20 --partitions 12 --size 1GiB --uneven 80%", "something to move"),
            .init("gantry simulate load --topics 1 --ingress 5MiB/s", "producers that go on"),
        ])

    /// What a cluster is made to carry (200,000 partitions in all), so that a slip of the finger does not take an hour.
    private static let mostPartitions = 200_000

    let load: SimulatedLoad
    let factor: Int?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        let topics = arguments[Self.topics]?.value ?? 10
        let partitions = arguments[Self.partitions]?.value ?? 6
        let (all, overflow) = topics.multipliedReportingOverflow(by: partitions)
        guard !overflow, all <= Self.mostPartitions else {
            throw .usage(
                "that is too much", reason: "\(Self.mostPartitions) partitions are the most",
                next: arguments.helpCommand)
        }
        var load = SimulatedLoad(
            topics: topics, partitions: partitions,
            traffic: SimulatedTraffic(
                size: arguments[Self.size]?.bytes ?? ByteCount(100 << 20),
                ingress: arguments[Self.ingress]?.rate ?? BytesPerSecond(0)))
        load.unevenness = arguments[Self.uneven]?.share ?? PerMille(0)
        self.load = load
        factor = arguments[Self.factor]?.value
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let simulation = try await context.simulation()
        let (load, factor) = (load, factor)
        let (after, made) = try await simulation.change { document, _ throws(SimulationProblem) in
            let made = try document.fleet.give(load, replicationFactor: factor)
            return (document, made)
        }
        let partitions =
            "\(counted(made, "topic")) with \(counted(load.partitions, "partition")) of \(load.traffic.size)"
        context.show(SimulationReport(simulation: after, done: "made \(partitions)"))
        return .done
    }
}

/// A size with its unit: `500MiB`.
struct Size: ArgumentValue, Hashable {
    let bytes: ByteCount
    init?(argument: String) {
        let digits = argument.prefix { ("0"..."9").contains($0) }
        let shifts = ["KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40, "B": 0]
        guard let number = Int64(digits), let shift = shifts[String(argument.dropFirst(digits.count))],
            case let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << Int64(shift)), !overflow
        else { return nil }
        self.bytes = ByteCount(bytes)
    }
    static var placeholder: String { "SIZE" }
    static var expectation: String { "a size with its unit (KiB, MiB, GiB, TiB): 500MiB" }
}
