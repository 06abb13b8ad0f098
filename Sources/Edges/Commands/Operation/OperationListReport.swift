import FleetModel
import OperationModel

/// `gantry operation list`: newest first.
struct OperationListReport: Report {
    /// More than anybody reads; `gantry audit` has the rest.
    static let limit = 200

    let rows: [(record: OperationRecord, progress: OperationProgress, status: OperationStatus)]

    var json: JSONValue {
        [
            "operations": .array(
                rows.map { record, progress, status in
                    [
                        "id": .string(record.id.rawValue), "command": .string(record.plan.commandLine),
                        "state": .string(status.rawValue),
                        "started_at": .string((progress.startedAt ?? record.createdAt).description),
                        "reason": record.plan.reason.map { .string($0) } ?? .null,
                    ]
                })
        ]
    }

    var document: Document {
        guard !rows.isEmpty else { return Document([.text("no operation has run yet")]) }
        return Document([
            .table(
                Table(
                    "operation",
                    [
                        .init("id", "OPERATION"), .init("state", "STATE"), .init("started_at", "STARTED"),
                        .init("command", "COMMAND", canShrink: true), .init("reason", "REASON", canShrink: true),
                    ],
                    rows.map { record, progress, status in
                        [
                            Cell(record.id.rawValue, .strong), Cell(status.rawValue, status.tone),
                            Cell((progress.startedAt ?? record.createdAt).description), Cell(record.plan.commandLine),
                            record.plan.reason.map { Cell($0) } ?? .none,
                        ]
                    }))
        ])
    }
}

extension OperationStatus {
    /// Why nothing is left to be done with it: "operation X is already done".
    var already: String {
        switch self {
        case .done: "is already done"
        case .aborted: "was given up"
        case .running: "is running"
        case .stopped, .paused, .interrupted, .failed: "is \(rawValue)"
        }
    }

    var tone: Tone {
        switch self {
        case .done: .good
        case .running: .plain
        case .failed, .interrupted: .bad
        case .stopped, .paused, .aborted: .notice
        }
    }
}

extension OperationProgress {
    /// The progress of `record` by all of its events.
    static func read(_ record: OperationRecord, from store: any OperationStore) throws(StoreError) -> OperationProgress
    {
        fold(record.plan, try store.events(of: record.id))
    }
}
