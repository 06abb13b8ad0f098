import FleetModel
import OperationModel

/// What an operation would do: `--dry-run`, and the question before it begins.
struct PlanReport: Report {
    let plan: OperationPlan
    /// The steps whose effect is not there yet.
    let needed: Set<StepID>
    /// Whether people are shown the steps too whose effect is there already.
    var showsAll = false
    /// What is left of steps that were begun, in words: `3 GiB of 12 GiB are left`.
    var left: [StepID: String] = [:]

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

    var document: Document { document(showsAll: showsAll) }

    /// Every step: for programs.
    var plain: [String] { document(showsAll: true).plainLines }

    private func document(showsAll: Bool) -> Document {
        let (open, there) = (open, plan.steps.filter { !needed.contains($0.id) })
        let rows =
            open.map { [Cell("to do", .notice), Cell(title($0))] }
            + (showsAll ? there.map { [Cell("already so", .faint), Cell($0.title)] } : [])
        let columns: [Table.Column] = [.init("state", "STATE"), .init("title", "STEP", canShrink: true)]
        var blocks: [Document.Block] = rows.isEmpty ? [] : [.table(Table("step", columns, rows))]
        if !there.isEmpty, !showsAll {
            blocks.append(.text(Cell("\(counted(there.count, "step")) already so (-v shows them)", .faint)))
        }
        blocks.append(.text(Cell("\(plan.commandLine): \(summary); nothing was changed")))
        return Document(blocks)
    }

    private func title(_ step: StepRecord) -> String { step.title + (left[step.id].map { " (\($0))" } ?? "") }

    private var open: [StepRecord] { plan.steps.filter { needed.contains($0.id) } }

    /// One line: how much there is to do.
    var summary: String {
        let hosts = Set(plan.steps.compactMap(\.host)).count
        return "\(needed.count) of \(counted(plan.steps.count, "step")) to do, on \(counted(hosts, "host"))"
    }

    /// Steps that are named before the question: with it they fit the smallest terminal, of 24 lines.
    static let previewed = 20

    /// What stands above the question: the summary, and the steps that will be done.
    var preview: String {
        let shown = open.prefix(Self.previewed).map { "  \(title($0))" }
        let more = open.count - shown.count
        return
            (["\(plan.commandLine): \(summary)"] + shown
            + (more > 0 ? ["  and \(more) more; --dry-run shows all"] : [])).joined(separator: "\n")
    }
}
