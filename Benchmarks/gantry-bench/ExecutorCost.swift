import FleetModel
import FleetSimulator
import Glibc
import Observation
import OperationModel
import Operations
import PlacementPlanning
import Processes
import Synchronization

/// What the executor itself costs a poll while it moves data in a simulated cluster of 1,000 brokers and 200,000 partitions:
/// all processor time that is not spent in Kafka's ports.
enum ExecutorCost {
    private static let (brokers, topics, partitions) = (1_000, 2_000, 100)
    private static let name = "bench"

    static func run() throws {
        var kafka = SimulatedDrain.cluster(brokers: brokers, racks: 10)
        var load = SimulatedLoad(
            topics: topics, partitions: partitions,
            traffic: SimulatedTraffic(size: ByteCount(1_000_000_000), ingress: BytesPerSecond(10_000)))
        load.unevenness = PerMille(900)
        _ = kafka.createTopics(load)
        try measure("executor-drain", kafka) { .drain(brokers: Array($0.suffix(10)), onto: .all) }
        var larger = kafka
        SimulatedDrain.start(NodeID.ids(Int32(brokers + 1)...Int32(brokers + 50)), racks: 10, &larger)
        larger.advance(to: larger.uptime + .seconds(30))
        try measure("executor-scale-out", larger) { _ in .rebalance(among: .all) }
    }

    private static func measure(
        _ benchmark: String, _ kafka: SimulatedKafka, _ event: ([NodeID]) -> PlacementEvent
    ) throws {
        guard let cluster = ClusterName(rawValue: name), let clusterID = ClusterID(bytes: Array(1...16)) else { return }
        var state = FleetState()
        state.kafka = kafka
        let time = VirtualTime(startingAt: kafka.uptime)
        state.advance(to: kafka.uptime)
        let fleet = SimulatedFleet(
            cluster: cluster, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
        let nodes = kafka.registeredBrokers().compactMap { broker in
            HostName(rawValue: broker.endpoint.host).map {
                NodePlacement(
                    id: broker.id, role: .broker, host: $0, port: broker.endpoint.port, dataDirectories: ["/data"])
            }
        }
        let controllers = NodeID.ids(9001...9003).compactMap { id in
            HostName(rawValue: "h\(id)").map {
                NodePlacement(id: id, role: .controller, host: $0, port: 9092, dataDirectories: ["/data"])
            }
        }
        let layout = ClusterLayout(clusterID: clusterID, nodes: nodes + controllers)
        let plan = try makePlan(event(nodes.map(\.id)), fleet, layout, time)
        let rate = BytesPerSecond(1_000_000_000)
        let step = MoveData(stage: "bench", plan: plan, layout: layout, options: MoveOptions(throttle: rate))
        let before = Memory.resident()
        let kafkaPorts = MeteredKafka(fleet)
        let world = OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: kafkaPorts,
            control: kafkaPorts, memory: Memory(), clock: time)
        let context = StepContext(world: world, cluster: cluster) { _ in }
        let begun = time.uptime()
        kafkaPorts.begin()
        let outcome = time.run { () -> String in
            do throws(StepFailure) { return try await step.apply(context) ?? "" } catch { return "FAILED: \(error)" }
        }
        let meter = kafkaPorts.end()
        print(
            #"{"benchmark":"\#(benchmark)","partitions":\#(plan.changes.count),"moves":\#(plan.moves.count),"#
                + #""virtual_seconds":\#(Int((time.uptime() - begun) / .seconds(1))),"polls":\#(meter.polls.count),"#
                + #""own_ms_a_poll":\#(meter.mean),"own_ms_longest_poll":\#(meter.longest),"ports_ms_a_poll":\#(meter.ports),"#
                + #""memory_before_bytes":\#(before),"peak_memory_bytes":\#(SimulatedDrain.peakMemory()),"#
                + #""outcome":"\#(outcome ?? "it hangs")"}"#)
    }

    private static func makePlan(
        _ event: PlacementEvent, _ fleet: SimulatedFleet, _ layout: ClusterLayout, _ time: VirtualTime
    ) throws -> MovePlan {
        let seen = time.run { await fleet.observe(layout, detail: ObservationDetail(configuration: false)) }
        guard let cluster = seen?.value else { throw PlanningRefusal(code: "unknown", "nothing was seen", remedy: "") }
        return try Planner.plan(try PlacementInput(observed: cluster, layout: layout), event)
    }

    /// What steps keep, in memory.
    private final class Memory: FleetMemory {
        private let values = Mutex<[String: String]>([:])

        func value(_ key: String) async throws -> String? { values.withLock { $0[key] } }
        func setValue(_ value: String, for key: String) async throws { values.withLock { $0[key] = value } }

        /// Bytes that the process has in memory now.
        static func resident() -> Int {
            guard let bytes = try? BoundedFile.read("/proc/self/statm", limit: 256) else { return 0 }
            let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap {
                Int($0)
            }
            return (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
        }
    }
}

/// Kafka's ports, with a watch beside them that stands while they work. Each poll begins by asking for moves under way.
private final class MeteredKafka: ClusterSource, ClusterControl {
    struct Meter {
        var polls: [Double] = []
        var own = 0.0
        var inPorts = 0.0
        var mark = 0.0

        var mean: Double { polls.isEmpty ? 0 : polls.reduce(0, +) / Double(polls.count) }
        var longest: Double { polls.max() ?? 0 }
        var ports: Double { polls.isEmpty ? 0 : inPorts / Double(polls.count) }
    }

    private let fleet: SimulatedFleet
    private let meter = Mutex(Meter())

    init(_ fleet: SimulatedFleet) { self.fleet = fleet }

    /// Processor time of the process so far, in milliseconds.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }

    func begin() { meter.withLock { $0.mark = Self.now() } }

    func end() -> Meter {
        enter()
        return meter.withLock { meter in
            meter.polls.append(meter.own)
            return meter
        }
    }

    private func enter(isPoll: Bool = false) {
        let now = Self.now()
        meter.withLock { meter in
            meter.own += now - meter.mark
            meter.mark = now
            guard isPoll else { return }
            meter.polls.append(meter.own)
            meter.own = 0
        }
    }

    private func leave() {
        let now = Self.now()
        meter.withLock { meter in
            meter.inPorts += now - meter.mark
            meter.mark = now
        }
    }

    func observe(_ layout: ClusterLayout, detail: ObservationDetail) async -> Known<ClusterObservation> {
        enter()
        defer { leave() }
        return await fleet.observe(layout, detail: detail)
    }

    func canary(_ broker: NodeID, layout: ClusterLayout) async -> CanaryResult {
        await fleet.canary(broker, layout: layout)
    }

    func reassignments(_ layout: ClusterLayout) async throws(ClusterProblem) -> [ReassignmentObservation] {
        enter(isPoll: true)
        defer { leave() }
        return try await fleet.reassignments(layout)
    }

    func reassign(
        _ targets: [ReplicaTarget], changingReplicationFactor: Bool, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        enter()
        defer { leave() }
        return try await fleet.reassign(targets, changingReplicationFactor: changingReplicationFactor, layout)
    }

    func cancelReassignments(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        try await fleet.cancelReassignments(partitions, layout)
    }

    func electPreferredLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        enter()
        defer { leave() }
        return try await fleet.electPreferredLeaders(partitions, layout)
    }

    func electAnyLeaders(
        _ partitions: [TopicPartition], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<TopicPartition> {
        try await fleet.electAnyLeaders(partitions, layout)
    }

    func replicaLogs(
        of brokers: [NodeID], partitions: [TopicPartition]?, _ layout: ClusterLayout
    ) async -> [NodeID: Known<[LogDirectoryContents]>] {
        enter()
        defer { leave() }
        return await fleet.replicaLogs(of: brokers, partitions: partitions, layout)
    }

    func dynamicSettings(
        _ names: [String], of owners: [ConfigurationOwner], _ layout: ClusterLayout
    ) async -> [ConfigurationOwner: Known<[Setting]>] {
        enter()
        defer { leave() }
        return await fleet.dynamicSettings(names, of: owners, layout)
    }

    func settingsAtStart(
        _ names: [String], of brokers: [NodeID], _ layout: ClusterLayout
    ) async -> [NodeID: Known<[Setting]>] {
        enter()
        defer { leave() }
        return await fleet.settingsAtStart(names, of: brokers, layout)
    }

    func change(
        _ changes: [ConfigurationOwner: [SettingChange]], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<ConfigurationOwner> {
        enter()
        defer { leave() }
        return try await fleet.change(changes, layout)
    }

    func unregister(_ broker: NodeID, _ layout: ClusterLayout) async throws(ClusterProblem) -> Bool {
        try await fleet.unregister(broker, layout)
    }

    func addVoter(
        _ id: NodeID, directory: DirectoryID, endpoint: Endpoint, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        try await fleet.addVoter(id, directory: directory, endpoint: endpoint, layout)
    }

    func removeVoter(
        _ id: NodeID, directory: DirectoryID, _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> Bool {
        try await fleet.removeVoter(id, directory: directory, layout)
    }

    func deleteTopics(
        _ names: [String], _ layout: ClusterLayout
    ) async throws(ClusterProblem) -> ControlOutcome<String> {
        try await fleet.deleteTopics(names, layout)
    }
}
