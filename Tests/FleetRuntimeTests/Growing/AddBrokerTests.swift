import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import PlacementPlanning
import Testing

@testable import FleetRuntime

/// `gantry addbroker` on the simulated fleet.
struct AddBrokerTests {
    @Test func `new brokers get fresh ids and the next ports, serve, and touch nothing that runs`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(3)
            let before = try cluster.status()
            let effects = cluster.fleet.effects.count
            let preparation = try cluster.addBroker(host, 2)
            let plan = try #require(preparation.plan, "\(preparation.blockers)")
            #expect(try cluster.work(plan) == .done)
            let after = try cluster.status()
            let brokers = try #require(after.layout?.brokers)
            #expect(brokers.map(\.id.rawValue) == [1, 2, 3, 4, 5])
            #expect(brokers.suffix(2).map(\.port) == [9093, 9094])
            #expect(brokers.suffix(2).allSatisfy { $0.host == host })
            #expect(after.findings.isEmpty, "\(after.findings)")
            #expect(plan.advice?.contains("gantry rebalance") == true)
            // Every container of before is the very same one, not started anew.
            let now = Dictionary(after.snapshot.containers.map { ($0.container.id, $0.container) }) { a, _ in a }
            for (_, container) in before.snapshot.containers {
                #expect(now[container.id]?.startedAt == container.startedAt, "\(container.name)")
            }
            let touched = cluster.effects(since: effects).filter { !$0.hasPrefix("place") }
            #expect(touched.allSatisfy { $0.contains("4") || $0.contains("5") || $0.contains("canary") }, "\(touched)")
            #expect(try cluster.bootstrapNeeds().isEmpty)
        }
    }

    @Test func `the services of nodes that run stay as they lie on the host, also when the template has changed`()
        async throws
    {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(1)
            cluster.specification.kafka.append(KafkaProperty("log.retention.hours", "24"))
            let path = OnHostPath.composeFile(of: cluster.specification.cluster.name)
            let fleet = cluster.fleet
            let present = try #require(try cluster.run { try await fleet.contents(of: path, on: host) })
            let plan = try #require(try cluster.addBroker(host, 1).plan)
            #expect(try cluster.work(plan) == .done)
            let text = String(decoding: present, as: UTF8.self)
            let now = String(
                decoding: try #require(try cluster.run { try await fleet.contents(of: path, on: host) }),
                as: UTF8.self)
            // The file grew by one service in one place, and lost nothing.
            let added = now.split(separator: "\n").count - text.split(separator: "\n").count
            #expect(added > 10)
            var rest = text.split(separator: "\n")[...]
            for line in now.split(separator: "\n") where line == rest.first { rest.removeFirst() }
            #expect(rest.isEmpty, "gone: \(rest.joined(separator: "\n"))")
            let findings = try cluster.status().findings
            #expect(findings.map(\.rule) == ["config-drift", "config-drift"])
            #expect(findings.first?.subject == "brokers 1, 2, 3")
        }
    }

    @Test func `ids of brokers that are gone are not used again, whoever remembers them`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let (first, last) = (try cluster.host(1), try cluster.host(3))
            let path = OnHostPath.retired(of: cluster.specification.cluster.name)
            cluster.fleet.withState { state in
                state.hosts[first]?.files[path] = FileToPlace(
                    path: path, contents: Array(#"{"emptied":[],"retired":[7]}"#.utf8))
            }
            let plan = try #require(try cluster.addBroker(last, 1).plan)
            #expect(plan.steps.contains { $0.id == StepID("format", "8") })
        }
    }

    @Test func `a port that something else holds is stepped over`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(2)
            _ = cluster.fleet.withState { $0.hosts[host]?.foreignPorts.insert(9093) }
            #expect(try cluster.work(try #require(try cluster.addBroker(host, 1).plan)) == .done)
            #expect(try cluster.status().layout?.brokers.last?.port == 9094)
        }
    }

    @Test func `what the host cannot bear is refused, with a code and before anything is changed`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(2)
            let effects = cluster.fleet.effects.count
            let many = try cluster.addBroker(host, 40)
            #expect(many.blockers.map(\.code) == ["no-memory"] && many.plan == nil)
            #expect(many.blockers.first?.reason.contains("42 nodes") == true)
            #expect(try cluster.addBroker(host, 40, accepting: ["no-memory"]).plan != nil)
            cluster.fleet.withState { $0.hosts[host]?.disks["/data"]?.foreign = ByteCount(100 << 30) }
            #expect(try cluster.addBroker(host, 1).blockers.map(\.code) == ["no-room"])
            let stranger = try #require(HostName(rawValue: "10.0.0.21"))
            let unknown = try cluster.addBroker(stranger, 1).blockers
            #expect(unknown.map(\.code) == ["unknown-host"])
            #expect(unknown.first?.reason.contains("did you mean 10.0.0.11?") == true)
            cluster.fleet.withState { $0.hosts[host]?.isReachable = false }
            #expect(try cluster.addBroker(host, 1).blockers.isEmpty == false)
            #expect(cluster.fleet.effects.count == effects)
        }
    }

    @Test func `a cluster that does not answer is not made larger`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            for id in [Int32(9001), 9002] { cluster.fleet.kill(node: try #require(NodeID(rawValue: id))) }
            try cluster.pass(.seconds(20))
            let preparation = try cluster.addBroker(try cluster.host(1), 1)
            #expect(preparation.plan == nil && !preparation.blockers.isEmpty)
        }
    }

    @Test func `with rebalance data moves onto them in the same operation`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let preparation = try cluster.addBroker(try cluster.host(3), 1, rebalances: true)
            let plan = try #require(preparation.plan, "\(preparation.blockers)")
            #expect((preparation.moves.first?.report.bytes.bytes ?? 0) > 0)
            #expect(plan.advice == nil)
            #expect(try cluster.work(plan) == .done)
            let status = try cluster.status()
            #expect(status.findings.isEmpty, "\(status.findings)")
            let broker = try #require(status.context.brokers.first { $0.id.rawValue == 4 })
            let held = try #require(broker.partitions)
            #expect(held > 0, "broker 4 holds \(held) partitions")
            #expect(status.snapshot.cluster.value?.throttles.value?.isEmpty == true)
        }
    }

    @Test(arguments: [HostTrouble.silentSSH, .dockerStopped, .cutOff])
    func `a host in trouble in any stage holds it up, and it ends the same`(trouble: HostTrouble) async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(2)
            try EveryWrite.suffers(in: &cluster) { state in
                state.afflict(host, with: trouble, for: .seconds(60))
            } _: { cluster in
                try cluster.addBroker(host, 1)
            }
        }
    }

    @Test(arguments: [false, true])
    func `killed at any journal write and resumed, it ends the same`(rebalances: Bool) async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            if rebalances { try cluster.load(topics: 1, partitions: 4) }
            try EveryWrite.dies(in: &cluster) { cluster in
                try cluster.addBroker(try cluster.host(2), 1, rebalances: rebalances)
            }
        }
    }
}
