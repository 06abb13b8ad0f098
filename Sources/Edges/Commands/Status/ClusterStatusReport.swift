import FleetModel
import FleetRuntime
import HealthRules
import OperationModel

/// What `clusterstatus` found, in the three forms.
struct ClusterStatusReport: Report {
    let status: ClusterStatus
    /// Whether people are shown what follows from another finding, too.
    var showsAll = false
    /// What the monitoring daemon knows, where it runs.
    var dockmon: DockmonRecord?
    /// The operation that has not come to its end: at work, or left and waiting for somebody to go on with it.
    var operation: OpenOperation?

    /// An operation that is carried out now, or that nobody carries out and that can be gone on with.
    struct OpenOperation: Hashable, Sendable {
        let id: OperationID
        let command: String
        let status: OperationStatus

        /// What shows it, or goes on with it.
        var next: String { status == .running ? "gantry operation attach \(id)" : "gantry operation resume \(id)" }

        /// The one of `cluster` in `journal` that is at work, or else as `operation resume` finds it.
        init?(_ cluster: ClusterName, in journal: any OperationStore) throws(StoreError) {
            if let record = try journal.atWork(on: cluster) {
                (id, command, status) = (record.id, record.plan.commandLine, .running)
                return
            }
            guard let record = try journal.resumable(cluster) else { return nil }
            id = record.id
            command = record.plan.commandLine
            status = try OperationProgress.read(record, from: journal).status(holderIsAlive: false)
        }

        /// The line that people read.
        var words: String {
            let name = "operation \(id) (\(command)) \(status.already)"
            return status == .running
                ? "\(name), and what it causes is no more than a warning: \(next)"
                : "\(name) and waits: \(next) goes on, gantry operation abort \(id) gives it up"
        }
    }

    private var cluster: ClusterObservation? { status.snapshot.cluster.value }
    private var severity: Severity { status.findings.severity }

    /// What the process ends with: those of Nagios plugins.
    var exit: ExitStatus { ExitStatus(severity) }

    // MARK: JSON

    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("severity", .string(severity.rawValue)), ("took_ms", .number(status.snapshot.took.milliseconds)),
            ("taken_at", .string(status.snapshot.takenAt.description)),
            (
                "cluster",
                [
                    "name": .string(status.fleet.cluster.name.rawValue),
                    "id": (cluster?.clusterID ?? status.layout?.clusterID).map { .string($0.rawValue) } ?? .null,
                    "mode": .string(status.fleet.cluster.mode.rawValue),
                    "version": .string(status.fleet.cluster.version.description),
                    "controller": cluster?.controller.json ?? .null,
                ]
            ), ("hosts", .array(status.snapshot.hosts.map(\.json))),
            ("brokers", .array(status.context.brokers.map(json))), ("quorum", .array(quorum.map(json))),
            ("partitions", partitions),
            (
                "findings",
                .array(status.findings.map(\.json))
            ),
        ]
        if let operation {
            members.append(
                (
                    "operation",
                    [
                        "id": .string(operation.id.rawValue), "command": .string(operation.command),
                        "state": .string(operation.status.rawValue), "next": .string(operation.next),
                    ]
                ))
        }
        if let dockmon { members.append(("dockmon", json(dockmon))) }
        if let reason = status.snapshot.cluster.reason { members.append(("unknown", .string(reason))) }
        return .object(JSONObject(members))
    }

    private func json(_ broker: BrokerStatus) -> JSONValue {
        [
            "id": .integer(Int64(broker.id.rawValue)), "host": broker.host.map { .string($0.rawValue) } ?? .null,
            "port": broker.port.map { .integer(Int64($0)) } ?? .null, "state": .string(broker.state.rawValue),
            "container": .string(broker.container), "restarts": .integer(Int64(broker.restarts)),
            "partitions": broker.partitions.map { .integer(Int64($0)) } ?? .null,
            "leaders": broker.leaders.map { .integer(Int64($0)) } ?? .null,
            "log_bytes": broker.logBytes.map { .integer($0.bytes) } ?? .null, "canary": json(broker.canary),
        ]
    }

    private func json(_ record: DockmonRecord) -> JSONValue {
        [
            "state": .string(record.isWatching ? "watching" : "starting"),
            "looked_at": record.lookedAt.map { .string($0.description) } ?? .null,
            "blind": .array(
                record.blind.map { host in
                    [
                        "host": .string(host.host.rawValue),
                        "since": host.blindSince.map { .string($0.description) } ?? .null,
                        "reason": .string(orNull: host.reason),
                    ]
                }), "incidents": .array(record.incidents.map(\.json)),
        ]
    }

    private func json(_ canary: CanaryResult?) -> JSONValue {
        switch canary {
        case .ok(let produce, let fetch):
            ["ok": true, "produce_ms": .number(produce.milliseconds), "fetch_ms": .number(fetch.milliseconds)]
        case .failed(let reason): ["ok": false, "reason": .string(reason)]
        case .skipped(let reason): ["ok": .null, "reason": .string(reason)]
        case nil: .null
        }
    }

    private func json(_ member: QuorumRow) -> JSONValue {
        [
            "id": .integer(Int64(member.id.rawValue)), "host": member.host.map { .string($0.rawValue) } ?? .null,
            "port": member.port.map { .integer(Int64($0)) } ?? .null, "state": .string(member.state),
            "lag": member.lag.map { .integer($0) } ?? .null,
        ]
    }

    private var partitions: JSONValue {
        guard let counts = cluster?.partitions.value?.counts() else { return .null }
        return [
            "total": .integer(Int64(counts.total)), "under_replicated": .integer(Int64(counts.underReplicated)),
            "under_min_isr": .integer(Int64(counts.underMinInSync)), "offline": .integer(Int64(counts.offline)),
            "reassigning": cluster?.reassignments.value.map { .integer(Int64($0.count)) } ?? .null,
        ]
    }

    // MARK: The quorum's rows

    struct QuorumRow {
        var id: NodeID
        var host: HostName?
        var port: UInt16?
        /// leader, follower, observer or unknown.
        var state: String
        var lag: Int64?
    }

    /// Voters, observing controllers, and wanted controllers that nobody told of. Brokers observe too and are left out, those
    /// as well that are gone: a leader remembers them for minutes.
    var quorum: [QuorumRow] {
        let quorum = cluster?.quorum.value
        var rows: [QuorumRow] = []
        let containers = status.snapshot.containers.map(\.container)
        func add(_ id: NodeID, _ state: String, _ lag: Int64?) {
            let node = status.layout?.node(id)
            // A leader goes on for seconds after its followers died; Docker knows at once.
            let isDead = containers.contains { $0.node == id && $0.state != .running }
            let state = isDead ? "unknown" : state
            rows.append(QuorumRow(id: id, host: node?.host, port: node?.port, state: state, lag: lag))
        }
        for voter in quorum?.voters ?? [] {
            let state =
                voter.id == quorum?.leader ? "leader" : quorum?.isFollowing(voter) == true ? "follower" : "unknown"
            add(voter.id, state, voter.lag)
        }
        let controllers = Set(
            (status.layout?.controllers.map(\.id) ?? []) + (cluster?.registeredControllers.value ?? []))
        for observer in quorum?.observers ?? [] where controllers.contains(observer.id) {
            add(observer.id, "observer", observer.lag)
        }
        for node in status.layout?.controllers ?? [] where !rows.contains(where: { $0.id == node.id }) {
            add(node.id, "unknown", nil)
        }
        return rows.sorted { $0.id < $1.id }
    }
}

extension Duration {
    /// For `_ms` members, to the hundredth.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds / 10_000_000_000_000) / 100
    }
}

extension Optional<NodeID> {
    fileprivate var json: JSONValue { map { .integer(Int64($0.rawValue)) } ?? .null }
}

extension HostObservation {
    fileprivate var json: JSONValue {
        let known = state == .ok
        return [
            "host": .string(host.rawValue), "state": .string(state.word),
            "containers": known ? .integer(Int64(containers.count)) : .null,
            "disk_free_bytes": disks.map(\.free.bytes).min().map { .integer($0) } ?? .null,
            "disk_total_bytes": disks.min { $0.free < $1.free }.map { .integer($0.total.bytes) } ?? .null,
            "reason": state.reason.map { .string($0) } ?? .null,
        ]
    }
}
