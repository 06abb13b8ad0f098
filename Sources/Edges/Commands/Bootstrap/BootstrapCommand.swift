import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import OperationModel

/// `gantry bootstrap`.
struct BootstrapCommand: Command {
    private static let provisions = Flag(
        "provision", "first give bare Debian hosts Docker, disks, kernel values and time")

    static let definition = CommandDefinition(
        "bootstrap", "make the cluster that defaults.cfg describes, or finish making it",
        options: [noService, provisions], changes: [.operation, .noCanary],
        details: [
            "Generates the configuration, places it on all hosts, brings the image there, formats new data directories, "
                + "starts the controllers, then the brokers, and checks that the cluster works.",
            "Run again, it changes nothing that is right and finishes what is missing. It never formats a directory "
                + "that has data, never restarts a container that runs, and never brings back what was removed.",
            "With --provision, Docker and Compose come from Debian's own packages, or by k/provision.sh, which gets the "
                + "host's settings as GANTRY_… in its environment. Disks are formatted only where disks: names them and "
                + "they are blank. Each change is a step of the plan.",
        ],
        examples: [
            .init("gantry bootstrap --dry-run", "show every step and change nothing"),
            .init("gantry bootstrap --yes -m 'new cluster'", "ask nothing, and keep the reason"),
        ])

    private static let noService = Flag("no-service", "do not make the containers start with the machines")

    let changes: ChangeValues
    let installsService: Bool
    let provisions: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        changes = arguments.changes
        installsService = !arguments[Self.noService]
        provisions = arguments[Self.provisions]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let canary = changes.usesCanary && configuration.specification.move.canary
        let place = context.place(of: configuration)
        if !changes.isDryRun, let journal = try place.existingJournal() {
            // Said before anything is looked at: what another operation has half done would look like damage.
            try OperationLauncher.refuseLeased(configuration.specification.cluster.name, in: journal)
        }
        let preparation = try await context.beforeChange(.hosts(of: configuration)) {
            try await context.withSession(configuration) { session in
                try await session.prepareBootstrap(
                    arguments: (canary ? [] : ["--no-canary"]) + (installsService ? [] : ["--no-service"])
                        + (provisions ? ["--provision"] : []),
                    reason: changes.reason, canary: canary, service: installsService, provisions: provisions,
                    directory: configuration.directory)
            }
        }
        for clause in preparation.clauses where clause.verdict.result == .waived {
            context.note("\(clause.clause) on \(clause.host): \(clause.verdict.evidence)")
        }
        guard let made = preparation.plan, preparation.blockers.isEmpty else {
            let report = OperationReport(refused: "bootstrap", blockers: preparation.blockers)
            context.show(report)
            return report.exit
        }
        if preparation.needed.isEmpty {
            if installsService, !changes.isDryRun { await context.installMonitor(configuration) }
            var report = OperationReport(unchanged: made)
            report.findings = preparation.drift
            context.show(report)
            return preparation.drift.isEmpty ? .done : .warning
        }
        let settled = try await context.settled(made, moves: [], notes: [], took: nil, configuration)
        guard let plan = settled.plan else { return settled.status }
        let shown = PlanReport(
            plan: plan, needed: preparation.needed, showsAll: context.options.verbosity > 0)
        if changes.isDryRun {
            context.show(shown)
            return .done
        }
        guard try context.confirm("Bootstrap cluster \(plan.cluster)?", changes, showing: shown) else {
            return .refused
        }
        let status = try await context.start(plan, configuration, changes)
        if installsService, status == .done { await context.installMonitor(configuration) }
        for finding in preparation.drift { context.note("\(finding.subject): \(finding.evidence); \(finding.remedy)") }
        return status == .done && !preparation.drift.isEmpty ? .warning : status
    }
}
