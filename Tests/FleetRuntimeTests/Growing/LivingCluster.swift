import FleetConfiguration
import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Processes
import Testing

@testable import FleetRuntime

/// A cluster on a simulated fleet in memory, worked on as commands do: prepared by a session, carried out by the engine.
/// There is no journal of a techhost: everything that a session knows, the hosts told it.
struct LivingCluster {
    let time = VirtualTime()
    var fleet: SimulatedFleet
    let directory: FleetDirectory
    /// What defaults.cfg says: tests edit it.
    var specification: FleetSpecification
    /// Values of the journal, kept over operations.
    var store = MemoryStore()

    /// Runs `body` with an empty fleet of so many hosts, of which `listed` are in `virthosts`.
    static func with(
        hosts count: Int, listed: Int? = nil, brokers: Int = 1, controllers: Int = 3,
        _ body: (inout LivingCluster) throws -> Void
    ) async throws {
        try await TemporaryDirectory.with(prefix: "living") { path in
            let directory = FleetDirectory(path: path)
            try NewFleet.write(to: directory, simulated: true).forEach { _ in }
            var cluster = try LivingCluster(directory, hosts: count, brokers: brokers, controllers: controllers)
            let all = cluster.specification.hosts
            cluster.specification.hosts = Array(all.prefix(listed ?? count))
            try body(&cluster)
        }
    }

    private init(_ directory: FleetDirectory, hosts count: Int, brokers: Int, controllers: Int) throws {
        self.directory = directory
        let names = (1...count).map { "10.0.0.1\($0)" }
        let text = """
            cluster: { name: orders, transport: simulated, version: 4.3.1, image: gantry/kafka:4.3.1, controllers: \(controllers) }
            virthosts: [\(names.joined(separator: ", "))]
            defaults: { brokers: \(brokers), rack: host, data: [/data], heap: 1g, memory: 2g }
            kafka: { default.replication.factor: 3, min.insync.replicas: 2 }

            """
        specification = try FleetConfiguration.parse(Array(text.utf8), directory: directory, home: nil).specification
        var state = FleetState(seed: 7)
        state.admit(specification.hosts)
        let time = time
        fleet = SimulatedFleet(
            cluster: specification.cluster.name, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
    }

    func host(_ number: Int) throws -> HostName { try #require(HostName(rawValue: "10.0.0.1\(number)")) }

    var session: FleetSession {
        FleetSession(
            fleet: specification,
            place: FleetPlace(directory: directory.path, state: directory.stateDirectory), clock: time,
            ports: FleetPorts(
                hostSource: fleet, hostControl: fleet, containerSource: fleet, events: fleet, containerControl: fleet,
                cluster: fleet, clusterControl: fleet))
    }

    var request: MoveRequest { request() }

    func request(accepting codes: [String] = []) -> MoveRequest {
        MoveRequest(
            arguments: [], reason: nil, onto: nil, throttle: .some(nil),
            accepted: codes.map { Acceptance(code: $0, object: nil) }, canary: true)
    }

    /// Runs `body` in virtual time to its end.
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let outcome = time.run { () -> Swift.Result<Result, any Error> in
            do { return .success(try await body()) } catch { return .failure(error) }
        }
        return try #require(outcome, "it waits for something outside").get()
    }

    func pass(_ duration: Duration) throws {
        let time = time
        try run { try await time.sleep(for: duration) }
    }

    // MARK: Operations

    /// Carries `plan` out as a worker would, as often as it takes: each call is another process.
    /// - Returns: its ending; nil where the journal died.
    func work(
        _ plan: OperationPlan, _ id: OperationID, pid: Int32 = 1, givingUp: Bool = false
    ) throws -> OperationEnding? {
        let name = specification.cluster.name
        let holder = Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root")
        let present = try store.lease(of: name)
        let lease = try store.acquireLease(
            cluster: name, operation: id, holder: holder, replacing: present?.token, at: time.now())
        let engine = OperationEngine(
            store: store,
            world: OperationWorld(
                hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet,
                control: fleet, memory: JournalMemory(store: store, lease: lease), clock: time))
        let ending = time.run { try? await engine.run(lease, givingUp: givingUp) }
        return try #require(ending)
    }

    /// Carries `plan` out.
    func work(_ plan: OperationPlan) throws -> OperationEnding? { try work(plan, try keep(plan)) }

    /// Keeps `plan` as an operation that is to be carried out.
    func keep(_ plan: OperationPlan, salt: UInt16 = 1) throws -> OperationID {
        let id = OperationID(createdAt: time.now(), salt: salt)
        try store.create(id, plan: plan, at: time.now())
        return id
    }

    /// What a bootstrap of what is listed would be.
    func prepareBootstrap() throws -> BootstrapPreparation {
        let (session, directory) = (session, directory)
        return try run {
            try await session.prepareBootstrap(arguments: [], reason: nil, canary: true, directory: directory)
        }
    }

    /// Bootstraps what is listed, and lets sessions of what was before end.
    func bootstrap() throws {
        let preparation = try prepareBootstrap()
        try #require(preparation.blockers.isEmpty, "\(preparation.blockers)")
        try #require(try work(try #require(preparation.plan)) == .done)
        try pass(.seconds(30))
    }

    /// What another bootstrap would do. The layout is written down by each, since there is no journal that keeps it.
    func bootstrapNeeds() throws -> Set<StepID> {
        // A broker that has just started may be taken for the one before it, whose session still lasts.
        try pass(.seconds(30))
        return try prepareBootstrap().needed.subtracting([StepID("record-layout", "orders")])
    }

    func addBroker(_ host: HostName, _ count: Int, rebalances: Bool = false, accepting: [String] = []) throws
        -> MovePreparation
    {
        let (session, directory, request) = (session, directory, request(accepting: accepting))
        return try run {
            try await session.prepareAddBroker(
                on: host, count: count, rebalances: rebalances, request, directory: directory)
        }
    }

    func addHost(_ host: HostName) throws -> MovePreparation {
        let (session, directory, request) = (session, directory, request)
        return try run { try await session.prepareAddHost(host, request, directory: directory) }
    }

    func restart(
        _ targets: [FleetSession.RestartTarget] = [], changedOnly: Bool = false, accepting: [String] = []
    ) throws -> MovePreparation {
        let (session, directory, request) = (session, directory, request(accepting: accepting))
        return try run {
            try await session.prepareRestart(targets, changedOnly: changedOnly, request, directory: directory)
        }
    }

    // MARK: What there is

    func status() throws -> ClusterStatus {
        let (session, directory) = (session, directory)
        return try run { try await session.status(canary: true, directory: directory) }
    }

    /// Topics with three replicas each.
    func load(topics: Int = 2, partitions: Int = 6, factor: Int = 3, settings: [String: String] = [:]) throws {
        var load = SimulatedLoad(
            topics: topics, partitions: partitions,
            traffic: SimulatedTraffic(size: ByteCount(20 << 20), ingress: BytesPerSecond(0)))
        load.settings = settings
        let given = load
        _ = try fleet.withState { state in Result { try state.give(given, replicationFactor: factor) } }.get()
        try pass(.seconds(5))
    }

    /// What the simulated fleet was asked to do since `count` effects.
    func effects(since count: Int) -> [String] { Array(fleet.effects.dropFirst(count)) }
}
