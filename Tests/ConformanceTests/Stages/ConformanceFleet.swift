import FleetConfiguration
import FleetModel
import FleetSimulator
import Foundation
import Observation
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// The fleet that scenarios are played on, made by gantry's own bootstrap: configuration, plan, engine and steps are those
/// of the product; only the journal is in memory.
enum ConformanceFleet {
    static let image = "gantry/kafka:4.3.1"
    static let data = "/data/kafka"

    static func specification(
        hosts: [HostName], transport: TransportKind, _ change: (inout FleetSpecification) -> Void
    ) throws -> FleetSpecification {
        var fleet = FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")), transport: transport,
                version: KafkaVersion(major: 4, minor: 3, patch: 1), image: image, controllers: 3),
            hosts: hosts.map {
                HostSpecification(
                    host: $0, rack: $0.rawValue, brokers: 2, data: [data], heap: ByteCount(256 << 20),
                    memory: ByteCount(800 << 20))
            },
            kafka: [KafkaProperty("default.replication.factor", "3"), KafkaProperty("min.insync.replicas", "2")])
        change(&fleet)
        return fleet
    }

    /// Bootstraps it.
    /// - Returns: where its nodes are.
    static func bootstrap(
        _ fleet: FleetSpecification, _ ports: FleetPorts, _ clock: any FleetClock
    ) async throws -> ClusterLayout {
        let path = FileManager.default.temporaryDirectory.appending(path: "conformance-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let directory = FleetDirectory(path: path)
        _ = try NewFleet.write(to: directory, simulated: false)
        let session = FleetSession(
            fleet: fleet, place: FleetPlace(directory: path, state: "\(path)/.gantry"), clock: clock, ports: ports)
        let preparation = try await session.prepareBootstrap(
            arguments: [], reason: nil, canary: true, directory: directory)
        let plan = try #require(preparation.plan, "\(preparation.blockers)")
        let store = MemoryStore()
        let id = OperationID(createdAt: clock.now(), salt: 1)
        try store.create(id, plan: plan, at: clock.now())
        let lease = try store.acquireLease(
            cluster: fleet.cluster.name, operation: id,
            holder: Holder(techhost: "tests", pid: 1, bootID: "b", startTicks: 1, user: "root"), replacing: nil,
            at: clock.now())
        let world = OperationWorld(
            hosts: ports.hostControl, hostSource: ports.hostSource, containers: ports.containerControl,
            containerSource: ports.containerSource, cluster: ports.cluster, control: ports.clusterControl,
            memory: JournalMemory(store: store, lease: lease), clock: clock)
        let ending = try await OperationEngine(store: store, world: world).run(lease)
        try #require(ending == .done, "\(ending)")
        let text = try #require(try store.value(LayoutMemory.key(of: fleet.cluster.name)))
        return try LayoutMemory.layout(text)
    }
}
