import FleetModel
import FleetRuntime
import FleetSimulator

/// `gantry simulate advance`.
struct SimulateAdvanceCommand: Command {
    private static let time = Argument<TimeSpan>(.one, "how far, in simulated time")

    static let definition = CommandDefinition(
        "advance", "let the clock of a simulated fleet jump forward", arguments: [time],
        details: ["Everything that happens in that time happens, at once."],
        examples: [.init("gantry simulate advance 10m", "see what ten minutes bring")])

    let duration: Duration

    init(_ arguments: ParsedArguments) throws(CommandError) {
        duration = try arguments.required(Self.time).duration
        guard duration <= Self.longest else {
            throw .usage("that is too far", reason: "a year is the most", next: arguments.helpCommand)
        }
    }

    /// A clock that is a year ahead is of no use to anybody.
    private static let longest: Duration = .seconds(366 * 86_400)

    func run(in context: CommandContext) async throws -> ExitStatus {
        let after = try await context.simulation().advance(by: duration)
        context.show(SimulationReport(simulation: after, done: "advanced by \(TimeText.span(duration))"))
        return .done
    }
}

/// `gantry simulate speed`.
struct SimulateSpeedCommand: Command {
    private static let speed = Argument<Count>("SPEED", .one, "simulated seconds in a real one, 1 to 3600")

    static let definition = CommandDefinition(
        "speed", "set how fast the time of a simulated fleet passes", arguments: [speed],
        details: ["\(SimulatedTime.usualSpeed) times as fast as real time, unless set."],
        examples: [.init("gantry simulate speed 100", "an hour in 36 seconds")])

    let speed: Int

    init(_ arguments: ParsedArguments) throws(CommandError) {
        speed = try arguments.required(Self.speed).value
        guard SimulatedTime.speeds.contains(speed) else {
            throw .usage(
                "SPEED is not \(speed)",
                reason: "it is \(SimulatedTime.speeds.lowerBound) to \(SimulatedTime.speeds.upperBound)",
                next: arguments.helpCommand)
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let speed = speed
        let after = try await context.simulation().change { document, wall throws(SimulationProblem) in
            document.clock.run(at: speed, wall: wall)
            return document
        }
        context.show(SimulationReport(simulation: after, done: "the clock runs at \(speed) times real time"))
        return .done
    }
}

/// `gantry simulate round-trip`.
struct SimulateRoundTripCommand: Command {
    private static let time = Argument<Milliseconds>(.one, "what a packet takes there and back, 0ms to 5000ms")

    static let definition = CommandDefinition(
        "round-trip", "set how far the hosts of a simulated fleet are away", arguments: [time],
        details: [
            "A connection takes seven of them, a command two more. None, unless set.",
            "To see what that means for somebody who waits, let the clock run at real time: gantry simulate speed 1.",
        ],
        examples: [.init("gantry simulate round-trip 20ms", "hosts in another country")])

    let time: Milliseconds

    init(_ arguments: ParsedArguments) throws(CommandError) { time = try arguments.required(Self.time) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let time = time
        let after = try await context.simulation().change { document, _ throws(SimulationProblem) in
            document.fleet.roundTrip = time.duration
            return document
        }
        context.show(SimulationReport(simulation: after, done: "a packet takes \(time.count) ms there and back"))
        return .done
    }
}

/// A short time: `20ms`.
struct Milliseconds: ArgumentValue {
    let count: Int
    var duration: Duration { .milliseconds(count) }
    init?(argument: String) {
        guard argument.hasSuffix("ms"), let count = Int(argument.dropLast(2)), (0...5000).contains(count),
            argument.utf8.first.map({ (0x30...0x39).contains($0) }) == true
        else { return nil }
        self.count = count
    }
    static var placeholder: String { "TIME" }
    static var expectation: String { "a time such as 20ms, at most 5000ms" }
}

/// `gantry simulate seed`.
struct SimulateSeedCommand: Command {
    private static let seed = Argument<Seed>("N", .one, "any number from 0 upwards")

    static let definition = CommandDefinition(
        "seed", "begin the chance of a simulated fleet anew", arguments: [seed],
        details: [
            "With the same seed, the same commands at the same simulated times lead to the same fleet. What has happened "
                + "stays."
        ])

    let seed: UInt64

    init(_ arguments: ParsedArguments) throws(CommandError) { seed = try arguments.required(Self.seed).value }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let seed = seed
        let after = try await context.simulation().change { document, _ throws(SimulationProblem) in
            document.fleet.reseed(seed)
            return document
        }
        context.show(SimulationReport(simulation: after, done: "seed \(seed)"))
        return .done
    }
}

/// A seed of chance.
struct Seed: ArgumentValue {
    let value: UInt64
    init?(argument: String) {
        guard argument.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt64(argument) else { return nil }
        self.value = value
    }
    static var placeholder: String { "N" }
    static var expectation: String { "a number from 0 upwards" }
}
