import FleetModel
import OperationModel

/// `gantry operation show`: who began it, when and why, how long it has taken, and each step of its plan.
struct OperationShowReport: Report {
    let record: OperationRecord
    let progress: OperationProgress
    let holderIsAlive: Bool
    let now: Timestamp

    private var report: OperationReport { OperationReport(record.id, progress, holderIsAlive: holderIsAlive) }
    private var status: OperationStatus { progress.status(holderIsAlive: holderIsAlive) }

    /// How long workers were on it; one that runs is on it now.
    private var took: Duration? {
        guard progress.startedAt != nil else { return nil }
        let since = status == .running ? progress.work.latest.map { max(.zero, now.since($0)) } : nil
        return progress.work.total + (since ?? .zero)
    }

    /// All that every answer about an operation has, and what only this one knows.
    var json: JSONValue {
        var members = report.json.object ?? JSONObject()
        members["state"] = .string(status.rawValue)
        members["took_ms"] = took.map { JSONValue(milliseconds: $0) } ?? .null
        members["created_at"] = JSONValue(record.createdAt)
        members["started_at"] = progress.startedAt.map { JSONValue($0) } ?? .null
        members["user"] = progress.holder.map { .string($0.user) } ?? .null
        members["techhost"] = progress.holder.map { .string($0.techhost) } ?? .null
        members["pid"] = progress.holder.map { JSONValue($0.pid) } ?? .null
        members["reason"] = record.plan.reason.map { .string($0) } ?? .null
        return .object(members)
    }

    var document: Document {
        var pairs = [
            Pair("operation", "operation", Cell(record.id.rawValue, .strong)),
            Pair("command", "command", Cell(record.plan.commandLine)),
            Pair("cluster", "cluster", Cell(record.plan.cluster.rawValue)),
            Pair("state", "state", Cell(status.rawValue, status.tone)),
            Pair("reason", "reason", record.plan.reason.map { Cell($0) } ?? .none),
            Pair("started_at", "started", Cell(TimeText.instant(progress.startedAt ?? record.createdAt))),
        ]
        if let holder = progress.holder {
            let words = "\(holder.user) on \(holder.techhost), process \(holder.pid)"
            pairs.append(Pair("by", "by", Cell(words)))
        }
        if let took { pairs.append(Pair("took_ms", "took", Cell(TimeText.span(took), exact: took.wholeMilliseconds))) }
        return Document([.pairs(pairs), .table(steps)] + report.closing)
    }

    private var steps: Table {
        Table(
            "step",
            [
                .init("state", "STATE"), .init("title", "STEP", canShrink: true), .init("ended_at", "ENDED"),
                .init("took_ms", "TOOK", isNumber: true), .init("note", "NOTE", canShrink: true),
            ],
            progress.plan.steps.indices.map { index in
                let (state, times) = (progress.states[index], progress.times[index])
                let word = state.word(inRunning: status == .running)
                return [
                    Cell(word.replacing(Character("_"), with: " "), state.tone, exact: word),
                    Cell(progress.plan.steps[index].title),
                    times.ended.map { Cell(TimeText.instant($0), exact: $0.description) } ?? .none,
                    times.took.map { Cell(TimeText.span($0), exact: $0.wholeMilliseconds) } ?? .none,
                    Cell(state.failure?.reason ?? state.note ?? "", state.failure == nil ? .plain : .bad),
                ]
            })
    }
}

extension Duration {
    /// For `_ms` fields of the plain form.
    fileprivate var wholeMilliseconds: String { String(JSONValue(milliseconds: self).integer ?? 0) }
}
