import FleetModel
import HealthRules

/// The metrics page, in Prometheus' text format (exposition formats 0.0.4). Names and labels are documented in
/// docs/dockmon.md.
public struct MetricsText {
    private var text = ""

    /// The page of what is known.
    /// - Parameters:
    ///   - state: what the daemon knows; nil before its first look.
    ///   - counters: what is counted outside of it: lines lost, plug-ins, mail.
    /// - Returns: the page's text.
    public static func page(_ state: MonitorState?, counters: [(name: String, help: String, value: Int)] = []) -> String
    {
        var page = MetricsText()
        page.write(state)
        for counter in counters { page.metric(counter.name, "counter", counter.help, [([], Double(counter.value))]) }
        return page.text
    }

    private typealias Sample = (labels: [(String, String)], value: Double)

    private mutating func write(_ state: MonitorState?) {
        metric(
            "gantry_dockmon_watching", "gauge", "1 once every host was tried.",
            [([], state?.isWatching == true ? 1 : 0)])
        guard let state else { return }
        writeDaemon(state)
        writeIncidents(state)
        guard let context = state.context else { return }
        writeContainers(context)
        writeCluster(context)
    }

    private mutating func writeDaemon(_ state: MonitorState) {
        metric(
            "gantry_dockmon_start_time_seconds", "gauge", "When the daemon began to watch.",
            [([], Self.seconds(state.startedAt))])
        metric(
            "gantry_dockmon_last_look_timestamp_seconds", "gauge", "When the whole was looked at last.",
            state.lookedAt.map { [([], Self.seconds($0))] } ?? [])
        metric("gantry_dockmon_events_total", "counter", "Docker's events.", [([], Double(state.eventsTotal))])
        metric(
            "gantry_dockmon_unheard_changes_total", "counter", "Changes that were seen and that no event had told of.",
            [([], Double(state.unheardTotal))])
        metric(
            "gantry_operation_running", "gauge", "1 while an operation of gantry is under way.",
            [([], state.operation == nil ? 0 : 1)])
        func hosts(_ value: (HostSight) -> Double?) -> [Sample] {
            state.hosts.compactMap { sight in value(sight).map { ([("host", sight.host.rawValue)], $0) } }
        }
        metric(
            "gantry_host_watched", "gauge", "1 while the host's events are followed.", hosts { $0.isWatched ? 1 : 0 })
        metric(
            "gantry_host_last_seen_timestamp_seconds", "gauge", "When the host's containers were listed last.",
            hosts { $0.observedAt.map(Self.seconds) })
        metric("gantry_host_events_total", "counter", "Docker's events of the host.", hosts { Double($0.events) })
        metric(
            "gantry_host_garbled_events_total", "counter", "Parts of the host's stream that could not be read.",
            hosts { Double($0.garbled) })
        metric(
            "gantry_host_reconnects_total", "counter", "How often the host's stream was made anew.",
            hosts { Double($0.reconnects) })
    }

    private mutating func writeIncidents(_ state: MonitorState) {
        metric(
            "gantry_incidents_opened_total", "counter", "Incidents that were opened.", [([], Double(state.openedTotal))]
        )
        metric(
            "gantry_incidents", "gauge", "Open incidents by severity.",
            [Severity.critical, .unknown, .warning].map { severity in
                ([("severity", severity.rawValue)], Double(state.incidents.filter { $0.severity == severity }.count))
            })
        metric(
            "gantry_incident", "gauge", "1 for each open incident.",
            state.incidents.map { incident in
                (
                    [
                        ("rule", incident.key.rule), ("subject", incident.key.subject),
                        ("severity", incident.severity.rawValue), ("host", incident.finding.host?.rawValue ?? ""),
                    ], 1
                )
            })
    }

    private mutating func writeContainers(_ context: HealthContext) {
        let containers = context.snapshot.containers.map { host, container in
            (
                labels: [
                    ("host", host.rawValue), ("container", container.name),
                    ("node", container.node?.description ?? ""), ("role", container.role?.rawValue ?? ""),
                ], container: container
            )
        }
        metric(
            "gantry_container_running", "gauge", "1 while the container runs.",
            containers.map { ($0.labels, $0.container.state == .running ? 1 : 0) })
        metric(
            "gantry_container_restarts", "gauge", "How often Docker restarted it since somebody started it.",
            containers.map { ($0.labels, Double($0.container.restarts)) })
        let disks = context.snapshot.hosts.flatMap { host in
            host.disks.map { ([("host", host.host.rawValue), ("path", $0.path)], $0) }
        }
        metric(
            "gantry_disk_free_bytes", "gauge", "Free room of a data directory.",
            disks.map { ($0.0, Double($0.1.free.bytes)) })
        metric(
            "gantry_disk_size_bytes", "gauge", "Size of a data directory's file system.",
            disks.map { ($0.0, Double($0.1.total.bytes)) })
    }

    private mutating func writeCluster(_ context: HealthContext) {
        func brokers(_ value: (BrokerStatus) -> Double?) -> [Sample] {
            context.brokers.compactMap { broker in
                value(broker).map { ([("broker", broker.id.description), ("host", broker.host?.rawValue ?? "")], $0) }
            }
        }
        metric("gantry_broker_running", "gauge", "1 while the broker serves.", brokers { $0.state == .running ? 1 : 0 })
        metric(
            "gantry_broker_partitions", "gauge", "Replicas on the broker.", brokers { $0.partitions.map(Double.init) })
        metric(
            "gantry_broker_leaders", "gauge", "Partitions led by the broker.", brokers { $0.leaders.map(Double.init) })
        metric(
            "gantry_broker_log_bytes", "gauge", "Bytes of all its logs.",
            brokers { $0.logBytes.map { Double($0.bytes) } })
        metric(
            "gantry_canary_ok", "gauge", "1 when a record came back from the broker.",
            brokers { broker in
                switch broker.canary {
                case .ok: 1
                case .failed: 0
                case .skipped, nil: nil
                }
            })
        metric(
            "gantry_canary_seconds", "gauge", "How long the record took, there and back.",
            brokers { broker in
                guard case .ok(let produce, let fetch) = broker.canary else { return nil }
                return Self.seconds(produce + fetch)
            })
        guard let cluster = context.snapshot.cluster.value else { return }
        metric(
            "gantry_controller_active", "gauge", "1 while a controller is active.",
            [([], cluster.controller == nil ? 0 : 1)])
        if let moves = cluster.reassignments.value {
            metric("gantry_partitions_moving", "gauge", "Partitions that are being moved.", [([], Double(moves.count))])
        }
        guard let counts = cluster.partitions.value?.counts() else { return }
        let kinds = [
            ("total", counts.total), ("under_replicated", counts.underReplicated),
            ("under_min_isr", counts.underMinInSync), ("offline", counts.offline),
        ]
        metric(
            "gantry_partitions", "gauge", "Partitions, canaries left out.",
            kinds.map { ([("state", $0.0)], Double($0.1)) })
    }

    private mutating func metric(_ name: String, _ type: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for (labels, value) in samples {
            text += name
            if !labels.isEmpty {
                text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
            }
            text += " \(Self.number(value))\n"
        }
    }

    private static func number(_ value: Double) -> String {
        value.rounded() == value && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }

    /// A label's value: backslash, quote and line feed are escaped.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private static func seconds(_ time: Timestamp) -> Double { Double(time.milliseconds) / 1000 }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
