import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Testing

@testable import FleetRuntime

/// The container in which a directory is formatted outlives a worker that was killed at it.
struct LeftFormatterTests {
    private static let name = "orders-broker-1-format"

    private func left(_ cluster: LivingCluster) throws -> Set<String> {
        let host = try cluster.host(1)
        return cluster.fleet.withState { $0.hosts[host]?.oneOffs ?? [] }
    }

    private func leave(_ cluster: LivingCluster) throws {
        let host = try cluster.host(1)
        cluster.fleet.withState { _ = $0.hosts[host]?.oneOffs.insert(Self.name) }
    }

    /// A bootstrap whose worker died at the format of broker 1.
    private func killed(_ cluster: LivingCluster) throws -> OperationID {
        let plan = try #require(try cluster.prepareBootstrap().plan)
        let id = OperationID(createdAt: cluster.time.now(), salt: 4)
        try cluster.store.create(id, plan: plan, at: cluster.time.now())
        for writes in 1... {
            cluster.store.die(afterWrites: writes)
            // It dies as early as at taking the lease.
            guard (try? cluster.work(plan, id, pid: Int32(writes))) == nil else { break }
            // A dead store tells nothing either.
            cluster.store.die(afterWrites: nil)
            let events = try cluster.store.events(of: id)
            if events.contains(where: { $0.event == .intent(StepID("format", "1")) }) { break }
        }
        try leave(cluster)
        return id
    }

    @Test func `resume removes it, whether the directory was formatted or not`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            let id = try killed(cluster)
            #expect(try cluster.work(try cluster.store.operation(id).plan, id, pid: 900) == .done)
            #expect(try left(cluster).isEmpty)
            #expect(try cluster.status().findings.isEmpty)
        }
    }

    @Test func `so does giving up`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            let id = try killed(cluster)
            let ending = try cluster.work(try cluster.store.operation(id).plan, id, pid: 900, givingUp: true)
            guard case .aborted = ending else {
                Issue.record("\(String(describing: ending))")
                return
            }
            #expect(try left(cluster).isEmpty)
        }
    }

    @Test func `a later bootstrap removes it beside a broker that runs, and formats nothing`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try leave(cluster)
            #expect(try cluster.bootstrapNeeds() == [StepID("format", "1")])
            let before = cluster.fleet.effects.count
            try cluster.bootstrap()
            #expect(try left(cluster).isEmpty)
            let effects = cluster.effects(since: before)
            #expect(effects.contains("remove \(Self.name)"))
            #expect(!effects.contains { $0.hasPrefix("format") || $0.hasPrefix("start") }, "\(effects)")
            #expect(try cluster.bootstrapNeeds().isEmpty)
        }
    }
}
