import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Testing

@testable import Operations

/// A cluster of three hosts and six brokers with data on it, and a removal of broker 6 to steer: made once, copied for
/// every test and every death.
struct SteeringScene {
    /// The cluster as it is before the operation, by which every scene begins.
    private static let whole: FleetState? = try? made()

    let time: VirtualTime
    let store = MemoryStore()
    let fleet: SimulatedFleet
    let layout: ClusterLayout
    let cluster: ClusterName
    let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 1)

    init() throws {
        let setting = try BootstrapTests.Setting()
        let state = try #require(Self.whole)
        time = setting.time
        fleet = setting.fleet
        layout = setting.layout
        cluster = setting.specification.cluster.name
        let time = time
        _ = time.run { try? await time.sleep(for: state.now) }
        fleet.withState { $0 = state }
    }

    /// Bytes of each of the twelve partitions.
    static let size = ByteCount(60 << 20)

    private static func made() throws -> FleetState {
        let setting = try BootstrapTests.Setting()
        let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 9)
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        #expect(try setting.run(id, pid: 1) == .done)
        setting.fleet.withState { state in
            var load = SimulatedLoad(topics: 2, partitions: 6, traffic: SimulatedTraffic(size: size))
            load.replicationFactor = 3
            _ = state.kafka.createTopics(load)
        }
        _ = setting.time.run { try? await setting.time.sleep(for: .seconds(60)) }
        return setting.fleet.withState { $0 }
    }

    func world(_ lease: Lease?) -> OperationWorld {
        OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet, control: fleet,
            memory: StoreMemory(store: store, lease: lease), clock: time)
    }

    func snapshot() throws -> Snapshot {
        let observer = Observer(hosts: fleet, containers: fleet, cluster: fleet, clock: time)
        let request = Observer.Request(
            hosts: Set(layout.nodes.map(\.host)).sorted(), layout: .known(layout), canary: false)
        let time = time
        return try #require(time.run { await observer.snapshot(request) })
    }

    /// The removal of broker 6, kept as operation `id`.
    func begin(throttle: Int64? = 4 << 20, hours: DailyHours? = nil) throws {
        let broker = try #require(NodeID(rawValue: 6))
        var options = MoveOptions(throttle: throttle.map { BytesPerSecond($0) })
        options.hours = hours
        let proof = RemovalProof(
            .init(brokers: [broker], throttle: options.throttle), snapshot: try snapshot(), layout: layout)
        #expect(proof.blockers == [])
        let removal = BrokerRemoval(
            cluster: cluster, layout: layout, options: options, compose: [:], deletesData: false,
            hosts: Set(layout.nodes.map(\.host)).sorted(), canary: true, known: [])
        let plan = try removal.plan(
            [.init(brokers: [broker], plan: try #require(proof.plan), dead: [])], arguments: ["6"], reason: nil)
        try store.create(id, plan: plan, at: time.now())
    }

    /// Works on an operation as a worker would; each call is another process. Nil: it died.
    func work(
        _ operation: OperationID? = nil, pid: Int32 = 1, givingUp: Bool = false,
        requests: [(after: Duration, ControlRequest)] = []
    ) throws -> OperationEnding? {
        let operation = operation ?? id
        let present = try store.lease(of: cluster)
        let lease = try store.acquireLease(
            cluster: cluster, operation: operation,
            holder: Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root"),
            replacing: present?.token, at: time.now())
        let engine = OperationEngine(store: store, world: world(lease))
        let (time, store) = (time, store)
        let ending = time.run {
            await withTaskGroup(of: OperationEnding?.self) { group in
                group.addTask { try? await engine.run(lease, givingUp: givingUp) }
                for (after, request) in requests {
                    group.addTask {
                        try? await time.sleep(for: after)
                        try? store.request(request, of: operation, at: time.now())
                        // It ends last, so that the first that ends is the engine.
                        try? await time.sleep(for: .seconds(1_000_000))
                        return nil
                    }
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }
        return try #require(ending)
    }

    // MARK: - What is left in the cluster

    /// Every throttle in force: `broker 1 leader.replication.throttled.rate=1`.
    func throttles() throws -> [String] {
        let owners: [ConfigurationOwner] =
            layout.brokers.map { .broker($0.id) } + ["load-1", "load-2"].map { .topic($0) }
        let (fleet, layout) = (fleet, layout)
        let found = try #require(
            time.run {
                await fleet.dynamicSettings(
                    ThrottleKeeper.Name.rates + ThrottleKeeper.Name.replicas, of: owners, layout)
            })
        return found.flatMap { owner, settings in
            (settings.value ?? []).filter { $0.source == .broker || $0.source == .topic }.map {
                "\(owner) \($0.name)=\($0.value ?? "")"
            }
        }.sorted()
    }

    /// Rates that are set on brokers.
    func rates() throws -> Set<String> {
        Set(try throttles().filter { $0.contains("rate=") }.map { String($0.drop { $0 != "=" }.dropFirst()) })
    }

    func moves() throws -> [ReassignmentObservation] {
        let (fleet, layout) = (fleet, layout)
        return try #require(time.run { try? await fleet.reassignments(layout) } ?? nil)
    }

    /// Each partition's list, canaries left out.
    func lists() throws -> [TopicPartition: [Int32]] {
        let table = try #require(try snapshot().cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, Array($0.replicas)) },
            uniquingKeysWith: { first, _ in first })
    }

    func leaders() throws -> [TopicPartition: Int32?] {
        let table = try #require(try snapshot().cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, $0.leader?.rawValue) },
            uniquingKeysWith: { first, _ in first })
    }

    func progress(_ operation: OperationID? = nil) throws -> OperationProgress {
        let operation = operation ?? id
        return .fold(try store.operation(operation).plan, try store.events(of: operation))
    }

    func notes() throws -> [String] {
        try store.events(of: id).compactMap { if case .note(_, let text) = $0.event { text } else { nil } }
    }

    /// That nothing of the moves is in force.
    func expectNothingLeft(_ comment: Comment? = nil) throws {
        #expect(try throttles() == [], comment)
        #expect(try moves() == [], comment)
        #expect((try store.value("moves/\(cluster)") ?? "").isEmpty, comment)
    }

    /// That broker 6 is out of it and all else whole.
    func expectRemoved(_ comment: Comment? = nil) throws {
        try expectNothingLeft(comment)
        #expect(try lists().values.allSatisfy { !$0.contains(6) && $0.count == 3 }, comment)
        let brokers = try #require(try snapshot().cluster.value?.brokers.value)
        #expect(!brokers.contains { $0.id.rawValue == 6 }, comment)
    }
}
