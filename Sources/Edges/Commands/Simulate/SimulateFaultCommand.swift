import FleetModel
import FleetRuntime
import FleetSimulator

/// `gantry simulate fault`.
struct SimulateFaultCommand: Command {
    private static let fault = Argument<FaultArgument>("FAULT", .one, "what is to happen: one of those above")
    private static let target = Argument<String>("TARGET", .optional, "the broker, controller or host")
    private static let rest = Argument<String>("for TIME", .any, "how long it lasts; else until it is healed")

    static let definition = CommandDefinition(
        "fault", "let something happen to a simulated fleet", arguments: [fault, target, rest],
        details: ["What a fault has done stays until it is healed, or the time given is over."],
        choices: .init("faults", FaultName.all.map { .init($0.synopsis, $0.meaning) }),
        examples: [
            .init("gantry simulate fault kill-broker 3", "as docker kill does: it stays dead"),
            .init("gantry simulate fault partition-host 10.0.0.12 for 40s", "in simulated time"),
        ])

    let fault: String
    let target: String?
    let duration: Duration?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        fault = try arguments.required(Self.fault).name
        target = arguments[Self.target]
        let rest = arguments.all(Self.rest)
        guard !rest.isEmpty else {
            duration = nil
            return
        }
        guard rest.count == 2, rest[0] == "for", let span = TimeSpan(argument: rest[1]) else {
            throw .usage(
                "'\(rest.joined(separator: " "))' is no time", reason: "'for' is followed by \(TimeSpan.expectation)",
                next: arguments.helpCommand)
        }
        duration = span.duration
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let simulation = try await context.simulation()
        let (fault, target, duration) = (fault, target, duration)
        let after = try await simulation.change { document, _ throws(SimulationProblem) in
            let found = try FaultName.fault(fault, target, for: duration, in: document.fleet)
            document.fleet.inflict(found)
            return document
        }
        let time = duration.map { " for \(TimeText.span($0))" } ?? ""
        context.show(SimulationReport(simulation: after, done: "\(fault)\(target.map { " \($0)" } ?? "")\(time)"))
        return .done
    }
}

/// A fault's name; one that does not exist is refused by the command, with the list of those that do.
struct FaultArgument: ArgumentValue {
    let name: String
    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        name = argument
    }
    static var placeholder: String { "FAULT" }
    static var expectation: String { "a fault's name" }
    static var completion: CompletionHint { .words(FaultName.all.map(\.name)) }
}
