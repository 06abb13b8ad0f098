import FleetConfiguration
import FleetModel
import FleetRuntime

/// `gantry removehost`.
struct RemoveHostCommand: PlannedOperation {
    private static let hosts = Argument<HostList>(.one, "the hosts, alive, half dead or gone")
    private static let inOneBatch = Flag(
        "single-batch", "drain all of their brokers together, with one check at the end")
    private static let deletesData = Flag("delete-data", "also delete their brokers' data directories")
    private static let deprovisions = Flag(
        "deprovision", "take back what --provision made there, where that is safe")
    private static let areDead = Flag("dead", "those that do not answer are gone for good")

    static let definition = CommandDefinition(
        "removehost", "take whole hosts out of the cluster, without losing a record",
        arguments: [hosts, MoveArguments.first, MoveArguments.last],
        options: [inOneBatch, deletesData, areDead, deprovisions] + MoveArguments.options, changes: .everything,
        details: [
            "A controller there is replaced first: one on another host joins the quorum, then the old one leaves it and is "
                + "stopped; its directory stays until the next upgrade. Then broker after broker is drained onto brokers FIRST "
                + "to LAST (all that stay if not given) and removed, with a check of the whole cluster after each; the first "
                + "that fails ends it. Of several hosts that leave, none receives another's data.",
            "--dead is for a host that is gone: it does not answer, and its brokers have been silent for two minutes. One that "
                + "comes back after that starts its brokers by itself: while it is in virthosts, gantry bootstrap stops and removes "
                + "them, its files and kafka-docker.service; addhost comes after that.",
            "--deprovision takes kernel values and opened ports back; packages, Docker's settings and disks stay, since others "
                + "may use them by now.",
            "At the end the cluster's files are removed from the hosts; the lines of defaults.cfg to change are shown, and the data "
                + "directories that stay, with the command that deletes them (--delete-data deletes the brokers' at once). "
                + "bootstrap brings nothing back to a host that was removed; addhost does.",
        ],
        examples: [
            .init("gantry removehost 10.0.0.13 --dry-run", "show the plan and change nothing"),
            .init("gantry removehost 10.0.0.12,10.0.0.13 1 4", "two hosts, onto brokers 1 to 4"),
            .init("gantry removehost 10.0.0.13 --dead --yes", "a host that burnt down"),
        ])

    private let hosts: [HostName]
    private let inOneBatch: Bool
    private let deletesData: Bool
    private let areDead: Bool
    private let takesBack: Bool
    let moves: MoveArguments

    init(_ arguments: ParsedArguments) throws(CommandError) {
        hosts = try arguments.required(Self.hosts).hosts
        inOneBatch = arguments[Self.inOneBatch]
        deletesData = arguments[Self.deletesData]
        areDead = arguments[Self.areDead]
        takesBack = arguments[Self.deprovisions]
        moves = try MoveArguments(arguments)
    }

    private var words: [String] {
        [hosts.map(\.rawValue).joined(separator: ",")] + (inOneBatch ? ["--single-batch"] : [])
            + (deletesData ? ["--delete-data"] : []) + (areDead ? ["--dead"] : [])
            + (takesBack ? ["--deprovision"] : [])
    }

    private var names: String { hosts.map(\.rawValue).joined(separator: ",") }
    var line: String { "removehost \(names)" }

    func prepare(_ session: FleetSession, _ configuration: FleetConfiguration) async throws -> MovePreparation {
        try await session.prepareHostRemoval(
            HostRemovalWishes(
                hosts: hosts, inOneBatch: inOneBatch, deletesData: deletesData, areDead: areDead,
                deprovisions: takesBack,
                places: configuration.places.mapValues {
                    "line \($0.line) of \(configuration.directory.configurationFile)"
                }), request(words, configuration), directory: configuration.directory)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.carryOut(self) { "Remove host\(hosts.count == 1 ? "" : "s") \(names) from cluster \($0)?" }
    }
}
