import FleetModel
import FleetRuntime
import FleetSimulator

/// `gantry simulate heal`.
struct SimulateHealCommand: Command {
    private static let host = Argument<HostOrAll>("HOST|all", .optional, "the host; all by default")

    static let definition = CommandDefinition(
        "heal", "put hosts of a simulated fleet right", arguments: [host],
        details: [
            "Power, network, SSH, Docker, disks and frozen containers are as they should be again. A container that was "
                + "killed stays dead, as after docker kill: gantry bootstrap starts it."
        ])

    let host: HostName?

    init(_ arguments: ParsedArguments) throws(CommandError) { host = arguments[Self.host]?.host }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let simulation = try await context.simulation()
        let host = host
        let after = try await simulation.change { document, _ throws(SimulationProblem) in
            if let host, document.fleet.hosts[host] == nil {
                let hosts = document.fleet.hosts.keys.sorted().map(\.rawValue).joined(separator: ", ")
                throw SimulationProblem(
                    .unknownFault, what: "healing", object: "host \(host)", reason: "there is no such host",
                    remedy: "the hosts are: \(hosts)")
            }
            for name in document.fleet.hosts.keys.sorted() where host == nil || host == name {
                document.fleet.heal(name)
            }
            return document
        }
        context.show(SimulationReport(simulation: after, done: "healed \(host?.rawValue ?? "all hosts")"))
        return .done
    }
}

/// A host, or the word `all`.
struct HostOrAll: ArgumentValue {
    /// Nil: all.
    let host: HostName?
    init?(argument: String) {
        guard argument != "all" else {
            host = nil
            return
        }
        guard let name = HostName(rawValue: argument) else { return nil }
        host = name
    }
    static var placeholder: String { "HOST|all" }
    static var expectation: String { "a host, or 'all'" }
    static var completion: CompletionHint { .words(["all"]) }
}
