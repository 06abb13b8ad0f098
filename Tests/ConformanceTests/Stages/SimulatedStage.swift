import FleetConfiguration
import FleetModel
import FleetSimulator
import Observation
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// A simulated fleet in memory, under virtual time.
struct SimulatedStage: Stage {
    let ports: FleetPorts
    let clock: any FleetClock
    let layout: ClusterLayout
    let cluster: ClusterName
    let hosts: [HostName]
    private let world: SimulatedFleet

    /// Plays `body` on a fleet of its own, on which a cluster was bootstrapped.
    static func with(seed: UInt64 = 1, _ body: @escaping @Sendable (SimulatedStage) async throws -> Void) throws {
        let time = VirtualTime()
        let outcome = time.run { () -> Swift.Result<Void, any Error> in
            do {
                try await body(try await make(seed: seed, time))
                return .success(())
            } catch { return .failure(error) }
        }
        try #require(outcome, "the scenario waits for something outside the simulation").get()
    }

    private static func make(seed: UInt64, _ time: VirtualTime) async throws -> SimulatedStage {
        let hosts = ["10.0.0.11", "10.0.0.12", "10.0.0.13"].compactMap(HostName.init(rawValue:))
        let fleet = try ConformanceFleet.specification(hosts: hosts, transport: .simulated) { _ in }
        var state = FleetState(seed: seed)
        state.admit(fleet.hosts)
        let world = SimulatedFleet(
            cluster: fleet.cluster.name, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
        let ports = FleetPorts(
            hostSource: world, hostControl: world, containerSource: world, events: world, containerControl: world,
            cluster: world, clusterControl: world)
        let layout = try await ConformanceFleet.bootstrap(fleet, ports, time)
        return SimulatedStage(
            ports: ports, clock: time, layout: layout, cluster: fleet.cluster.name, hosts: hosts, world: world)
    }

    func makeTopic(
        _ name: String, _ placement: TopicPlacement, settings: [String: String], bytes: ByteCount
    ) async throws -> Answer {
        let traffic = SimulatedTraffic(size: bytes)
        let answer = world.withState { state in
            switch placement {
            case .assigned(let lists):
                state.kafka.createTopic(name, assignment: lists, traffic: traffic, settings: settings)
            case .automatic(let partitions, let factor):
                state.kafka.createTopic(
                    name, partitions: Int(partitions), replicationFactor: Int(factor), traffic: traffic,
                    settings: settings)
            }
        }
        return answer.code == .none ? .done : .refused(answer.code.rawValue)
    }

    func kill(_ node: NodeID) async throws { world.withState { $0.kill(node) } }
    func crash(_ node: NodeID) async throws { world.withState { $0.crash(node) } }
    func cutOff(_ host: HostName) async throws { world.withState { $0.afflict(host, with: .cutOff) } }
    func stopDocker(_ host: HostName) async throws { world.withState { $0.afflict(host, with: .dockerStopped) } }
    func heal(_ host: HostName) async throws { world.withState { $0.heal(host) } }
}
