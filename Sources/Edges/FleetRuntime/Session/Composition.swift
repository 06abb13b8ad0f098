import EventLoop
import FleetModel
import Observation
import Transfers

extension FleetSession {
    /// Composes the ports of a fleet, keeps what stands behind them alive while `body` runs, and ends it afterwards.
    static func withPorts<Result: Sendable>(
        _ fleet: FleetSpecification, place: FleetPlace, clock: any FleetClock,
        _ body: @Sendable (FleetPorts) async throws -> Result
    ) async throws -> Result {
        let directory = try HostDirectory(fleet)
        let hosts = ShellHosts(directory: directory, cluster: fleet.cluster.name)
        return try await withTransfers { transfers in
            try await withEventLoop { loop in
                let dockers = DockerLinks(directory: directory, transfers: transfers)
                let kafkas = KafkaLinks(loop: loop)
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await dockers.run() }
                    group.addTask { await kafkas.run() }
                    defer { group.cancelAll() }
                    let containers = DockerHosts(links: dockers, directory: directory, cluster: fleet.cluster.name)
                    let cluster = KafkaCluster(links: kafkas, clock: clock)
                    return try await body(
                        FleetPorts(
                            hostSource: hosts, hostControl: hosts, containerSource: containers,
                            containerControl: containers, cluster: cluster, clusterControl: cluster))
                }
            }
        }
    }
}
