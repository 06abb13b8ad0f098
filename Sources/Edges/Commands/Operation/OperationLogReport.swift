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
                events.map { $0.event.line(at: $0.at.description, in: record.plan) })
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

    private func title(_ id: StepID) -> String { record.plan.title(of: id) }
}
