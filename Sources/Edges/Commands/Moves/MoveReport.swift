import FleetModel
import FleetRuntime
import OperationModel
import PlacementPlanning

/// An operation that moves data, before it begins: how good its plan is, and every step, on one screen.
struct MoveReport: Report {
    let plan: OperationPlan
    let moves: [MovePlan]
    let notes: [String]
    /// Steps whose effect is there already, as far as that is looked for: images.
    var alreadySo: Set<StepID> = []

    var json: JSONValue {
        [
            "command": .string(plan.commandLine), "cluster": .string(plan.cluster.rawValue),
            "cluster_id": .string(plan.clusterID.rawValue),
            "plans": .array(moves.map { PlanFile.document($0) }), "notes": .array(notes.map { .string($0) }),
            "steps": .array(
                plan.steps.map {
                    [
                        "id": .string($0.id.rawValue), "title": .string($0.title), "subject": .string($0.subject),
                        "needed": .bool(!alreadySo.contains($0.id)),
                        "after": .array($0.dependencies.map { .string($0.rawValue) }),
                    ]
                }),
        ]
    }

    var document: Document { Document(blocks + [.text(Cell("\(plan.commandLine): nothing was changed"))]) }

    /// The same without the last line: what the question is about.
    var blocks: [Document.Block] {
        var blocks: [Document.Block] = []
        if !moves.isEmpty {
            blocks.append(
                .table(
                    Table(
                        "plan",
                        [
                            .init("request", "DATA"), .init("bytes", "BYTES", isNumber: true),
                            .init("lower_bound_bytes", "LEAST POSSIBLE", isNumber: true),
                            .init("replicas", "REPLICAS", isNumber: true),
                            .init("leaders", "LEADERS AFTER", isNumber: true),
                            .init("makespan", "TIME", isNumber: true), .init("digest", "DIGEST"),
                        ],
                        moves.map { move in
                            [
                                Cell(move.event.description), Cell(move.report.bytes), Cell(move.report.lowerBound),
                                Cell(move.report.replicasMoved),
                                Cell("\(move.report.leaders.fewest)–\(move.report.leaders.most)"),
                                Cell(TimeText.span(move.report.makespan)),
                                Cell(String(move.digest.prefix(12)), exact: move.digest),
                            ]
                        })))
        }
        blocks.append(
            .table(
                Table(
                    "step", [.init("number", "#", isNumber: true), .init("title", "STEP", canShrink: true)],
                    plan.steps.enumerated().map { index, step in
                        let isThere = alreadySo.contains(step.id)
                        return [
                            Cell(index + 1), isThere ? Cell("\(step.title): already there", .faint) : Cell(step.title),
                        ]
                    })))
        if !notes.isEmpty { blocks.append(.lines(notes)) }
        return blocks
    }

    /// One line: how much there is to do.
    var summary: String {
        let bytes = moves.reduce(ByteCount.zero) { $0 + $1.report.bytes }
        let digests = moves.map { $0.digest.prefix(12) }.joined(separator: ", ")
        let steps = counted(plan.steps.count, "step")
        return moves.isEmpty ? steps : "\(steps), \(bytes) to copy, plan \(digests)"
    }
}
