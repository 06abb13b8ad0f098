import FleetModel
import HealthRules
import OperationModel
import Operations
import Testing

@testable import FleetRuntime
@testable import FleetSimulator

/// `cluster.name` was changed over hosts that carry the cluster by its old name.
struct RenamedClusterTests {
    @Test func `bootstrap and preflight refuse, and name the cluster that is there`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            let id = try #require(try cluster.status().layout?.clusterID)
            var renamed = try cluster.renamed("bills")
            let (session, directory, hosts) = (renamed.session, renamed.directory, renamed.specification.hosts)
            let before = renamed.fleet.effects.count
            let preparation = try renamed.run {
                try await session.prepareBootstrap(arguments: [], reason: nil, canary: true, directory: directory)
            }
            #expect(preparation.plan == nil)
            #expect(preparation.blockers.map(\.code) == ["other-cluster", "other-cluster", "other-cluster"])
            #expect(preparation.blockers.map(\.object) == hosts.map { "host \($0.host)" })
            for blocker in preparation.blockers {
                #expect(blocker.reason.contains("cluster orders (id \(id))"), "\(blocker.reason)")
                #expect(blocker.remedy.contains("name: orders"), "\(blocker.remedy)")
            }
            let judged = try renamed.run {
                try await session.preflight(hosts.map(\.host), directory: directory)
            }
            let failed = judged.findings.filter { $0.verdict.result == .fail }
            #expect(Set(failed.map(\.clause)) == ["H6"] && failed.count == 3, "\(failed)")
            #expect(renamed.effects(since: before).isEmpty)
            // Other ports: the two share the hosts.
            for index in renamed.specification.hosts.indices {
                renamed.specification.hosts[index].ports = PortSettings(broker: 9192, controller: 19192)
            }
            let beside = renamed.session
            let second = try renamed.run {
                try await beside.prepareBootstrap(arguments: [], reason: nil, canary: true, directory: directory)
            }
            #expect(second.blockers.isEmpty, "\(second.blockers)")
        }
    }
}

extension LivingCluster {
    /// The same hosts under another `cluster.name`.
    fileprivate func renamed(_ name: String) throws -> LivingCluster {
        var renamed = self
        renamed.specification.cluster.name = try #require(ClusterName(rawValue: name))
        renamed.fleet = SimulatedFleet(cluster: renamed.specification.cluster.name, keeper: fleet.keeper, clock: time)
        return renamed
    }
}
