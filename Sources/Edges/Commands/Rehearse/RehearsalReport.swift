import FleetModel
import FleetSimulator
import OperationModel

/// How a rehearsed operation went.
struct RehearsalReport: Report {
    let plan: OperationPlan
    let bytes: ByteCount
    let notes: [String]
    let result: RehearsalResult

    /// Like the operation itself; with warnings where it would come near to harm.
    var exit: ExitStatus {
        guard result.ending == .done else { return .failed }
        return result.warnings.isEmpty ? .done : .warning
    }

    private var word: String {
        switch result.ending {
        case .done: "done"
        case .stopped, .stoppedAtOnce, .paused: "stopped"
        case .failed, .aborted, .superseded: "failed"
        case nil: "unfinished"
        }
    }

    private var reason: String? {
        switch result.ending {
        case .done: nil
        case .stopped(let reason), .stoppedAtOnce(let reason), .paused(let reason), .failed(let reason),
            .aborted(let reason):
            reason
        case .superseded(let other): "superseded by operation \(other)"
        case nil: "it had not ended after \(TimeText.span(result.took)): something it waits for does not come"
        }
    }

    // MARK: JSON

    var json: JSONValue {
        [
            "command": .string(plan.commandLine), "cluster": .string(plan.cluster.rawValue), "result": .string(word),
            "reason": reason.map { .string($0) } ?? .null, "took_ms": JSONValue(milliseconds: result.took),
            "bytes": JSONValue(bytes.bytes), "before": Self.json(result.before), "worst": Self.json(result.worst),
            "stages": .array(result.stages.map(Self.json)), "brokers": .array(result.brokers.map(Self.json)),
            "disks": .array(result.disks.map(Self.json)), "losses": .array(result.losses.map(Self.json)),
            "warnings": .array(result.warnings.map { .string($0) }), "notes": .array(notes.map { .string($0) }),
        ]
    }

    private static func json(_ margins: PartitionMargins) -> JSONValue {
        [
            "without_spare": JSONValue(margins.withoutSpare), "under_min_isr": JSONValue(margins.underMinInSync),
            "offline": JSONValue(margins.offline),
        ]
    }

    private static func json(_ margins: LossMargins) -> JSONValue {
        ["offline": JSONValue(margins.offline), "under_min_isr": JSONValue(margins.underMinInSync)]
    }

    private static func json(_ stage: RehearsalResult.Stage) -> JSONValue {
        [
            "step": .string(stage.title), "begins_ms": JSONValue(milliseconds: stage.begins),
            "took_ms": JSONValue(milliseconds: stage.takes), "margins": json(stage.margins),
            "most_leaders": JSONValue(stage.mostLeaders),
            "fullest_disk": stage.fullest.map {
                [
                    "host": .string($0.host.rawValue), "path": .string($0.path), "used_bytes": JSONValue($0.used.bytes),
                    "total_bytes": JSONValue($0.total.bytes),
                ]
            } ?? .null,
        ]
    }

    private static func json(_ broker: RehearsalResult.Broker) -> JSONValue {
        [
            "id": JSONValue(broker.id.rawValue), "host": .string(broker.host.rawValue),
            "bytes": json(broker.bytes) { JSONValue($0.bytes) }, "leaders": json(broker.leaders) { JSONValue($0) },
        ]
    }

    private static func json(_ disk: RehearsalResult.Disk) -> JSONValue {
        [
            "host": .string(disk.host.rawValue), "path": .string(disk.path), "total_bytes": JSONValue(disk.total.bytes),
            "used_bytes": json(disk.used) { JSONValue($0.bytes) },
        ]
    }

    private static func json(_ loss: RehearsalResult.Loss) -> JSONValue {
        [
            "host": .string(loss.host.rawValue), "before": json(loss.before), "worst": json(loss.worst),
            "during": loss.during.map { .string($0) } ?? .null,
        ]
    }

    private static func json<Value>(
        _ course: RehearsalResult.Course<Value>, _ value: (Value) -> JSONValue
    ) -> JSONValue {
        ["before": value(course.before), "peak": value(course.peak), "after": value(course.after)]
    }

    // MARK: For people

    var document: Document {
        var blocks: [Document.Block] = [.pairs(pairs), .table(stages), .table(brokers), .table(disks), .table(losses)]
        if !result.warnings.isEmpty { blocks.append(.lines(result.warnings.map { "warning: \($0)" })) }
        if !notes.isEmpty { blocks.append(.lines(notes)) }
        blocks.append(.text(Cell("\(plan.commandLine): a rehearsal; nothing was changed")))
        return Document(blocks)
    }

    private var pairs: [Pair] {
        let tone: Tone = exit == .done ? .good : exit == .warning ? .notice : .bad
        var pairs = [
            Pair("result", "result", Cell(word, tone)), Pair("took_ms", "time", Self.span(result.took)),
            Pair("bytes", "bytes to copy", Cell(bytes)),
            Pair(
                "without_spare", "partitions without a spare replica",
                Self.course(result.before.withoutSpare, result.worst.withoutSpare)),
            Pair(
                "under_min_isr", "partitions under min ISR",
                Self.course(result.before.underMinInSync, result.worst.underMinInSync)),
            Pair("offline", "partitions offline", Self.course(result.before.offline, result.worst.offline)),
        ]
        if let reason { pairs.insert(Pair("reason", "because", Cell(reason)), at: 1) }
        return pairs
    }

    private static func span(_ duration: Duration) -> Cell {
        Cell(TimeText.span(duration), exact: String(JSONValue(milliseconds: duration).integer ?? 0))
    }

    /// `0`, or `0, at worst 12`.
    private static func course(_ before: Int, _ worst: Int) -> Cell {
        Cell(
            worst > before ? "\(before), at worst \(worst)" : "\(before)", worst > before ? .notice : .plain,
            exact: String(worst))
    }

    private var stages: Table {
        Table(
            "stage",
            [
                .init("title", "STEP", canShrink: true), .init("begins_ms", "BEGINS", isNumber: true),
                .init("took_ms", "TAKES", isNumber: true), .init("most_leaders", "MOST LEADERS", isNumber: true),
                .init("fullest", "FULLEST DISK", isNumber: true), .init("without_spare", "NO SPARE", isNumber: true),
                .init("under_min_isr", "UNDER MIN ISR", isNumber: true), .init("offline", "OFFLINE", isNumber: true),
            ],
            result.stages.map { stage in
                [
                    Cell(stage.title), Self.span(stage.begins), Self.span(stage.takes), Cell(stage.mostLeaders),
                    stage.fullest.map { Cell($0.share.description) } ?? .none, Cell(stage.margins.withoutSpare),
                    Cell(stage.margins.underMinInSync), Cell(stage.margins.offline),
                ]
            })
    }

    /// Brokers whose data or leaders change.
    private var brokers: Table {
        let changed = result.brokers.filter {
            $0.bytes.before != $0.bytes.peak || $0.bytes.before != $0.bytes.after
                || $0.leaders.before != $0.leaders.after
        }
        return Table(
            "broker",
            [
                .init("id", "BROKER", isNumber: true), .init("host", "HOST"),
                .init("bytes_before", "BYTES BEFORE", isNumber: true),
                .init("peak_bytes", "MOST MEANWHILE", isNumber: true),
                .init("bytes_after", "AFTER", isNumber: true),
                .init("leaders_before", "LEADERS BEFORE", isNumber: true),
                .init("most_leaders", "MOST", isNumber: true), .init("leaders_after", "AFTER", isNumber: true),
            ],
            changed.map {
                [
                    Cell($0.id.rawValue), Cell($0.host.rawValue), Cell($0.bytes.before), Cell($0.bytes.peak),
                    Cell($0.bytes.after), Cell($0.leaders.before), Cell($0.leaders.peak), Cell($0.leaders.after),
                ]
            })
    }

    private var disks: Table {
        Table(
            "disk",
            [
                .init("host", "HOST"), .init("path", "DISK"), .init("total_bytes", "SIZE", isNumber: true),
                .init("used_before", "USED BEFORE", isNumber: true),
                .init("peak_bytes", "MOST MEANWHILE", isNumber: true),
                .init("used_after", "AFTER", isNumber: true),
            ],
            result.disks.map {
                [
                    Cell($0.host.rawValue), Cell($0.path), Cell($0.total), Cell($0.used.before),
                    .share($0.used.peak.bytes, of: $0.total.bytes), Cell($0.used.after),
                ]
            })
    }

    private var losses: Table {
        Table(
            "loss",
            [
                .init("host", "IF LOST"), .init("offline", "OFFLINE", isNumber: true),
                .init("under_min_isr", "PRODUCERS STOP", isNumber: true),
                .init("during", "AT WORST DURING", canShrink: true),
            ],
            result.losses.map {
                [
                    Cell($0.host.rawValue), Self.course($0.before.offline, $0.worst.offline),
                    Self.course($0.before.underMinInSync, $0.worst.underMinInSync), $0.during.map { Cell($0) } ?? .none,
                ]
            })
    }
}
