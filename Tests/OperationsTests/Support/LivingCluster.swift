import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Testing

@testable import Operations

/// A simulated cluster that was bootstrapped and has data: three hosts, three controllers, six brokers, unless said
/// otherwise. Each is a world of its own, made from one that was bootstrapped once.
struct LivingCluster {
    /// What all of them begin with.
    private struct Beginning: Sendable {
        var state: FleetState
        var at: Duration
        var specification: FleetSpecification
        var layout: ClusterLayout
    }

    private static let beginning: Result<Beginning, any Error> = Result {
        let setting = try BootstrapTests.Setting()
        let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 1)
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        try #require(try setting.run(id, pid: 1) == .done)
        _ = setting.time.run { try? await setting.time.sleep(for: .seconds(60)) }
        var state = setting.fleet.withState { $0 }
        state.effects = []
        return Beginning(
            state: state, at: setting.time.uptime(), specification: setting.specification, layout: setting.layout)
    }

    let time: VirtualTime
    let store = MemoryStore()
    let fleet: SimulatedFleet
    let specification: FleetSpecification
    let layout: ClusterLayout

    /// A cluster after `change` was made to it, topics for example.
    init(_ change: (inout FleetState) throws -> Void) throws {
        var beginning = try Self.beginning.get()
        try change(&beginning.state)
        let (at, clock) = (beginning.at, VirtualTime())
        time = clock
        specification = beginning.specification
        layout = beginning.layout
        fleet = SimulatedFleet(
            cluster: specification.cluster.name,
            keeper: MemoryKeeper(beginning.state, uptime: { at + clock.uptime() }), clock: clock)
        let lease = try lease(of: OperationID(createdAt: Timestamp(milliseconds: 0), salt: 0))
        let name = specification.cluster.name
        try store.setValue(LayoutMemory.text(layout), for: LayoutMemory.key(of: name), under: lease)
        try store.release(lease)
    }

    var world: OperationWorld { world(lease: nil) }

    func world(lease: Lease?) -> OperationWorld {
        OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet,
            control: fleet, memory: StoreMemory(store: store, lease: lease), clock: time)
    }

    // MARK: Operations

    private func lease(of id: OperationID, pid: Int32 = 1) throws -> Lease {
        let name = specification.cluster.name
        return try store.acquireLease(
            cluster: name, operation: id,
            holder: Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root"),
            replacing: try store.lease(of: name)?.token, at: time.now())
    }

    /// Keeps `plan` as an operation.
    func create(_ plan: OperationPlan, _ number: UInt16 = 1) throws -> OperationID {
        let id = OperationID(createdAt: time.now(), salt: number)
        try store.create(id, plan: plan, at: time.now())
        return id
    }

    /// Runs an operation as a worker would; each call is another process. Nil where the journal died under it.
    func run(_ id: OperationID, pid: Int32 = 1, givingUp: Bool = false) throws -> OperationEnding? {
        let lease = try lease(of: id, pid: pid)
        let engine = OperationEngine(store: store, world: world(lease: lease))
        let ending = time.run { try? await engine.run(lease, givingUp: givingUp) }
        return try #require(ending)
    }

    /// Lets time pass.
    func pass(_ duration: Duration) { _ = time.run { [time] in try? await time.sleep(for: duration) } }

    /// The lines that an operation's steps wrote.
    func notes(_ id: OperationID) throws -> [String] {
        try store.events(of: id, after: 0, limit: 100_000).compactMap {
            if case .note(_, let note) = $0.event { note } else { nil }
        }
    }

    // MARK: Looking

    /// The nodes as the journal knows them now.
    func layoutNow() throws -> ClusterLayout {
        let text = try #require(try store.value(LayoutMemory.key(of: specification.cluster.name)))
        return try LayoutMemory.layout(text)
    }

    /// Everything as it is now.
    func snapshot(canary: Bool = false) throws -> Snapshot {
        let observer = Observer(hosts: fleet, containers: fleet, cluster: fleet, clock: time)
        let (hosts, layout) = (specification.hosts.map(\.host), try layoutNow())
        return try #require(
            time.run {
                await observer.snapshot(Observer.Request(hosts: hosts, layout: .known(layout), canary: canary))
            })
    }

    /// What `clusterstatus` would find.
    func findings() throws -> [Finding] {
        let snapshot = try snapshot(canary: true)
        let retired = RetiredMemory(
            text: try store.value(RetiredMemory.key(of: specification.cluster.name)) ?? "")
        return HealthRules.findings(
            in: HealthContext(
                cluster: specification.cluster.name, expected: try layoutNow(), retired: Set(retired.ids),
                snapshot: snapshot))
    }

    /// Replicas of each partition, preferred leader first, canaries left out.
    func lists() throws -> [TopicPartition: [Int32]] {
        let table = try #require(try snapshot().cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, Array($0.replicas)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Bytes of each partition, canaries left out.
    func sizes() throws -> [TopicPartition: ByteCount] {
        let table = try #require(try snapshot().cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, $0.size ?? .zero) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What an operation must not leave: throttles, moves, cordons, its own record of them.
    func leftovers() throws -> [String] {
        let cluster = try #require(try snapshot().cluster.value)
        var found = (cluster.throttles.value ?? []).map { "throttle \($0.subject) \($0.name)" }
        found += (cluster.reassignments.value ?? []).map { "move \($0.partition)" }
        let brokers = (cluster.brokers.value ?? []).map(\.id)
        let (layout, fleet) = (try layoutNow(), fleet)
        let logs = try #require(
            time.run { await fleet.replicaLogs(of: brokers, partitions: [], layout) })
        for (broker, directories) in logs.sorted(by: { $0.key < $1.key })
        where directories.value?.contains(where: \.directory.isCordoned) ?? false {
            found.append("cordon \(broker)")
        }
        let record = try store.value(MoveRecord.key(of: specification.cluster.name)) ?? ""
        return record.isEmpty ? found : found + ["record \(record)"]
    }
}

extension FleetState {
    /// A topic with these lists of replicas, each of so many bytes.
    mutating func topic(
        _ name: String, _ lists: [[Int32]], size: Int64 = 10 << 20, ingress: Int64 = 0
    ) throws {
        let answer = kafka.createTopic(
            name, assignment: lists.map { $0.map(id) },
            traffic: SimulatedTraffic(size: ByteCount(size), ingress: BytesPerSecond(ingress)))
        try #require(answer.code == .none, "\(answer)")
    }
}
