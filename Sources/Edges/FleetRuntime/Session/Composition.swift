import EventLoop
import FleetModel
import FleetSimulator
import Observation
import Transfers

extension FleetSession {
    /// The ports of a simulated fleet, and its clock: there is nothing behind them that would have to be kept alive.
    static func simulatedPorts(
        _ fleet: FleetSpecification, place: FleetPlace
    ) async throws(SimulationProblem) -> (FleetPorts, any FleetClock) {
        let file = try await SimulationFile(place: place, hosts: fleet.hosts)
        let world = SimulatedFleet(cluster: fleet.cluster.name, keeper: file, clock: file.clock)
        let ports = FleetPorts(
            hostSource: world, hostControl: world, containerSource: world, events: world, containerControl: world,
            cluster: world,
            clusterControl: world)
        return (ports, file.clock)
    }

    /// Composes the ports of a real fleet, keeps what stands behind them alive while `body` runs, and ends it afterwards.
    static func withPorts<Result: Sendable>(
        _ fleet: FleetSpecification, clock: any FleetClock,
        _ body: @Sendable (FleetPorts) async throws -> Result
    ) async throws -> Result {
        let directory = try HostDirectory(fleet)
        let hosts = ShellHosts(directory: directory, cluster: fleet.cluster.name)
        return try await withThreads { transfers, streams, loop in
            let dockers = DockerLinks(directory: directory, transfers: transfers, streams: streams)
            let kafkas = KafkaLinks(loop: loop)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await dockers.run() }
                group.addTask { await kafkas.run() }
                defer { group.cancelAll() }
                let containers = DockerHosts(
                    links: dockers, directory: directory, cluster: fleet.cluster.name, registry: fleet.cluster.registry)
                let cluster = KafkaCluster(links: kafkas, clock: clock)
                return try await body(
                    FleetPorts(
                        hostSource: hosts, hostControl: hosts, containerSource: containers,
                        events: containers, containerControl: containers, cluster: cluster, clusterControl: cluster)
                )
            }
        }
    }

    /// The threads of the wires: calls, what lasts, and Kafka.
    private static func withThreads<Result: Sendable>(
        _ body: (_ transfers: Transfers, _ streams: Transfers, EventLoop) async throws -> Result
    ) async throws -> Result {
        try await withTransfers { transfers in
            try await withTransfers { streams in
                try await withEventLoop { loop in try await body(transfers, streams, loop) }
            }
        }
    }
}
