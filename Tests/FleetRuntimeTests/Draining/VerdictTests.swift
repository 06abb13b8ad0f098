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
        _ cluster: LivingCluster, _ targets: [FleetSession.RestartTarget], areDead: Bool = false,
        accepting: [Acceptance] = []
    ) throws -> ActionVerdict {
        let (session, directory) = (cluster.session, cluster.directory)
        return try cluster.run {
            try await session.verdict(
                .remove, targets, areDead: areDead, accepted: accepting, directory: directory)
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

    @Test func `a sole controller's host is judged with the restarts that its leaving needs`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1, controllers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.topic("alone", [[2]])
            let said = try verdict(cluster, [.host(try cluster.host(1))])
            #expect(said.causes.map(\.blocker.code) == ["no-spare-replica"])
            #expect(said.causes.map(\.blocker) == (try cluster.removeHosts(1)).blockers)
            let waiver = Acceptance(code: "no-spare-replica", object: nil)
            #expect(try verdict(cluster, [.host(try cluster.host(1))], accepting: [waiver]).isClear)
        }
    }

    @Test func `a host that is gone is judged as removehost --dead would take it`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let host = try cluster.host(4)
            cluster.inflict(.host(.poweredOff, host, for: nil))
            try cluster.pass(.seconds(30))
            for wait in [Duration.zero, .seconds(120)] {
                try cluster.pass(wait)
                let alive = try verdict(cluster, [.host(host)])
                #expect(alive.causes.contains { $0.blocker.code == "host-unreachable" })
                let refused = try cluster.removeHosts(4, areDead: true).blockers
                let dead = try verdict(cluster, [.host(host)], areDead: true)
                #expect(dead.causes.map(\.blocker.code) == refused.map(\.code))
                #expect(dead.isClear == (wait > .zero), "\(dead.causes)")
            }
        }
    }
}
