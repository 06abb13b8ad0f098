import EventLoop
import FleetModel
import Observation

extension FleetSession {
    /// Composes the ports of a fleet, keeps what stands behind them alive while `body` runs, and ends it afterwards.
    static func withPorts<Result: Sendable>(
        _ fleet: FleetSpecification, place: FleetPlace, clock: any FleetClock,
        _ body: @Sendable (FleetPorts) async throws -> Result
    ) async throws -> Result {
        let directory = try HostDirectory(fleet)
        let hosts = ShellHosts(directory: directory, cluster: fleet.cluster.name)
        let docker = DockerHosts(directory: directory, cluster: fleet.cluster.name)
        return try await withEventLoop { loop in
            let links = KafkaLinks(loop: loop)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await links.run() }
                defer { group.cancelAll() }
                return try await body(
                    FleetPorts(
                        hostSource: hosts, hostControl: hosts, containerSource: docker, containerControl: docker,
                        cluster: KafkaCluster(links: links, clock: clock)))
            }
        }
    }
}
