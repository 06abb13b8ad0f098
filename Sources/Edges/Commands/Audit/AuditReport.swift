import FleetModel
import OperationModel

/// `gantry audit`: newest first.
struct AuditReport: Report {
    /// What became of an invocation.
    enum Outcome: String, Hashable, Sendable {
        case running, ended
        /// Its record is open and its process gone.
        case killed
    }

    struct Row: Hashable, Sendable {
        var record: AuditRecord
        var outcome: Outcome
    }

    var rows: [Row]

    /// Judges each record; `isAlive` says whether its process still runs.
    init(_ records: [AuditRecord], isAlive: (Holder) -> Bool) {
        rows = records.map { record in
            Row(
                record: record,
                outcome: record.closedAt != nil ? .ended : isAlive(record.caller) ? .running : .killed)
        }
    }

    var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        return [
            "records": .array(
                rows.map { row in
                    let record = row.record
                    return [
                        "opened_at": JSONValue(record.openedAt), "closed_at": text(record.closedAt?.description),
                        "outcome": .string(row.outcome.rawValue),
                        "exit_code": record.exitCode.map { JSONValue($0) } ?? .null,
                        "user": .string(record.caller.user), "techhost": .string(record.caller.techhost),
                        "pid": JSONValue(record.caller.pid),
                        "arguments": .array(record.arguments.map(JSONValue.string)), "reason": text(record.reason),
                        "operation": text(record.operation?.rawValue),
                    ]
                })
        ]
    }

    var document: Document {
        guard !rows.isEmpty else { return Document([.text("nobody has called gantry in this time")]) }
        let columns: [Table.Column] = [
            .init("opened_at", "TIME"), .init("user", "USER", canShrink: true),
            .init("exit", "EXIT", isNumber: true),
            .init("command", "COMMAND", canShrink: true), .init("operation", "OPERATION"),
            .init("reason", "REASON", canShrink: true),
        ]
        return Document([.table(Table("invocation", columns, rows.map(\.cells)))])
    }
}

extension AuditReport.Row {
    /// What a screen shows of one text; the documents have all of it.
    private static let longest = 200

    private static func shown(_ text: String) -> String {
        text.count <= longest ? text : text.prefix(longest) + "…"
    }

    fileprivate var cells: [Cell] {
        let exit: Cell =
            switch outcome {
            case .running: Cell("running", .notice)
            case .killed: Cell("killed", .bad)
            case .ended: Cell(record.exitCode.map(String.init) ?? "", record.exitCode == 0 ? .good : .notice)
            }
        return [
            Cell(TimeText.instant(record.openedAt)), Cell(record.caller.user), exit,
            Cell(Self.shown(record.arguments.map(ShellQuoting.word).joined(separator: " ")), .strong),
            record.operation.map { Cell($0.rawValue) } ?? .none, record.reason.map { Cell(Self.shown($0)) } ?? .none,
        ]
    }
}
