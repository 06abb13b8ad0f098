import FleetModel
import PlacementPlanning

/// A plan as `gantry plan` shows it.
struct PlanSummary: Report {
    var plan: MovePlan
    var took: Duration
    /// Whether nobody told the size of any partition: bytes and times are then no facts.
    var hasNoSizes = false
    /// What the reader should know besides what the plan itself says, a line each.
    var notes: [String] = []
    /// The file that keeps it; nil: none does.
    var output: String?
    /// Each topic of the placement that was planned on, with its partitions: what `explain` knows it by.
    var topics: [String: Int] = [:]

    private var allNotes: [String] { plan.report.notes + notes }

    /// The plan's file; its notes are all there are, and `topics` is what the placement had.
    var json: JSONValue {
        var document = PlanFile.document(plan, took: took).object ?? JSONObject()
        document["notes"] = .array(allNotes.map { .string($0) })
        document["topics"] = .array(
            topics.sorted { $0.key < $1.key }.map { ["topic": .string($0.key), "partitions": JSONValue($0.value)] })
        return .object(document)
    }

    var document: Document {
        let report = plan.report
        var pairs = [
            Pair("event", "request", Cell(plan.event.description)),
            Pair("bytes", "bytes to copy", sizes.known(Cell(report.bytes))),
            Pair("lower_bound_bytes", "least possible", sizes.known(Cell(report.lowerBound))),
            Pair("replicas_moved", "replicas to copy", Cell(report.replicasMoved)),
            Pair("lists", "lists that change", Cell(plan.changes.count)),
            Pair("leader_changes", "leaders that change", Cell(report.leaders.changes)),
            Pair("leaders", "leaders a broker", Cell("\(report.leaders.fewest) to \(report.leaders.most)")),
            Pair("makespan_ms", "time to copy", sizes.known(Self.time(report.makespan))),
            Pair("makespan_bound_ms", "least possible", sizes.known(Self.time(report.makespanBound))),
            Pair("tolerance", "within", sizes.known(Cell(report.achievedTolerance.description))),
            Pair("digest", "digest", Cell(plan.digest)),
        ]
        if report.audit.hostsAfter + report.audit.racksAfter > 0 {
            let text = "\(report.audit.hostsAfter) share hosts, \(report.audit.racksAfter) share racks, as before"
            pairs.append(Pair("spread", "not spread", Cell(text, .notice)))
        }
        var blocks: [Document.Block] = [.pairs(pairs), .table(brokers)]
        if !report.missedBands.isEmpty { blocks.append(.table(missed)) }
        if !allNotes.isEmpty { blocks.append(.lines(allNotes)) }
        if let output {
            blocks.append(
                .text(
                    Cell(
                        "kept in \(output) for gantry explain; gantry apply takes no plan of moves alone: "
                            + plan.event.wayToExecute)))
        }
        return Document(blocks)
    }

    private static func time(_ duration: Duration) -> Cell {
        Cell(TimeText.span(duration), exact: String(JSONValue(milliseconds: duration).integer ?? 0))
    }

    private var sizes: SizeCells { SizeCells(areUnknown: hasNoSizes) }

    private var brokers: Table {
        let most = plan.report.brokers.map { max($0.bytesBefore, $0.bytesAfter) }.max() ?? .zero
        let mostLeaders = plan.report.brokers.map { max($0.leadersBefore, $0.leadersAfter) }.max() ?? 0
        func bytes(_ size: ByteCount) -> Cell { sizes.bytes(size, of: most) }
        func leaders(_ count: Int) -> Cell {
            Cell(String(count), bar: mostLeaders > 0 ? Double(count) / Double(mostLeaders) : 0)
        }
        return Table(
            "broker",
            [
                .init("id", "broker", isNumber: true), .init("bytes_before", "bytes before", isNumber: true),
                .init("bytes_after", "bytes after", isNumber: true),
                .init("leaders_before", "leaders before", isNumber: true),
                .init("leaders_after", "leaders after", isNumber: true),
                .init("peak_bytes", "most meanwhile", isNumber: true),
            ],
            plan.report.brokers.map {
                [
                    Cell($0.id.rawValue), bytes($0.bytesBefore), bytes($0.bytesAfter), leaders($0.leadersBefore),
                    leaders($0.leadersAfter), hasNoSizes ? Cell("unknown", .unknown, exact: "") : Cell($0.peak),
                ]
            })
    }

    private var missed: Table {
        Table(
            "missed_band",
            [
                .init("id", "outside its band", isNumber: true), .init("by_bytes", "by", isNumber: true),
                .init("reason", "because", canShrink: true),
            ],
            plan.report.missedBands.map { [Cell($0.broker.rawValue), Cell($0.by), Cell($0.reason)] })
    }
}
