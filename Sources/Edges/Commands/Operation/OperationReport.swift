import FleetModel
import HealthRules
import OperationModel

/// How an operation stands or ended: the answer of every command that starts or shows one.
struct OperationReport: Report {
    /// The result words of the contract.
    enum Result: String {
        case done, unchanged, refused, stopped, failed, running
    }

    let operation: OperationID?
    let command: String
    let result: Result
    let progress: OperationProgress?
    let took: Duration?
    var findings: [Finding] = []
    var blockers: [Blocker] = []
    /// What to run next, where something is left to do.
    var next: String?

    /// The report on an operation that a worker has left, or is at work on.
    init(_ id: OperationID, _ progress: OperationProgress, holderIsAlive: Bool, detached: Bool = false) {
        operation = id
        command = progress.plan.commandLine
        self.progress = progress
        took = progress.startedAt.flatMap { start in progress.lastEventAt.map { $0.since(start) } }
        // A worker that was just started has not written its first event yet.
        switch detached ? .running : progress.status(holderIsAlive: holderIsAlive) {
        case .done: result = progress.states.allSatisfy(\.isUnchanged) ? .unchanged : .done
        case .failed: result = .failed
        case .running: result = .running
        case .stopped, .interrupted, .paused, .aborted: result = .stopped
        }
        switch result {
        case .stopped: next = "gantry operation resume \(id)"
        case .failed: next = "mend the cause, then gantry operation resume \(id)"
        case .running: next = "gantry operation attach \(id)"
        case .done, .unchanged, .refused: next = nil
        }
    }

    /// The report on a command that found nothing to do: `plan` is what it would have done.
    init(unchanged plan: OperationPlan) {
        operation = nil
        command = plan.commandLine
        result = .unchanged
        var progress = OperationProgress(plan: plan)
        for (index, step) in plan.steps.enumerated() {
            progress.apply(
                JournaledEvent(
                    sequence: Int64(index + 1), at: Timestamp(milliseconds: 0),
                    event: .outcome(step.id, .unchanged(note: nil))))
        }
        self.progress = progress
        took = nil
    }

    /// The report on a command whose work was done before.
    init(nothingToDo command: String) {
        operation = nil
        self.command = command
        result = .unchanged
        progress = nil
        took = nil
    }

    /// The report on a command that must not begin.
    init(refused command: String, blockers: [Blocker]) {
        operation = nil
        self.command = command
        result = .refused
        progress = nil
        took = nil
        self.blockers = blockers
    }

    /// What the process ends with.
    var exit: ExitStatus {
        switch result {
        case .done, .unchanged, .running: findings.isEmpty ? .done : .warning
        case .refused: .refused
        case .stopped: .stopped
        case .failed: .failed
        }
    }

    // MARK: Rows

    /// One row a host, in the order of the plan, and one for the cluster as a whole.
    var rows: [OutcomeRow] {
        guard let progress else { return [] }
        var order: [HostName?] = []
        for step in progress.plan.steps where !order.contains(step.host) { order.append(step.host) }
        return order.sorted { $0 != nil && $1 == nil }.map { host in
            let steps = zip(progress.plan.steps, progress.states).filter { $0.0.host == host }
            return row(host?.rawValue ?? "cluster", steps.map(\.1))
        }
    }

    private func row(_ subject: String, _ states: [StepState]) -> OutcomeRow {
        if let failure = states.compactMap(\.failure).first {
            return OutcomeRow(
                subject, failure.unreachable ? .unreachable : .failed,
                "\(failure.object): \(failure.what) failed: \(failure.reason); next: \(failure.remedy)",
                evidence: failure.evidence)
        }
        if states.allSatisfy(\.isUnchanged) { return OutcomeRow(subject, .unchanged) }
        let open = states.filter { !$0.isSatisfied }.count
        if open == states.count { return OutcomeRow(subject, .notAttempted) }
        if open > 0 {
            return OutcomeRow(subject, .notAttempted, "\(states.count - open) of \(states.count) steps done")
        }
        return OutcomeRow(subject, .done)
    }

    // MARK: Forms

    var json: JSONValue {
        [
            "operation": operation.map { .string($0.rawValue) } ?? .null, "command": .string(command),
            "result": .string(result.rawValue), "took_ms": took.map { .number($0.milliseconds) } ?? .null,
            "steps": .array(steps), "hosts": .array(rows.filter { $0.subject != "cluster" }.map(\.hostJSON)),
            "findings": .array(findings.map(\.json) + blockers.map(\.json)),
        ]
    }

    private var steps: [JSONValue] {
        guard let progress else { return [] }
        return zip(progress.plan.steps, progress.states).map { step, state in
            var members: [(String, JSONValue)] = [
                ("id", .string(step.id.rawValue)), ("title", .string(step.title)),
                ("subject", .string(step.subject)), ("state", .string(state.word)),
            ]
            if let failure = state.failure { members.append(("failure", failure.json)) }
            return .object(JSONObject(members))
        }
    }

    var document: Document {
        var blocks: [Document.Block] = []
        if !rows.isEmpty { blocks.append(.outcomes(rows)) }
        if !blockers.isEmpty {
            blocks.append(
                .findings(
                    blockers.map {
                        FindingRow(
                            Cell("refused", .bad), rule: $0.code, subject: $0.object, evidence: $0.reason,
                            remedy: $0.remedy)
                    }))
        }
        if !findings.isEmpty { blocks.append(.findings(findings.map { FindingRow($0) })) }
        blocks.append(.text(lastLine))
        return Document(blocks)
    }

    private var lastLine: Cell {
        let time = took.map { " in \(TimeText.span($0))" } ?? ""
        let name = operation.map { " (operation \($0))" } ?? ""
        switch result {
        case .done: return Cell("\(command): done\(time)\(name)", .good)
        case .unchanged: return Cell("\(command): nothing to do, everything is as it should be\(name)", .good)
        case .refused: return Cell("\(command): refused, nothing was changed", .bad)
        case .running: return Cell("\(command): running\(name); next: \(next ?? "")")
        case .stopped: return Cell("\(command): stopped half way, safe\(name); next: \(next ?? "")", .notice)
        case .failed: return Cell("\(command): failed\(time)\(name); next: \(next ?? "")", .bad)
        }
    }
}

extension StepState {
    var isUnchanged: Bool {
        if case .ended(.unchanged) = self { true } else { false }
    }

    var word: String {
        switch self {
        case .pending: "not_attempted"
        case .intended: "interrupted"
        case .ended(.done): "done"
        case .ended(.unchanged): "unchanged"
        case .ended(.failed(let failure)): failure.unreachable ? "unreachable" : "failed"
        }
    }
}

extension StepFailure {
    fileprivate var json: JSONValue {
        [
            "code": .string(code), "what": .string(what), "object": .string(object), "reason": .string(reason),
            "remedy": .string(remedy), "evidence": .array(evidence.map(JSONValue.string)),
        ]
    }
}

extension OutcomeRow {
    fileprivate var hostJSON: JSONValue {
        let result = outcome.rawValue.replacing(Character(" "), with: "_")
        return [
            "host": .string(subject), "result": .string(result), "detail": .string(detail),
            "evidence": .array(evidence.map(JSONValue.string)),
        ]
    }
}

extension Blocker {
    var json: JSONValue {
        [
            "rule": .string(code), "severity": "critical", "subject": .string(object), "evidence": .string(reason),
            "remedy": .string(remedy),
        ]
    }
}
