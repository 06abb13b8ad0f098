import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetSimulator

/// What the commands of `gantry simulate` share.
enum SimulateCommands {
    static let entry = CommandEntry(
        group: "simulate", "faults and clock of a simulated fleet",
        details: [
            "A fleet with 'transport: simulated' (gantry init DIR --simulated) lives in its fleet directory alone: hosts, "
                + "containers, brokers, bytes and time. Every command works on it as on a real one, and these do to it "
                + "what happens to real ones.",
            "Its time runs faster than real time, and while nobody looks.",
        ],
        examples: [
            .init("gantry simulate fault kill-broker 3", "then see what clusterstatus says"),
            .init("gantry simulate fault partition-host 10.0.0.12 for 40s", "and it comes back"),
        ],
        [
            CommandEntry(SimulateStatusCommand.self), CommandEntry(SimulateFaultCommand.self),
            CommandEntry(SimulateHealCommand.self), CommandEntry(SimulateLoadCommand.self),
            CommandEntry(SimulateAdvanceCommand.self),
            CommandEntry(SimulateSpeedCommand.self), CommandEntry(SimulateRoundTripCommand.self),
            CommandEntry(SimulateSeedCommand.self),
        ])
}

extension CommandContext {
    /// The simulated fleet that the command acts on.
    /// - Throws: a refusal where the fleet is a real one.
    func simulation() async throws -> Simulation {
        let configuration = try configuration()
        return try await Simulation(configuration.specification, place: place(of: configuration))
    }
}

/// How a simulated fleet stands: the answer of every command of the group.
struct SimulationReport: Report {
    let simulation: SimulationDocument
    /// What was just done, in a sentence; nil: nothing.
    var done: String?

    private var now: Timestamp { simulation.clock.epoch.advanced(by: simulation.fleet.now) }

    var json: JSONValue {
        [
            "done": done.map { .string($0) } ?? .null, "now": JSONValue(now),
            "elapsed_ms": JSONValue(milliseconds: simulation.fleet.now),
            "speed": .integer(Int64(simulation.clock.speed)),
            "round_trip_ms": JSONValue(milliseconds: simulation.fleet.roundTrip),
            "faults": .array(
                simulation.fleet.troubles.map { ["subject": .string($0.subject), "fault": .string($0.what)] }),
        ]
    }

    var document: Document {
        let troubles = simulation.fleet.troubles
        var blocks: [Document.Block] = done.map { [.text(Cell($0))] } ?? []
        blocks.append(
            .pairs([
                Pair("now", "simulated time", Cell(TimeText.instant(now), exact: now.description)),
                Pair(
                    "elapsed_ms", "since the beginning",
                    Cell(
                        TimeText.span(simulation.fleet.now),
                        exact: String(simulation.fleet.now.components.seconds * 1000))),
                Pair(
                    "speed", "speed",
                    Cell("\(simulation.clock.speed) times real time", exact: String(simulation.clock.speed))),
            ]))
        blocks.append(
            troubles.isEmpty
                ? .text(Cell("no fault", .good))
                : .table(
                    Table(
                        "fault", [.init("subject", "SUBJECT"), .init("fault", "FAULT")],
                        troubles.map { [Cell($0.subject, .strong), Cell($0.what, .bad)] })))
        return Document(blocks)
    }
}
