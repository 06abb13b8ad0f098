import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Testing

@testable import FleetRuntime

/// A host that does not answer: what every command says ends at the host, never at another command that is refused for it.
struct SilentHostTests {
    @Test func `every refusal names both ways out, to bring it back and to take it out as dead`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let host = try cluster.host(3)
            cluster.inflict(.host(.poweredOff, host, for: nil))
            try cluster.pass(.seconds(180))
            let said = [
                "rebalance": try cluster.rebalance().blockers, "removebroker 1": try cluster.removeBrokers(1).blockers,
                "removebroker 5": try cluster.removeBrokers(5).blockers,
                "removehost": try cluster.removeHosts(3).blockers, "bootstrap": try cluster.prepareBootstrap().blockers,
            ]
            for (command, blockers) in said {
                let about = blockers.filter {
                    ["broker-dead", "host-unreachable"].contains($0.code) || command == "bootstrap"
                }
                #expect(!about.isEmpty, "\(command): \(blockers)")
                for blocker in about {
                    #expect(blocker.remedy.hasPrefix("bring it back ("), "\(command): \(blocker.remedy)")
                    #expect(
                        blocker.remedy.hasSuffix("gantry removehost \(host) --dead"), "\(command): \(blocker.remedy)")
                    #expect(!blocker.remedy.contains("gantry bootstrap"), "\(command): \(blocker.remedy)")
                }
            }
            let finding = try #require(try cluster.status().findings.first { $0.rule == "host-unreachable" })
            #expect(finding.remedy.hasSuffix("gantry removehost \(host) --dead"), "\(finding.remedy)")
        }
    }

    @Test func `one that dies while it is being removed is named, and can be taken out as dead at once`() async throws {
        try await LivingCluster.with(hosts: 5, brokers: 1) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let host = try cluster.host(5)
            let plan = try #require(try cluster.removeHosts(5).plan)
            let before = cluster.fleet.withState { $0 }
            var failures = 0
            for step in plan.steps.map(\.id) {
                cluster.fleet.withState { $0 = before }
                cluster.store = MemoryStore()
                let (id, ending) = try cluster.work(plan, once: step) { $0.inflict(.host(.poweredOff, host, for: nil)) }
                guard ending != .done else { continue }
                failures += 1
                let said = try cluster.store.events(of: id, after: 0, limit: 100_000).compactMap { event in
                    if case .outcome(_, .failed(let failure)) = event.event { failure } else { nil }
                }
                let failure = try #require(said.first, "\(step): \(String(describing: ending))")
                #expect("\(failure.object) \(failure.reason)".contains(host.rawValue), "\(step): \(failure)")
                #expect(failure.remedy.contains("gantry removehost \(host) --dead"), "\(step): \(failure)")
                #expect(try cluster.leftovers().filter { !$0.hasPrefix("cordon") } == [], "\(step)")
                try cluster.pass(.seconds(180))
                let dead = try cluster.removeHosts(5, areDead: true)
                let isOut = try cluster.status().layout?.nodes(on: host).isEmpty == true
                #expect(dead.blockers == [] && (dead.plan != nil || isOut), "\(step): \(dead.blockers)")
            }
            #expect(failures > 2)
        }
    }

    @Test func `one that was taken out as dead and is listed still is to be taken out of virthosts`() async throws {
        try await LivingCluster.with(hosts: 4) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(4)
            cluster.inflict(.host(.poweredOff, host, for: nil))
            try cluster.pass(.seconds(180))
            let plan = try #require(try cluster.removeHosts(4, areDead: true).plan)
            #expect(try cluster.work(plan) == .done)
            let blocker = try #require(try cluster.prepareBootstrap().blockers.first)
            #expect(blocker.object == "host \(host)")
            #expect(blocker.remedy.contains("take \(host) out of virthosts"), "\(blocker.remedy)")
            #expect(!blocker.remedy.contains("--dead"), "\(blocker.remedy)")
        }
    }

    @Test func `a broker that is dead on a host that answers is brought back by bootstrap`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            cluster.inflict(.container(.kill, try cluster.node(5)))
            try cluster.pass(.seconds(60))
            let blocker = try #require(try cluster.rebalance().blockers.first)
            #expect(blocker.code == "broker-dead")
            #expect(blocker.remedy.hasPrefix("bring it back (gantry bootstrap)"), "\(blocker.remedy)")
        }
    }
}
