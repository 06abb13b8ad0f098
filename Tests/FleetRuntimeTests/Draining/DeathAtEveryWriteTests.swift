import FleetModel
import FleetSimulator
import Testing

@testable import FleetRuntime

/// `kill -9` of the worker behind every write of its journal, then `resume`: the same end as without, nothing twice, no
/// throttle, cordon or move left.
struct DeathAtEveryWriteTests {
    @Test func `removebroker survives death behind every write`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 2, partitions: 3, factor: 2)
            let writes = try DeathAtEveryWrite.dies(in: &cluster) { try $0.removeBrokers(6, deletesData: true) }
            #expect(writes > 20)
        }
    }

    @Test func `removehost with a controller survives death behind every write`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 1, partitions: 3)
            let writes = try DeathAtEveryWrite.dies(in: &cluster) { try $0.removeHosts(1) }
            #expect(writes > 40)
        }
    }

    @Test func `removehost with the only controller survives death behind every write`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 1, partitions: 3)
            let writes = try DeathAtEveryWrite.dies(in: &cluster) { try $0.removeHosts(1) }
            #expect(writes > 60)
        }
    }

    @Test func `rebalance survives death behind every write`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", Array(repeating: [1, 2], count: 9))
            let writes = try DeathAtEveryWrite.dies(in: &cluster) { try $0.rebalance() }
            #expect(writes > 6)
        }
    }
}
