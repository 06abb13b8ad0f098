import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// `gantry can remove` says what `removehost` and `removebroker` would.
struct VerdictTests {
    private func verdict(
        _ cluster: LivingCluster, _ targets: [FleetSession.RestartTarget], accepting: [Acceptance] = []
    ) throws -> ActionVerdict {
        let (session, directory) = (cluster.session, cluster.directory)
        return try cluster.run {
            try await session.verdict(.remove, targets, accepted: accepting, directory: directory)
        }
    }

    @Test func `a host's removal is judged with its controllers and its silence, by the codes of removehost`()
        async throws
    {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let host = try cluster.host(3)
            let said = try verdict(cluster, [.host(host)])
            #expect(said.causes.map(\.blocker.code) == ["controller-hosts"])
            let refused = try cluster.removeHosts(3).blockers
            #expect(said.causes.map(\.blocker) == refused)
            let waiver = Acceptance(code: "controller-hosts", object: nil)
            let accepted = try verdict(cluster, [.host(host)], accepting: [waiver])
            #expect(accepted.isClear && accepted.waived.map(\.blocker.code) == ["controller-hosts"])
            // Its brokers alone can go: that touches no controller.
            let brokers = cluster.specification.hosts.count * 2
            let ofOne = try verdict(cluster, [.node(try cluster.node(Int32(brokers)))])
            #expect(ofOne.isClear, "\(ofOne.causes)")
            cluster.inflict(.host(.refusesSSH, host, for: nil))
            let silent = try verdict(cluster, [.host(host)], accepting: [waiver])
            #expect(silent.causes.map(\.blocker.code) == ["host-unreachable"])
            let refusedToo = try cluster.removeHosts(3, accepting: [waiver]).blockers
            #expect(silent.causes.map(\.blocker) == refusedToo)
        }
    }

    @Test func `what the planner refuses is counted in full, with examples`() async throws {
        try await LivingCluster.with(hosts: 3, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 2, partitions: 6)
            let said = try verdict(cluster, [.host(try cluster.host(3))])
            #expect(said.causes.map(\.blocker.code) == ["factor"])
            let cause = try #require(said.causes.first)
            let planned = try #require(try cluster.removeHosts(3).blockers.first)
            #expect(cause.count == planned.count && cause.count > 1, "\(cause)")
            #expect(!cause.examples.isEmpty && cause.examples.count <= 5)
        }
    }
}
