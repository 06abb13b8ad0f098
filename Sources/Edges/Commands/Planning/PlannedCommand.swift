import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import OperationModel
import PlacementPlanning

/// What a command that changes something is run for.
enum CommandPurpose: Sendable {
    /// To do it.
    case execute
    /// To plan it alone: `gantry plan`, with the file that it is written to.
    case plan(output: String?, words: [String])
    /// To prove again what a file plans: `gantry apply`.
    case apply(OperationPlanFile, path: String)
}

/// An operation's command within another one's line: `addbroker 10.0.0.11 2` of `gantry plan addbroker 10.0.0.11 2`.
enum PlannedCommand {
    /// The commands whose plans can be kept and applied.
    static let names: Set<String> = [
        "bootstrap", "addhost", "addbroker", "removebroker", "removehost", "rebalance", "restart",
    ]

    /// Whether a command of this name is an operation.
    static func isOne(_ name: String, _ table: CommandTable = .gantry) -> Bool {
        names.contains(name) && table.entry([name])?.command != nil
    }

    /// The command of `words`, of which the first is its name.
    /// - Throws: its usage errors, and one for what is no operation.
    static func parse(_ words: [String], _ table: CommandTable = .gantry) throws(CommandError) -> any Command {
        guard case .run(let parsed) = try CommandLineParser.parse(words, by: table.definitions),
            let type = table.entry(parsed.path)?.command, let name = words.first, names.contains(name)
        else {
            throw .usage(
                "'\(words.joined(separator: " "))' can't be planned",
                reason: "wants one of \(names.sorted().joined(separator: ", "))", next: "gantry help plan")
        }
        return try type.init(parsed)
    }
}

extension CommandContext {
    /// Writes an operation's plan to its file and shows it, where that is all that is wanted; or takes a file's plan in the
    /// place of the one that was just made, once it is proven that nothing has changed since.
    /// - Returns: the plan to start; nil where the command is at its end, with its status.
    func settled(
        _ plan: OperationPlan, moves: [MovePlan], notes: [String], took: Duration?, _ configuration: FleetConfiguration
    ) async throws -> (plan: OperationPlan?, status: ExitStatus) {
        switch purpose {
        case .execute: return (plan, .done)
        case .plan(let output, let words):
            let state = try await withSession(configuration) { try await $0.plannedState(orNoneFor: plan) }
            let file = OperationPlanFile(
                plan: plan, words: words, state: state, madeAt: time(of: configuration)(), notes: notes)
            let document = try file.document(took: took)
            // A step may hold a node's properties, and those a secret.
            if let output { try WholeFile.write(document.bytes(.compact) + [0x0a], to: output, mode: 0o600) }
            show(OperationPlanReport(file: file, json: document, moves: moves, output: output))
            return (nil, .done)
        case .apply(let file, let path):
            let state = try await withSession(configuration) { try await $0.plannedState(orNoneFor: plan) }
            let changes = state.changes(since: file.state)
            guard changes.isEmpty, plan.cluster == file.plan.cluster, plan.clusterID == file.plan.clusterID else {
                show(OperationReport(refused: "apply \(path)", blockers: Self.stale(changes, file, plan)))
                return (nil, .refused)
            }
            return (file.plan, .done)
        }
    }

    /// Changes that are shown one by one.
    private static let shownChanges = 10

    private static func stale(
        _ changes: [(object: String, change: String)], _ file: OperationPlanFile, _ plan: OperationPlan
    ) -> [Blocker] {
        let again = "gantry plan \(file.words.joined(separator: " ")) -o FILE plans on what is there now"
        if plan.cluster != file.plan.cluster || plan.clusterID != file.plan.clusterID {
            return [
                Blocker(
                    code: "plan-of-another-cluster", object: "cluster \(plan.cluster)",
                    reason: "the plan is for cluster \(file.plan.cluster) (\(file.plan.clusterID)), and this is "
                        + "\(plan.cluster) (\(plan.clusterID))", remedy: "name its fleet directory with --fleet")
            ]
        }
        var blockers = changes.prefix(shownChanges).map {
            Blocker(
                code: "plan-stale", object: $0.object, reason: "\($0.change) since \(file.madeAt)", remedy: again)
        }
        if changes.count > shownChanges {
            blockers.append(
                Blocker(
                    code: "plan-stale", object: "the cluster",
                    reason: "and \(changes.count - shownChanges) more changes", remedy: again))
        }
        return blockers
    }
}

extension FleetSession {
    /// The state that `plan` is made from: that of a cluster which is only to be made is its id alone.
    fileprivate func plannedState(orNoneFor plan: OperationPlan) async throws -> PlannedState {
        guard try await layout().value != nil else { return PlannedState(none: plan.clusterID) }
        return try await plannedState()
    }
}

/// An operation's plan on one screen.
struct OperationPlanReport: Report {
    let file: OperationPlanFile
    let json: JSONValue
    let moves: [MovePlan]
    let output: String?

    var document: Document {
        let report = MoveReport(plan: file.plan, moves: moves, notes: file.notes)
        let digest = json["operation_digest"]?.string ?? ""
        let next =
            output.map { "kept in \($0): gantry apply \($0) does exactly this" } ?? "-o FILE keeps it for gantry apply"
        return Document(
            report.blocks + [
                .text(Cell("\(file.plan.commandLine): plan \(digest.prefix(12)); \(next); nothing was changed"))
            ])
    }
}
