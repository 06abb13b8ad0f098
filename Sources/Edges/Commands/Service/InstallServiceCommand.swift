import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry install-service`.
struct InstallServiceCommand: Command {
    private static let hosts = Argument<HostName>("HOST", .any, "hosts of virthosts, or none for all and the techhost")
    private static let uninstall = Flag("uninstall", "take the services away; what runs goes on")

    static let definition = CommandDefinition(
        "install-service", "make the cluster start and stop with the machines", arguments: [hosts],
        options: [uninstall],
        details: [
            "On each virtual host kafka-docker.service: it stops brokers, then controllers, with their full grace when the "
                + "machine goes down, starts what it has stopped when it is back, and waits until they answer. One unit "
                + "serves all clusters on a host. On the techhost gantry-monitor.service: the monitoring daemon, which "
                + "also goes on with an operation that was interrupted (move.resume: auto).",
            "Enabled and started, which touches no container that runs. A machine without systemd is said, and is no error.",
        ],
        examples: [
            .init("gantry install-service", "all hosts and the techhost"),
            .init("gantry install-service 10.0.0.13", "one host alone"),
            .init("gantry install-service --uninstall", "take them away again"),
        ])

    let hosts: [HostName]
    let uninstalls: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        hosts = arguments.all(Self.hosts)
        uninstalls = arguments[Self.uninstall]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let specification = configuration.specification
        if let stranger = hosts.first(where: { specification.host($0) == nil }) {
            throw CommandError(
                "unknown-host", "\(stranger) is not in virthosts", object: "host \(stranger)",
                next: "list it in virthosts of defaults.cfg", exit: .refused)
        }
        let place = context.place(of: configuration)
        let chosen = hosts.isEmpty ? specification.hosts.map(\.host) : hosts
        let uninstalls = uninstalls
        let outcomes = try await context.whileLooking(.hosts(of: configuration)) {
            try await context.withSession(configuration) { session in
                await session.services(on: chosen, uninstall: uninstalls)
            }
        }
        var techhost: (TechhostService, TechhostService.Outcome)?
        if hosts.isEmpty {
            let service = TechhostService(fleet: specification, place: place)
            techhost = (service, uninstalls ? await service.uninstall() : await service.install())
        }
        let report = ServiceReport(outcomes: outcomes, techhost: techhost)
        context.show(report)
        return report.exit
    }
}

/// A row for each machine.
struct ServiceReport: Report {
    let rows: [OutcomeRow]
    private let failures: [CommandError]

    init(outcomes: [HostOutcome], techhost: (service: TechhostService, outcome: TechhostService.Outcome)?) {
        var failures: [CommandError] = []
        var rows = outcomes.map { $0.row(&failures) }
        switch techhost?.outcome {
        case .done(let changed): rows.append(OutcomeRow("techhost", changed ? .done : .unchanged))
        case .noManager:
            rows.append(
                OutcomeRow("techhost", .unchanged, "there is no systemd here: gantry dockmon start does without"))
        case .failed(let what, let reason):
            failures.append(
                CommandError(
                    "service-failed", what, object: "the techhost", reason: reason,
                    next: "journalctl -u \(techhost?.service.unit ?? "") shows more; root is needed"))
            rows.append(OutcomeRow("techhost", .failed, "\(what): \(reason)"))
        case nil: break
        }
        (self.rows, self.failures) = (rows, failures)
    }

    var exit: ExitStatus { failures.isEmpty ? .done : .failed }
    var json: JSONValue { ["hosts": .array(rows.map(\.json))] }
    var document: Document {
        Document([.outcomes(rows)] + (failures.isEmpty ? [] : [.failures(failures)]))
    }
}

extension CommandContext {
    /// Has the machine's own fleet directory watched from its first operation on. One that lies elsewhere may be somebody's
    /// trial: there it takes `gantry install-service`. What does not succeed is said, and holds up nothing.
    func installMonitor(_ configuration: FleetConfiguration) async {
        guard configuration.directory.path == FleetDirectory.system else { return }
        let service = TechhostService(fleet: configuration.specification, place: place(of: configuration))
        switch await service.install() {
        case .done(let changed): if changed { note("\(service.unit) watches the cluster from now on") }
        case .noManager: note("there is no systemd on the techhost: gantry dockmon start watches without it")
        case .failed(let what, let reason):
            note("\(service.unit) was not installed: \(what): \(reason); next: gantry install-service, as root")
        }
    }
}
