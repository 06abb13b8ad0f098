import FleetModel
import FleetRuntime
import HealthRules

extension ClusterStatusReport {
    /// What people see: one screen for a small cluster, the worst findings first below it.
    var document: Document {
        var blocks: [Document.Block] = [.text(headline), .table(hosts)]
        if !status.context.brokers.isEmpty { blocks.append(.table(brokers)) }
        if !quorum.isEmpty { blocks.append(.table(quorumTable)) }
        blocks.append(.text(partitionLine))
        let rows = showsAll ? status.findings.map { FindingRow($0) } : groups.map { FindingRow($0) }
        if !rows.isEmpty { blocks.append(.findings(rows)) }
        if let operation { blocks.append(.text(Cell(operation.words, .notice))) }
        if let dockmon { blocks += dockmonLines(dockmon) }
        return Document(blocks)
    }

    /// What the daemon knows beyond what was just seen: what is blind, and how long something is wrong already.
    private func dockmonLines(_ record: DockmonRecord) -> [Document.Block] {
        var words = "dockmon \(record.isWatching ? "watches" : "is starting")"
        if !record.blind.isEmpty { words += ", blind on \(record.blind.map(\.host.rawValue).joined(separator: ", "))" }
        words += ": \(counted(record.incidents.count, "open incident"))"
        let tone: Tone = record.blind.isEmpty && record.incidents.isEmpty ? .plain : .notice
        return [.text(Cell(words, tone))] + (record.hangs.map { [.text(Cell("  \($0)", .bad))] } ?? [])
            + record.incidents.map { incident in
                .text(
                    Cell(
                        "  \(incident.finding.subject): \(incident.finding.rule) for "
                            + TimeText.span(record.age(of: incident.openedAt))
                            + (incident.isFlapping ? ", flapping" : "")))
            }
    }

    private var groups: [FindingGroup] { status.findings.groups }

    private var headline: Cell {
        let cluster = status.fleet.cluster
        let controller = status.snapshot.cluster.value?.controller.map { ", controller \($0)" } ?? ""
        let word = status.findings.severity.rawValue.uppercased()
        let count = groups.count
        let others = status.findings.count - count
        let findings =
            (count == 0 ? "" : ", \(counted(count, "finding"))")
            + (others == 0 ? "" : " and \(others) that follow\(others == 1 ? "s" : "") (-v shows all)")
        return Cell(
            "\(cluster.name) (Kafka \(cluster.version), \(cluster.mode.rawValue)\(controller)): \(word)\(findings)",
            status.findings.severity.tone)
    }

    private var hosts: Table {
        Table(
            "host",
            [
                .init("host", "HOST"), .init("state", "STATE"),
                .init("containers", "CONTAINERS", isNumber: true),
                .init("disk_free_bytes", "DISK FREE", isNumber: true),
                .init("disk_used", "DISK USED", isNumber: true),
            ],
            status.snapshot.hosts.map { host in
                let disk = host.disks.min { $0.free < $1.free }
                let running = host.containers.filter { $0.state == .running }.count
                return [
                    Cell(host.host.rawValue, .strong),
                    Cell(host.state.word.spaced, host.state == .ok ? .good : .bad, exact: host.state.word),
                    host.state == .ok
                        ? Cell("\(running)/\(host.containers.count)", exact: "\(host.containers.count)") : .none,
                    disk.map { Cell($0.free) } ?? .none,
                    disk.map { .share(($0.total - $0.free).bytes, of: $0.total.bytes) } ?? .none,
                ]
            })
    }

    private var brokers: Table {
        let leaders = status.context.brokers.compactMap(\.leaders).reduce(0, +)
        return Table(
            "broker",
            [
                .init("id", "BROKER", isNumber: true), .init("host", "HOST"), .init("port", "PORT", isNumber: true),
                .init("state", "STATE"), .init("container", "CONTAINER"),
                .init("restarts", "RESTARTS", isNumber: true), .init("partitions", "PARTITIONS", isNumber: true),
                .init("leaders", "LEADERS", isNumber: true), .init("log_bytes", "LOG", isNumber: true),
                .init("canary", "CANARY", canShrink: true),
            ],
            status.context.brokers.map { broker in
                [
                    Cell(broker.id.rawValue, .strong), broker.host.map { Cell($0.rawValue) } ?? .none,
                    broker.port.map { Cell($0) } ?? .none, Cell(broker.state.rawValue, broker.state.tone),
                    Cell(broker.container), Cell(broker.restarts, broker.restarts > 0 ? .notice : .plain),
                    broker.partitions.map { Cell($0) } ?? .none,
                    broker.leaders.map { own in
                        Cell("\(own)", bar: leaders > 0 ? Double(own) / Double(leaders) : nil)
                    } ?? .none,
                    broker.logBytes.map { Cell($0) } ?? .none, canary(broker.canary),
                ]
            })
    }

    private func canary(_ result: CanaryResult?) -> Cell {
        switch result {
        case .ok(let produce, let fetch):
            Cell("ok \(Int(produce.milliseconds + 0.5))+\(Int(fetch.milliseconds + 0.5)) ms", .good, exact: "ok")
        case .failed(let reason): Cell(Self.brief("failed: \(reason)"), .bad, exact: "failed: \(reason)")
        case .skipped(let reason): Cell(Self.brief("skipped: \(reason)"), .unknown, exact: "skipped: \(reason)")
        case nil: .none
        }
    }

    /// A reason in a column: its finding says it in full.
    private static func brief(_ text: String) -> String { TextWidth.cut(text, to: 40, ellipsis: "...") }

    private var quorumTable: Table {
        Table(
            "controller",
            [
                .init("id", "CONTROLLER", isNumber: true), .init("host", "HOST"), .init("port", "PORT", isNumber: true),
                .init("state", "STATE"), .init("lag", "LAG", isNumber: true),
            ],
            quorum.map { row in
                [
                    Cell(row.id.rawValue, .strong), row.host.map { Cell($0.rawValue) } ?? .none,
                    row.port.map { Cell($0) } ?? .none,
                    Cell(row.state, row.state == "unknown" ? .bad : .good), row.lag.map { Cell($0) } ?? .none,
                ]
            })
    }

    private var partitionLine: Cell {
        guard let cluster = status.snapshot.cluster.value else {
            // The finding of the cluster says why.
            return Cell("partitions: unknown", .unknown)
        }
        guard let counts = cluster.partitions.value?.counts() else {
            return Cell("partitions: unknown (\(cluster.partitions.reason ?? ""))", .unknown)
        }
        let moving = cluster.reassignments.value.map { "\($0.count)" } ?? "unknown"
        let bad = counts.offline + counts.underMinInSync > 0
        return Cell(
            "partitions: \(counts.total) in all, \(counts.underReplicated) under-replicated, "
                + "\(counts.underMinInSync) under min ISR, \(counts.offline) offline, \(moving) moving",
            bad ? .bad : counts.underReplicated > 0 ? .notice : .plain)
    }

    /// The line of a monitoring plugin, then one line a finding.
    var plain: [String] {
        let counts = status.snapshot.cluster.value?.partitions.value?.counts()
        let running = status.context.brokers.filter { $0.state == .running }.count
        let wanted = status.layout?.brokers.count ?? status.context.brokers.count
        let more = status.findings.count > 1 ? " (and \(status.findings.count - 1) more)" : ""
        let words =
            status.findings.first.map { "\($0.subject): \($0.evidence)\(more)" }
            ?? "\(counted(running, "broker")), \(counted(counts?.total ?? 0, "partition"))"
        var measures: [NagiosLine.Measure] = [
            .init("took", status.snapshot.took.milliseconds / 1000, .seconds),
            .init("brokers", Double(running), minimum: 0, maximum: Double(wanted)),
        ]
        if let counts {
            measures += [
                .init("partitions", Double(counts.total), minimum: 0),
                .init("under_replicated", Double(counts.underReplicated), warning: 0, minimum: 0),
                .init("under_min_isr", Double(counts.underMinInSync), critical: 0, minimum: 0),
                .init("offline", Double(counts.offline), critical: 0, minimum: 0),
            ]
        }
        // Lines behind the first are long output, where a bar would begin more performance data.
        return [NagiosLine(exit, words, measures).text]
            + Document([.findings(status.findings.map { FindingRow($0) })]).plainLines.map {
                $0.replacing("|", with: "/")
            }
    }
}

extension BrokerStatus.State {
    var tone: Tone {
        switch self {
        case .running: .good
        case .fenced, .stopped, .missing: .bad
        case .ghost: .notice
        case .unknown: .unknown
        }
    }
}

extension String {
    fileprivate var spaced: String { replacing(Character("_"), with: " ") }
}
