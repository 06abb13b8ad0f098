import FleetConfiguration
import FleetModel
import FleetRuntime
import Observation
import OperationModel

/// `gantry image distribute`.
struct ImageDistributeCommand: Command {
    private static let hosts = Argument<HostName>("HOST", .any, "the hosts to bring it to, or none for all")
    private static let origin = Option<HostName>("from", "the host whose image is the one to bring")

    static let definition = CommandDefinition(
        "distribute", "bring the image to the hosts that lack its digest", arguments: [hosts], options: [origin],
        changes: [.dryRun, .yes, .reason],
        details: [
            "One compressed stream a host, side by side; of many hosts, those that have it give it to the others by a "
                + "connection of their own. A host that has the digest is left as it is.",
            "Nothing that runs is touched: nodes run the new image after gantry restart.",
        ],
        examples: [
            .init("gantry image distribute --dry-run", "which hosts lack it"),
            .init("gantry image distribute --from 10.0.0.11 --yes", "what one host has, on all of them"),
        ])

    let hosts: [HostName]
    let origin: HostName?
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        hosts = arguments.all(Self.hosts)
        origin = arguments[Self.origin]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        var wanted = try ImageCommands.hosts(hosts, of: configuration)
        if let origin {
            _ = try ImageCommands.hosts([origin], of: configuration)
            if !wanted.contains(origin) { wanted.append(origin) }
        }
        let chosen = wanted
        return try await context.withSession(configuration) { session in
            let look = try await context.beforeChange(.hosts(of: configuration)) {
                await session.images(chosen, as: origin, forBringing: true)
            }
            if let defect = look.defect {
                throw CommandError(
                    defect.code, "it can't be said which image is meant", object: "image \(look.image)",
                    reason: defect.reason, next: defect.remedy, evidence: defect.evidence, exit: .refused)
            }
            let lacking = look.hosts.filter { $0.state == .absent || $0.state == .other }
            guard !lacking.isEmpty, !changes.isDryRun else {
                let report = ImageDistributeReport(look: look)
                context.show(report)
                return report.exit
            }
            let names = lacking.map(\.host.rawValue)
            let shown = names.count > 5 ? names.prefix(5) + ["\(names.count - 5) more"] : names[...]
            guard try context.confirm("Bring \(look.image) to \(shown.joined(separator: ", "))?", changes) else {
                return .refused
            }
            let outcomes = try await context.whileLooking(
                Looking("bringing \(look.image) to \(counted(lacking.count, "host"))")
            ) {
                await session.distribute(look) { context.note($0) }
            }
            let report = ImageDistributeReport(look: look, outcomes: outcomes)
            context.show(report)
            return report.exit
        }
    }
}

/// How the image came to each host, or would.
struct ImageDistributeReport: Report {
    let look: ImageLook
    let rows: [OutcomeRow]
    private let result: String
    private let failures: [CommandError]

    /// What would be done.
    init(look: ImageLook) {
        self.look = look
        var failures: [CommandError] = []
        rows = look.hosts.map { host in
            if let problem = host.problem {
                failures.append(
                    CommandError(
                        problem.code, "looking for the image failed", object: "host \(host.host)",
                        reason: problem.reason, next: problem.remedy))
                return OutcomeRow(host.host.rawValue, problem.unreachable ? .unreachable : .failed, problem.reason)
            }
            return host.state == .present
                ? OutcomeRow(host.host.rawValue, .unchanged, "it has \(ImageCommands.short(host.digest ?? ""))")
                : OutcomeRow(
                    host.host.rawValue, .notAttempted,
                    host.state == .absent ? "it lacks it" : "it has \(ImageCommands.short(host.digest ?? ""))")
        }
        self.failures = failures
        result = !failures.isEmpty ? "failed" : rows.contains { $0.outcome == .notAttempted } ? "planned" : "unchanged"
    }

    /// What was done.
    init(look: ImageLook, outcomes: [HostOutcome]) {
        self.look = look
        var failures: [CommandError] = []
        rows = outcomes.map { $0.row(&failures) }
        self.failures = failures
        result = failures.isEmpty ? rows.contains { $0.outcome == .done } ? "done" : "unchanged" : "failed"
    }

    var exit: ExitStatus { failures.isEmpty ? .done : .failed }

    var json: JSONValue {
        [
            "image": .string(look.image), "source": .string(look.authority.rawValue),
            "digests": .array(look.digests.map { .string($0) }), "result": .string(result),
            "hosts": .array(rows.map(\.json)),
        ]
    }

    var document: Document {
        Document([.outcomes(rows)] + (failures.isEmpty ? [] : [.failures(failures)]))
    }
}

extension HostOutcome {
    /// A row of it; why it failed goes to `failures`.
    func row(_ failures: inout [CommandError]) -> OutcomeRow {
        let name = host.rawValue
        switch outcome {
        case .done(let note): return OutcomeRow(name, .done, note ?? "")
        case .unchanged(let note): return OutcomeRow(name, .unchanged, note ?? "")
        case .failed(let failure):
            failures.append(
                CommandError(
                    failure.code, failure.what, object: failure.object, reason: failure.reason, next: failure.remedy,
                    evidence: failure.evidence))
            return OutcomeRow(
                name, failure.unreachable ? .unreachable : .failed, failure.reason, evidence: failure.evidence)
        }
    }
}
