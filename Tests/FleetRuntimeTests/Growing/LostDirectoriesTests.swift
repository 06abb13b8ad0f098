import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// A node that has run is never formatted again: its data may all be on a disk that was not mounted.
struct LostDirectoriesTests {
    /// The disk of host 1 is blank, as a mount point is without its disk.
    private func lose(_ cluster: LivingCluster, withContainers: Bool) throws -> [String: MetaProperties] {
        let host = try cluster.host(1)
        return cluster.fleet.withState {
            let before = $0.hosts[host]?.formatted ?? [:]
            $0.hosts[host]?.formatted = [:]
            if withContainers { $0.hosts[host]?.containers = [:] }
            return before
        }
    }

    @Test func `a blank disk under nodes that have run forbids bootstrap, and names them and the ways out`()
        async throws
    {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(1)
            let before = try lose(cluster, withContainers: false)
            let found = try cluster.prepareBootstrap().blockers
            #expect(found.map(\.code) == ["disk-missing", "disk-missing"])
            #expect(found.map(\.object).sorted() == ["broker 1 on \(host)", "controller 9001 on \(host)"])
            for blocker in found {
                #expect(blocker.reason.contains("/data/"), "\(blocker)")
                #expect(blocker.remedy.hasPrefix("mount the disk, then the same command again"), "\(blocker)")
            }
            cluster.fleet.withState { $0.hosts[host]?.formatted = before }
            #expect(try cluster.prepareBootstrap().blockers == [])
        }
    }

    @Test func `what Kafka knows of counts where its container is gone with the disk`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            try cluster.bootstrap()
            _ = try lose(cluster, withContainers: true)
            #expect(try cluster.prepareBootstrap().blockers.map(\.code) == ["disk-missing", "disk-missing"])
        }
    }

    @Test func `a format of a node that has a container fails, whoever planned it`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            let plan = try #require(try cluster.prepareBootstrap().plan)
            #expect(try cluster.work(plan) == .done)
            _ = try lose(cluster, withContainers: false)
            cluster.store = MemoryStore()
            let ending = try cluster.work(plan)
            guard case .failed(let reason)? = ending else {
                Issue.record("\(String(describing: ending))")
                return
            }
            #expect(reason.contains("has run"), "\(reason)")
        }
    }
}
