import FleetModel
import HealthRules
import OperationModel

/// How an operation stands or ended: the answer of every command that starts or shows one.
struct OperationReport: Report {
    /// The result words of the contract.
    enum Result: String {
        case done, unchanged, refused, stopped, failed, running
    }

    /// What goes on when its command has returned.
    enum Detached {
        /// The operation.
        case begin
        /// Giving it up.
        case abort
    }

    let operation: OperationID?
    let command: String
    let result: Result
    let progress: OperationProgress?
    /// How long workers were on it.
    let took: Duration?
    /// The operation's state, where there is one: `aborted` is a result `stopped` that nothing goes on with.
    let status: OperationStatus?
    /// Said before everything else: why there was nothing to do.
    var notice: String?
    /// What was only just asked for with --detach, so that there is nothing to show of it yet.
    let detached: Detached?
    var findings: [Finding] = []
    var blockers: [Blocker] = []
    /// What to run next, where something is left to do.
    var next: String?

    /// The report on an operation that a worker has left, or is at work on.
    init(_ id: OperationID, _ progress: OperationProgress, holderIsAlive: Bool, detached: Detached? = nil) {
        operation = id
        command = progress.plan.commandLine
        self.progress = progress
        took = progress.startedAt.map { _ in progress.work.total }
        self.detached = detached
        // A worker that was just started has not written its first event yet.
        let status = detached != nil ? .running : progress.status(holderIsAlive: holderIsAlive)
        self.status = status
        switch status {
        case .done: result = progress.states.allSatisfy(\.isUnchanged) ? .unchanged : .done
        case .failed: result = .failed
        case .running: result = .running
        case .stopped
        where progress.states.allSatisfy({ $0 == .pending }) && progress.request == nil && !progress.isStoppedAtOnce:
            // Another one holds the hosts, say: nothing was begun.
            result = .refused
        case .stopped, .interrupted, .paused, .aborted: result = .stopped
        }
        findings = progress.warnings.map {
            Finding(
                rule: "operation-warning", severity: .warning, subject: "operation \(id)", evidence: $0,
                remedy: "gantry operation log \(id)")
        }
        switch result {
        case .stopped where status == .aborted: next = nil
        case .stopped: next = progress.wayOn(id)
        case .failed: next = "mend the cause, then gantry operation resume \(id)"
        case .running: next = "gantry operation attach \(id)"
        case .refused: next = "when that is so no more, gantry operation resume \(id)"
        case .done, .unchanged: next = nil
        }
    }

    /// The report on a command that found nothing to do: `plan` is what it would have done.
    init(unchanged plan: OperationPlan) {
        operation = nil
        command = plan.commandLine
        result = .unchanged
        progress = OperationProgress(unchanged: plan)
        (took, status, detached) = (nil, nil, nil)
    }

    /// The report on a command whose work was done before.
    init(nothingToDo command: String) {
        operation = nil
        self.command = command
        result = .unchanged
        progress = nil
        (took, status, detached) = (nil, nil, nil)
    }

    /// The report on a command that must not begin.
    init(refused command: String, blockers: [Blocker]) {
        operation = nil
        self.command = command
        result = .refused
        progress = nil
        (took, status, detached) = (nil, nil, nil)
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

    /// The subject of what no single host does.
    private static let wholeCluster = "cluster as a whole"

    /// One row a host, in the order of the plan, and one for the cluster as a whole.
    var rows: [OutcomeRow] {
        guard let progress else { return [] }
        var order: [HostName?] = []
        for step in progress.plan.steps where !order.contains(step.host) { order.append(step.host) }
        return order.sorted { $0 != nil && $1 == nil }.map { host in
            let steps = zip(progress.plan.steps, progress.states).filter { $0.0.host == host }
            return row(host?.rawValue ?? Self.wholeCluster, steps)
        }
    }

    private func row(_ subject: String, _ steps: [(step: StepRecord, state: StepState)]) -> OutcomeRow {
        let failed = steps.filter { $0.state.failure != nil }
        if let first = failed.first, let failure = first.state.failure {
            let more = failed.count > 1 ? " (and \(counted(failed.count - 1, "more step")))" : ""
            return OutcomeRow(subject, failure.unreachable ? .unreachable : .failed, first.step.title + more)
        }
        if steps.allSatisfy({ $0.state.isUnchanged }) { return OutcomeRow(subject, .unchanged) }
        let open = steps.filter { !$0.state.isSatisfied }
        guard let next = open.first else { return OutcomeRow(subject, .done) }
        let isUnderWay = next.state == .intended
        if open.count == steps.count, !isUnderWay { return OutcomeRow(subject, .notAttempted) }
        let word = !isUnderWay ? "next" : result == .running ? "now" : "interrupted at"
        return OutcomeRow(
            subject, .notAttempted, "\(open.count) of \(counted(steps.count, "step")) left, \(word): \(next.step.title)"
        )
    }

    // MARK: Forms

    var json: JSONValue {
        [
            "operation": operation.map { .string($0.rawValue) } ?? .null, "command": .string(command),
            "advice": advice.map { .string($0) } ?? .null,
            "result": .string(result.rawValue), "took_ms": took.map { .number($0.milliseconds) } ?? .null,
            "steps": .array(steps),
            "hosts": .array(rows.filter { $0.subject != Self.wholeCluster }.map(json)),
            "findings": .array(findings.map(\.json) + blockers.map(\.json)),
            "stopped_nodes": .array(stoppedNodes.map(\.json)),
        ]
    }

    /// The rows are short; a program gets the first failure of a host in full.
    private func json(_ row: OutcomeRow) -> JSONValue {
        let failure = progress.flatMap { progress in
            zip(progress.plan.steps, progress.states).first { $0.host?.rawValue == row.subject && $1.failure != nil }
        }?.1.failure
        let detail = failure.map { "\($0.object): \($0.what) failed: \($0.reason); next: \($0.remedy)" }
        return [
            "host": .string(row.subject),
            "result": .string(row.outcome.rawValue.replacing(Character(" "), with: "_")),
            "detail": .string(detail ?? row.detail),
            "evidence": .array((failure?.evidence ?? []).map(JSONValue.string)),
        ]
    }

    private var steps: [JSONValue] {
        guard let progress else { return [] }
        return progress.plan.steps.indices.map { index in
            let (step, state, times) = (progress.plan.steps[index], progress.states[index], progress.times[index])
            var members: [(String, JSONValue)] = [
                ("id", .string(step.id.rawValue)), ("title", .string(step.title)),
                ("subject", .string(step.subject)), ("state", .string(state.word(inRunning: result == .running))),
                ("note", state.note.map { .string($0) } ?? .null),
                ("began_at", times.begun.map { JSONValue($0) } ?? .null),
                ("ended_at", times.ended.map { JSONValue($0) } ?? .null),
                ("took_ms", times.took.map { JSONValue(milliseconds: $0) } ?? .null),
            ]
            if let failure = state.failure { members.append(("failure", failure.json)) }
            return .object(JSONObject(members))
        }
    }

    var document: Document {
        if let detached, let operation {
            return Document([
                .text(
                    Cell(
                        detached == .begin
                            ? "\(command): begun as operation \(operation)"
                            : "\(command): operation \(operation) was asked to be given up")),
                .lines(["gantry operation attach \(operation) shows it"]),
            ])
        }
        var blocks: [Document.Block] = notice.map { [.text(Cell($0, .notice))] } ?? []
        if !rows.isEmpty { blocks.append(.outcomes(rows)) }
        blocks += closing
        return Document(blocks)
    }

    /// What stands below the rows: what failed, what is wrong, and how it ended.
    var closing: [Document.Block] {
        var blocks: [Document.Block] = []
        if let progress {
            let failures = OperationFailures.merged(progress)
            if !failures.isEmpty { blocks.append(.failures(failures)) }
        }
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
        if case .stopped(let reason) = progress?.ending, progress?.request == nil { blocks.append(.lines([reason])) }
        if !cutOff.isEmpty { blocks.append(.lines(cutOff)) }
        if !stoppedNodes.isEmpty, let operation, let progress {
            blocks.append(.lines(progress.stoppedWords(operation)))
        }
        blocks.append(.text(lastLine))
        if let advice { blocks.append(.lines(advice.split(separator: "\n").map(String.init))) }
        if result == .failed, let operation {
            blocks.append(
                .lines([
                    "resume keeps the plan: after a change of defaults.cfg or k/, gantry operation abort \(operation), "
                        + "then the command anew"
                ]))
        }
        // A line of its own that is never broken, so that it can be copied.
        if let next { blocks.append(.lines(["next: \(next)"])) }
        return blocks
    }

    /// What is still to be done by hand, once all of it is done.
    private var advice: String? { result == .done || result == .unchanged ? progress?.plan.advice : nil }

    /// What a pause keeps: a broker that leaves takes nothing new.
    private var cordon: String {
        let held = (progress?.plan.steps ?? []).filter {
            $0.kind == OperationPlan.cordoningKind && progress?.begun.contains($0.id) == true
        }
        return held.isEmpty
            ? ""
            : "; until it goes on or is aborted nothing new is put on "
                + held.map(\.subject).joined(separator: ", ")
    }

    /// What is left stopped by an operation that nobody carries out.
    private var stoppedNodes: [StoppedNode] { result == .running ? [] : progress?.stoppedNodes ?? [] }

    /// Why a worker left in the midst of its steps, and what is in doubt since.
    private var cutOff: [String] {
        guard let progress, let operation else { return [] }
        switch progress.ending {
        case .stoppedAtOnce(let reason): return [reason, progress.doubt(operation)].compactMap(\.self)
        case nil where status == .interrupted: return ["its worker died", progress.doubt(operation)].compactMap(\.self)
        default: return []
        }
    }

    private var lastLine: Cell {
        let time = took.map { " in \(TimeText.span($0))" } ?? ""
        let name = operation.map { " (operation \($0))" } ?? ""
        switch result {
        case .done: return Cell("\(command): done\(time)\(name)", .good)
        case .unchanged: return Cell("\(command): nothing to do, everything is as it should be\(name)", .good)
        case .refused: return Cell("\(command): refused, nothing was changed", .bad)
        case .running: return Cell("\(command): running\(name)")
        case .stopped where status == .aborted:
            return Cell("\(command): given up\(time)\(name); what is done stays", .notice)
        case .stopped where status == .paused:
            return Cell("\(command): paused, with no throttle and no half move left\(cordon)\(name)", .notice)
        case .stopped where progress?.isStoppedAtOnce == true:
            return Cell("\(command): stopped at once, half way\(name)", .notice)
        case .stopped: return Cell("\(command): stopped half way, safe\(name)", .notice)
        case .failed: return Cell("\(command): failed\(time)\(name)", .bad)
        }
    }
}

extension StepState {
    var isUnchanged: Bool {
        if case .ended(.unchanged) = self { true } else { false }
    }

    /// The word for it in an operation whose worker lives, or in another.
    func word(inRunning isRunning: Bool) -> String {
        switch self {
        case .pending: "not_attempted"
        case .intended: isRunning ? "running" : "interrupted"
        case .ended(.done): "done"
        case .ended(.unchanged): "unchanged"
        case .ended(.failed(let failure)): failure.unreachable ? "unreachable" : "failed"
        }
    }

    /// What the step said of its end.
    var note: String? {
        switch self {
        case .ended(.done(let note)), .ended(.unchanged(let note)): note
        case .pending, .intended, .ended(.failed): nil
        }
    }

    var tone: Tone {
        switch self {
        case .pending: .unknown
        case .intended: .notice
        case .ended(.done): .good
        case .ended(.unchanged): .faint
        case .ended(.failed): .bad
        }
    }
}

extension StoppedNode {
    fileprivate var json: JSONValue {
        [
            "id": node.map { .integer(Int64($0.id.rawValue)) } ?? .null, "role": node.map { .string($0.role) } ?? .null,
            "host": .string(host.rawValue), "certain": .bool(isCertain), "leaving": .bool(isLeaving),
        ]
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

extension Blocker {
    var json: JSONValue {
        [
            "rule": .string(code), "severity": "critical", "subject": .string(object), "evidence": .string(reason),
            "remedy": .string(remedy),
        ]
    }
}
