import FleetModel
import OperationModel

/// What an operation would do: `--dry-run`, and the question before it begins.
struct PlanReport: Report {
    let plan: OperationPlan
    /// The steps whose effect is not there yet.
    let needed: Set<StepID>

    var json: JSONValue {
        [
            "command": .string(plan.commandLine), "cluster": .string(plan.cluster.rawValue),
            "cluster_id": .string(plan.clusterID.rawValue),
            "steps": .array(
                plan.steps.map {
                    [
                        "id": .string($0.id.rawValue), "title": .string($0.title), "subject": .string($0.subject),
                        "needed": .bool(needed.contains($0.id)),
                        "after": .array($0.dependencies.map { .string($0.rawValue) }),
                    ]
                }),
        ]
    }

    var document: Document {
        Document([
            .table(
                Table(
                    "step", [.init("state", "STATE"), .init("title", "STEP", canShrink: true)],
                    plan.steps.map {
                        [
                            needed.contains($0.id) ? Cell("to do", .notice) : Cell("already so", .faint),
                            Cell($0.title),
                        ]
                    })),
            .text(Cell("\(plan.commandLine): \(summary); nothing was changed")),
        ])
    }

    /// One line: how much there is to do.
    var summary: String {
        let hosts = Set(plan.steps.compactMap(\.host)).count
        return "\(needed.count) of \(plan.steps.count) steps on \(hosts) host\(hosts == 1 ? "" : "s")"
    }
}
