import FleetConfiguration
import FleetModel
import FleetRuntime
import PlacementPlanning

/// `gantry clusterstatus`.
struct ClusterStatusCommand: Command {
    static let definition = CommandDefinition(
        "clusterstatus", "check that the whole cluster and each of its brokers work",
        options: [Keys.watch, Keys.snapshot],
        changes: [.noCanary],
        details: [
            "Looks at hosts, Docker, containers, the quorum and all partitions, and sends a record through every "
                + "broker. What can be known is shown; what can not is 'unknown', with the reason.",
            "An operation that was left before its end and can be gone on with is named, with the next command.",
            "With --watch it looks again every \(StatusWatch.seconds) seconds until Ctrl-C and ends with the status seen last; "
                + "with --format json each look is one line.",
            "--save-snapshot keeps the placement in a file: gantry plan --snapshot reads it, here or elsewhere.",
            "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; with --format plain one line for Nagios and its kin.",
        ],
        examples: [
            .init("gantry clusterstatus --format plain", "as a plugin of a monitor"),
            .init("gantry clusterstatus --no-canary", "write nothing to the cluster"),
            .init("gantry clusterstatus --save-snapshot state.json", "what gantry plan --snapshot reads"),
        ], isMonitorPlugin: true)

    private enum Keys {
        static let watch = Flag("watch", "look again and again until Ctrl-C")
        static let snapshot = Option<FilePath>("save-snapshot", "where to write the placement that was seen")
    }

    let changes: ChangeValues
    let watches: Bool
    let snapshot: FilePath?

    init(_ arguments: ParsedArguments) throws(CommandError) {
        changes = arguments.changes
        watches = arguments[Keys.watch]
        snapshot = arguments[Keys.snapshot]
        if watches, snapshot != nil {
            throw .usage("--save-snapshot keeps one look and --watch takes many", next: arguments.helpCommand)
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        // What was last in use shows how all is; that it may not be what is wanted now is a finding.
        let configuration = try fleet.known()
        let canary = changes.usesCanary && configuration.specification.move.canary
        return try await context.withSession(configuration) { session in
            let look = { @Sendable () async throws -> ClusterStatusReport in
                ClusterStatusReport(
                    status: try await session.status(
                        canary: canary, directory: configuration.directory, mistake: fleet.problem?.brief),
                    showsAll: context.options.verbosity > 0, dockmon: session.place.dockmon(),
                    operation: try session.place.existingJournal().flatMap {
                        try .init(configuration.specification.cluster.name, in: $0)
                    })
            }
            if watches { return try await StatusWatch(context: context, look: look).run() }
            let report = try await look()
            context.show(report)
            if let snapshot {
                let placement = try PlacementInput(observed: report.status)
                try WholeFile.write(SnapshotFile.write(placement), to: snapshot.path)
                for note in placement.notes { context.note(note) }
                context.note(
                    "\(snapshot.path): \(counted(placement.brokers.count, "broker")), "
                        + "\(counted(placement.partitionsOfTopics.values.reduce(0, +), "partition")); "
                        + "gantry plan COMMAND --snapshot \(ShellQuoting.word(snapshot.path)) plans on it")
            }
            // A monitor is told by the words that it knows; everybody else that the file is wrong, and how.
            guard let problem = fleet.problem, context.options.format != .plain else { return report.exit }
            for line in problem.description.split(separator: "\n") { context.note(String(line)) }
            return .configuration
        }
    }
}
