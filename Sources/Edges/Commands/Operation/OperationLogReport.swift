import FleetModel
import OperationModel

/// `gantry operation log`: every event, as it was journaled.
struct OperationLogReport: Report {
    let record: OperationRecord
    let events: [JournaledEvent]

    var json: JSONValue {
        [
            "operation": .string(record.id.rawValue), "command": .string(record.plan.commandLine),
            "events": .array(
                events.map {
                    [
                        "sequence": .integer($0.sequence), "at": .string($0.at.description),
                        "event": .string($0.event.words.kind), "step": $0.event.words.step.map { .string($0) } ?? .null,
                        "text": .string($0.event.words.text),
                    ]
                }),
        ]
    }

    var document: Document {
        Document([
            .lines(
                events.map { event in
                    let words = event.event.words
                    return [event.at.description, words.kind, words.step ?? "", words.text]
                        .filter { !$0.isEmpty }.joined(separator: " ")
                })
        ])
    }
}

extension OperationEvent {
    fileprivate var words: (kind: String, step: String?, text: String) {
        switch self {
        case .started(let holder): ("started", nil, "by \(holder.user) on \(holder.techhost), pid \(holder.pid)")
        case .intent(let step): ("intent", step.rawValue, "")
        case .outcome(let step, .done(let note)): ("done", step.rawValue, note ?? "")
        case .outcome(let step, .unchanged(let note)): ("unchanged", step.rawValue, note ?? "")
        case .outcome(let step, .failed(let failure)):
            ("failed", step.rawValue, "\(failure.object): \(failure.reason); next: \(failure.remedy)")
        case .note(let step, let text): ("note", step?.rawValue, text)
        case .requested(let request): ("requested", nil, "\(request)")
        case .ended(.done): ("ended", nil, "done")
        case .ended(.stopped(let reason)): ("ended", nil, "stopped: \(reason)")
        case .ended(.failed(let reason)): ("ended", nil, "failed: \(reason)")
        case .ended(.aborted(let reason)): ("ended", nil, "aborted: \(reason)")
        }
    }
}
