import FleetModel
import FleetRuntime
import HealthRules

/// The answer of `gantry can`.
struct CanReport: Report {
    let action: ActionVerdict.Action
    let targets: [String]
    let verdict: ActionVerdict

    var exit: ExitStatus { verdict.isClear ? .done : verdict.isUnknown ? .unknown : .refused }

    private var word: String { verdict.isClear ? "yes" : verdict.isUnknown ? "unknown" : "no" }

    var json: JSONValue {
        [
            "action": .string(action.rawValue), "targets": .array(targets.map { .string($0) }),
            "verdict": .string(word), "blockers": .array(verdict.causes.map(json)),
            "accepted": .array(verdict.waived.map(json)),
        ]
    }

    private func json(_ cause: ActionVerdict.Cause) -> JSONValue {
        [
            "code": .string(cause.blocker.code), "object": .string(cause.blocker.object),
            "count": JSONValue(cause.count), "examples": .array(cause.examples.map { .string($0) }),
            "reason": .string(cause.blocker.reason), "remedy": .string(cause.blocker.remedy),
            "waivable": .bool(cause.isWaivable),
        ]
    }

    var document: Document {
        var blocks: [Document.Block] = []
        if !verdict.causes.isEmpty {
            blocks.append(
                .findings(
                    verdict.causes.map { cause in
                        let about = cause.count > 1 ? " (\(cause.count) in all)" : ""
                        return FindingRow(
                            Cell(cause.isUnknown ? "unknown" : "no", cause.isUnknown ? .unknown : .bad),
                            rule: cause.blocker.code, subject: cause.blocker.object + about,
                            evidence: cause.blocker.reason, remedy: cause.blocker.remedy)
                    }))
        }
        if !verdict.waived.isEmpty {
            blocks.append(
                .lines(
                    verdict.waived.map { "accepted: \($0.blocker.code) (\($0.blocker.object)): \($0.blocker.reason)" }))
        }
        let what = "\(action.rawValue) \(targets.joined(separator: ", "))"
        blocks.append(.text(Cell("\(what): \(word)", verdict.isClear ? .good : verdict.isUnknown ? .unknown : .bad)))
        return Document(blocks)
    }
}
