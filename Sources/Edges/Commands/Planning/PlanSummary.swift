import FleetModel
import PlacementPlanning

/// A plan as `gantry plan` shows it.
struct PlanSummary: Report {
    var plan: MovePlan
    var took: Duration

    var json: JSONValue { PlanFile.document(plan, took: took) }

    var document: Document {
        let report = plan.report
        var pairs = [
            Pair("event", "request", Cell(plan.event.description)),
            Pair("bytes", "bytes to copy", Cell(report.bytes)),
            Pair("lower_bound_bytes", "least possible", Cell(report.lowerBound)),
            Pair("replicas_moved", "replicas to copy", Cell(report.replicasMoved)),
            Pair("lists", "lists that change", Cell(plan.changes.count)),
            Pair("leader_changes", "leaders that change", Cell(report.leaders.changes)),
            Pair("leaders", "leaders a broker", Cell("\(report.leaders.fewest) to \(report.leaders.most)")),
            Pair("makespan_ms", "time to copy", Self.time(report.makespan)),
            Pair("makespan_bound_ms", "least possible", Self.time(report.makespanBound)),
            Pair("tolerance", "within", Cell(report.achievedTolerance.description)),
            Pair("digest", "digest", Cell(plan.digest)),
        ]
        if report.audit.hostsAfter + report.audit.racksAfter > 0 {
            let text = "\(report.audit.hostsAfter) share hosts, \(report.audit.racksAfter) share racks, as before"
            pairs.append(Pair("spread", "not spread", Cell(text, .notice)))
        }
        var blocks: [Document.Block] = [.pairs(pairs), .table(brokers)]
        if !report.missedBands.isEmpty { blocks.append(.table(missed)) }
        if !report.notes.isEmpty { blocks.append(.lines(report.notes)) }
        return Document(blocks)
    }

    private static func time(_ duration: Duration) -> Cell {
        let milliseconds = JSONValue(milliseconds: duration).integer ?? 0
        return Cell("\(milliseconds / 1000).\(milliseconds / 100 % 10) s", exact: String(milliseconds))
    }

    private var brokers: Table {
        let most = plan.report.brokers.map { max($0.bytesBefore.bytes, $0.bytesAfter.bytes) }.max() ?? 0
        let mostLeaders = plan.report.brokers.map { max($0.leadersBefore, $0.leadersAfter) }.max() ?? 0
        func bytes(_ size: ByteCount) -> Cell {
            Cell(size.description, exact: String(size.bytes), bar: most > 0 ? Double(size.bytes) / Double(most) : 0)
        }
        func leaders(_ count: Int) -> Cell {
            Cell(String(count), bar: mostLeaders > 0 ? Double(count) / Double(mostLeaders) : 0)
        }
        return Table(
            "broker",
            [
                .init("id", "broker", isNumber: true), .init("bytes_before", "bytes before"),
                .init("bytes_after", "bytes after"), .init("leaders_before", "leaders before"),
                .init("leaders_after", "leaders after"), .init("peak_bytes", "most meanwhile", isNumber: true),
            ],
            plan.report.brokers.map {
                [
                    Cell($0.id.rawValue), bytes($0.bytesBefore), bytes($0.bytesAfter), leaders($0.leadersBefore),
                    leaders($0.leadersAfter), Cell($0.peak),
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
