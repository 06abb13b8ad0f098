import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry addhost`.
struct AddHostCommand: PlannedOperation {
    private static let host = Argument<HostName>("HOST", .one, "the host, listed in virthosts")

    private static let noService = Flag("no-service", "do not make the containers start with the machine")
    private static let provisions = Flag(
        "provision", "first give a bare Debian host Docker, disks, kernel values and time")

    static let definition = CommandDefinition(
        "addhost", "bring one more host into the cluster", arguments: [host], options: [noService, provisions],
        changes: .everything,
        details: [
            "The host is listed in virthosts of defaults.cfg first. It gets its configuration, the image, its brokers with "
                + "their rack, and a controller where the quorum has fewer than cluster.controllers.",
            "A host that removehost emptied comes back this way, with new ids. One that is in already is left as it is.",
            "With --provision, Docker and Compose come from Debian's own packages, or by k/provision.sh; disks are formatted "
                + "only where disks: names them and they are blank. Each change is a step of the plan.",
        ],
        examples: [.init("gantry addhost 10.0.0.14 --dry-run", "show every step and change nothing")])

    let host: HostName
    let moves: MoveArguments
    let installsService: Bool
    let provisions: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        host = try arguments.required(Self.host)
        provisions = arguments[Self.provisions]
        moves = try MoveArguments(arguments, hasRange: false, movesData: false)
        installsService = !arguments[Self.noService]
    }

    var line: String { "addhost \(host)" }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        try await session.prepareAddHost(
            host,
            request(
                [host.rawValue] + (installsService ? [] : ["--no-service"]) + (provisions ? ["--provision"] : []),
                configuration),
            service: installsService, provisions: provisions, directory: configuration.directory)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let status = try await context.carryOut(self) { "Add host \(host) to cluster \($0)?" }
        if installsService, status == .done, !moves.changes.isDryRun {
            await context.installMonitor(try context.configuration())
        }
        return status
    }
}
