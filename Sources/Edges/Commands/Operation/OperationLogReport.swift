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
                        "event": .string($0.event.words.kind),
                        "step": $0.event.words.step.map { .string($0.rawValue) } ?? .null,
                        "title": $0.event.words.step.map { .string(title($0)) } ?? .null,
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
                    let text = words.text.isEmpty ? [] : [words.text]
                    let subject = words.step.map { [title($0)] } ?? []
                    return "\(event.at) \(words.kind.padded(to: Self.kindWidth)) "
                        + (subject + text).joined(separator: ": ")
                })
        ])
    }

    var plain: [String] {
        events.map { event in
            let words = event.event.words
            return PlainLine.line(
                "event",
                [
                    ("at", event.at.description), ("event", words.kind), ("step", words.step?.rawValue ?? ""),
                    ("title", words.step.map(title) ?? ""), ("text", words.text),
                ])
        }
    }

    /// The longest kind is "unchanged".
    private static let kindWidth = 9

    private func title(_ id: StepID) -> String { record.plan.steps.first { $0.id == id }?.title ?? id.rawValue }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension OperationEvent {
    fileprivate var words: (kind: String, step: StepID?, text: String) {
        switch self {
        case .started(let holder): ("started", nil, "by \(holder.user) on \(holder.techhost), pid \(holder.pid)")
        case .intent(let step): ("intent", step, "")
        case .outcome(let step, .done(let note)): ("done", step, note ?? "")
        case .outcome(let step, .unchanged(let note)): ("unchanged", step, note ?? "")
        case .outcome(let step, .failed(let failure)):
            ("failed", step, "\(failure.object): \(failure.reason); next: \(failure.remedy)")
        case .note(let step, let text): ("note", step, text)
        case .requested(let request): ("requested", nil, "\(request)")
        case .ended(.done): ("ended", nil, "done")
        case .ended(.stopped(let reason)): ("ended", nil, "stopped: \(reason)")
        case .ended(.paused(let reason)): ("ended", nil, "paused: \(reason)")
        case .ended(.failed(let reason)): ("ended", nil, "failed: \(reason)")
        case .ended(.aborted(let reason)): ("ended", nil, "aborted: \(reason)")
        }
    }
}
