import FleetModel
import FleetSimulator
import HealthRules
import Observation
import Operations
import Synchronization
import Testing

@testable import Monitoring

/// A cluster on a simulated fleet in memory, with a monitor on it under virtual time.
struct MonitorStage {
    let time = VirtualTime()
    let fleet: SimulatedFleet
    let layout: ClusterLayout
    let specification: FleetSpecification
    let sink = Sink()
    let operation = Box<OperationAtWork?>(nil)
    let left = Box<Finding?>(nil)

    init(hosts count: Int = 3, brokers: Int = 2) throws {
        specification = FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")), transport: .simulated,
                version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "gantry/kafka:4.3.1",
                controllers: min(3, count)),
            hosts: (1...count).compactMap { HostName(rawValue: "10.0.\($0 / 250).\($0 % 250)") }.map {
                HostSpecification(host: $0, rack: $0.rawValue, brokers: brokers, data: ["/data"])
            })
        layout = try ClusterLayout.initial(
            for: specification, clusterID: try #require(ClusterID(bytes: Array(1...16))),
            directoryIDs: { id in
                DirectoryID(bytes: Array(repeating: UInt8(truncatingIfNeeded: id.rawValue), count: 16)) ?? .fallback16
            })
        var state = FleetState(seed: 1)
        state.admit(specification.hosts)
        let time = time
        fleet = SimulatedFleet(
            cluster: specification.cluster.name, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
    }

    func host(_ number: Int) -> HostName { specification.hosts[number - 1].host }
    func node(_ id: Int32) throws -> NodeID { try #require(NodeID(rawValue: id)) }

    /// Makes the cluster, then lets the monitor run while `story` does things; returns what was told.
    func watch(
        logsEvents: Bool = false, through way: EventWay = .whole, _ story: @escaping @Sendable () async throws -> Void
    ) throws -> [String] {
        try bootstrap()
        let (time, sink, operation, left) = (time, sink, operation, left)
        let health = SimulatedHealth(
            fleet: fleet, layout: layout, specification: specification, clock: time, operation: operation, left: left)
        let ports = MonitorPorts(
            health: health, containers: fleet, events: BadEvents(fleet: fleet, way: way, clock: time), log: sink,
            state: sink, receivers: [sink], clock: time,
            chance: { 0.5 })
        let monitor = Monitor(
            hosts: specification.hosts.map(\.host), ports: ports,
            rules: MonitorRules(interval: .seconds(30), logsEvents: logsEvents))
        let failure = time.run { () -> (any Error)? in
            await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask {
                    _ = await monitor.run()
                    return nil
                }
                group.addTask {
                    do {
                        try await time.sleep(for: .seconds(5))
                        sink.begin()
                        try await story()
                        return nil
                    } catch { return error }
                }
                let failure = await group.next() ?? nil
                group.cancelAll()
                return failure
            }
        }
        if let failure = try #require(failure, "it waits for something outside") { throw failure }
        return sink.told
    }

    private func bootstrap() throws {
        let (fleet, layout, specification) = (fleet, layout, specification)
        let done = time.run { () -> String? in
            do {
                let name = specification.cluster.name
                for host in specification.hosts.map(\.host) {
                    let nodes = layout.nodes(on: host)
                    var files = nodes.map {
                        FileToPlace(
                            path: OnHostPath.properties(of: $0.id, cluster: name),
                            contents: PlainFiles.properties(of: $0, settings: ["min.insync.replicas": "2"]))
                    }
                    files.append(
                        FileToPlace(
                            path: OnHostPath.composeFile(of: name),
                            contents: PlainFiles.compose(
                                nodes, cluster: name, clusterID: layout.clusterID, image: specification.cluster.image)))
                    _ = try await fleet.place(files, on: host)
                    try await fleet.bringImage(specification.cluster.image, from: .techhost, archive: nil, to: host) {
                        _ in
                    }
                    for node in nodes {
                        let ids =
                            node.role == .controller
                            ? ["--initial-controllers", layout.initialControllers] : ["--no-initial-controllers"]
                        _ = try await fleet.runOnce(
                            OneOffRun(
                                name: "format", image: specification.cluster.image,
                                command: [
                                    InImagePath.storage, "format", "-t", layout.clusterID.rawValue, "-c",
                                    OnHostPath.properties(of: node.id, cluster: name), "-g",
                                ] + ids, mounts: node.dataDirectories, user: "0:0"), on: host)
                    }
                }
                for role in [NodeRole.controller, .broker] {
                    for host in specification.hosts.map(\.host) {
                        let services = layout.nodes(on: host).filter { $0.role == role }.map {
                            ContainerName.service(of: $0)
                        }
                        try await fleet.start(services, of: name, on: host)
                    }
                }
                try await fleet.pause(.seconds(60))
                return nil
            } catch { return "\(error)" }
        }
        try #require(done == .some(nil), "\(done ?? "stuck")")
    }
}

extension SimulatedFleet {
    /// Waits in the fleet's time.
    func pause(_ duration: Duration) async throws {
        guard let time = Mirror(reflecting: self).descendant("clock") as? any FleetClock else { return }
        try await time.sleep(for: duration)
    }
}

/// What becomes of a host's stream of events on its way.
enum EventWay: Sendable {
    case whole
    /// It stands, and brings nothing.
    case stalled
    /// Every event is something that can't be read.
    case garbled
    /// It ends after each event.
    case cut
}

/// Events of the fleet by a bad way.
struct BadEvents: ContainerEventSource {
    let fleet: SimulatedFleet
    let way: EventWay
    let clock: any FleetClock

    func followEvents(
        on host: HostName, since: EventTime?, _ take: @escaping @Sendable (ContainerEventItem) async -> Void
    ) async throws(HostProblem) {
        let way = way
        if way == .stalled {
            await take(.subscribed)
            while !Task.isCancelled { try? await clock.sleep(for: .seconds(3600)) }
            return
        }
        guard way == .cut else {
            return try await fleet.followEvents(on: host, since: since) { item in
                if case .event = item, way == .garbled { return await take(.garbled("no JSON in \"{\"")) }
                await take(item)
            }
        }
        let (cuts, cut) = AsyncStream<Void>.makeStream()
        let problem: HostProblem? = await withTaskGroup(of: HostProblem?.self) { group in
            group.addTask {
                do throws(HostProblem) {
                    try await fleet.followEvents(on: host, since: since) { item in
                        await take(item)
                        if case .event = item { cut.yield() }
                    }
                    return nil
                } catch { return error }
            }
            group.addTask {
                for await _ in cuts { break }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let problem { throw problem }
    }

    func lastEnd(of container: ContainerObservation, lines: Int, on host: HostName) async throws(HostProblem) -> LastEnd
    {
        try await fleet.lastEnd(of: container, lines: lines, on: host)
    }
}

/// A value that a story sets and the monitor reads.
final class Box<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// The fleet as a whole, as `clusterstatus` would see it.
struct SimulatedHealth: HealthSource {
    let fleet: SimulatedFleet
    let layout: ClusterLayout
    let specification: FleetSpecification
    let clock: any FleetClock
    let operation: Box<OperationAtWork?>
    let left: Box<Finding?>

    func look() async throws -> HealthContext {
        let observer = Observer(hosts: fleet, containers: fleet, cluster: fleet, clock: clock)
        let snapshot = await observer.snapshot(
            Observer.Request(hosts: specification.hosts.map(\.host), layout: .known(layout), canary: true))
        return HealthContext(cluster: specification.cluster.name, expected: layout, snapshot: snapshot)
    }

    func operationAtWork() async -> OperationAtWork? { operation.value }

    func operationLeft() async -> Finding? { left.value }
}

/// What was told, from `begin` on.
final class Sink: MonitorLog, MonitorStateSink, IncidentReceiver {
    private struct State {
        var lines: [String] = []
        var told: [IncidentChange] = []
        var present: MonitorState?
        var begun = false
    }
    private let state = Mutex(State())

    func begin() { state.withLock { $0.begun = true } }
    func write(_ line: String) { state.withLock { $0.lines.append(line) } }
    func publish(_ state: MonitorState) { self.state.withLock { $0.present = state } }
    func receive(_ change: IncidentChange) { state.withLock { if $0.begun { $0.told.append(change) } } }

    var lines: [String] { state.withLock(\.lines) }
    var changes: [IncidentChange] { state.withLock(\.told) }
    var present: MonitorState? { state.withLock(\.present) }
    var told: [String] {
        changes.map { "\($0.kind.rawValue) \($0.incident.key.rule) \($0.incident.finding.subject)" }
    }
}

extension DirectoryID {
    static var fallback16: DirectoryID {
        guard let id = DirectoryID(bytes: Array(repeating: 7, count: 16)) else { fatalError("16 bytes are an id") }
        return id
    }
}
