import FleetModel
import Observation
import Operations

@testable import FleetRuntime

/// Where scenarios are played: a cluster of three hosts with a controller and two brokers each, behind the services'
/// ports, and what no port of the services can do: make topics, and do harm.
protocol Stage: Sendable {
    var ports: FleetPorts { get }
    var clock: any FleetClock { get }
    var layout: ClusterLayout { get }
    var cluster: ClusterName { get }
    /// The hosts, in their order.
    var hosts: [HostName] { get }

    /// Makes a topic with so many bytes in each partition; where it is to be placed, or how many replicas there are to be.
    func makeTopic(
        _ name: String, _ placement: TopicPlacement, settings: [String: String], bytes: ByteCount
    ) async throws -> Answer
    /// `docker kill`.
    func kill(_ node: NodeID) async throws
    /// SIGKILL from inside the host.
    func crash(_ node: NodeID) async throws
    func cutOff(_ host: HostName) async throws
    func stopDocker(_ host: HostName) async throws
    func heal(_ host: HostName) async throws
}

enum TopicPlacement: Sendable {
    case assigned([[NodeID]])
    case automatic(partitions: Int32, factor: Int16)
}

extension Stage {
    func host(of node: NodeID) -> HostName? { layout.node(node)?.host }
}
