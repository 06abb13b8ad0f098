import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// `gantry restart` on the simulated fleet.
struct RestartTests {
    private func node(_ id: Int32) throws -> NodeID { try #require(NodeID(rawValue: id)) }

    /// Nodes that a plan stops, in its order.
    private func stops(_ plan: OperationPlan) -> [String] {
        plan.steps.filter { $0.kind == "stop-safely" }.compactMap {
            $0.id.rawValue.split(separator: "/").last.map(String.init)
        }
    }

    @Test func `all nodes restart one at a time, brokers first, the active controller last, and nothing is lost`()
        async throws
    {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            let before = try cluster.status()
            let active = try #require(before.snapshot.cluster.value?.controller)
            let plan = try #require(try cluster.restart().plan)
            let order = stops(plan)
            #expect(order.prefix(3) == ["1", "2", "3"] && order.last == active.description && order.count == 6)
            let effects = cluster.fleet.effects.count
            #expect(try cluster.work(plan) == .done)
            let after = try cluster.status()
            #expect(after.findings.isEmpty, "\(after.findings)")
            let done = cluster.effects(since: effects).filter { !$0.contains("canary") }
            #expect(done.count == 12, "a stop and a start for each: \(done)")
            for (stop, start) in zip(stride(from: 0, to: 12, by: 2), stride(from: 1, to: 12, by: 2)) {
                #expect(done[stop].hasPrefix("stop ") && done[start].hasPrefix("start "), "\(done)")
            }
            // Leaders are back where they are preferred.
            for row in after.snapshot.cluster.value?.partitions.value.map({ Array($0.rows) }) ?? [] {
                #expect(row.leader?.rawValue == row.replicas.first, "\(row.name)")
                #expect(row.inSync.count == row.replicas.count)
            }
            #expect(after.snapshot.containers.allSatisfy { $0.container.exitCode != 137 })
        }
    }

    @Test func `with changed only nodes with another configuration restart, and it is applied`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            let nothing = try cluster.restart(changedOnly: true)
            #expect(nothing.plan == nil && nothing.blockers.isEmpty)
            let host = try cluster.host(2)
            for index in cluster.specification.hosts.indices where cluster.specification.hosts[index].host == host {
                cluster.specification.hosts[index].heap = ByteCount(512 << 20)
            }
            #expect(try cluster.status().findings.map(\.rule).contains("config-drift"))
            let plan = try #require(try cluster.restart(changedOnly: true).plan)
            #expect(stops(plan) == ["3", "4", "9002"])
            #expect(try cluster.work(plan) == .done)
            let status = try cluster.status()
            #expect(status.findings.isEmpty, "\(status.findings)")
            #expect(try cluster.restart(changedOnly: true).plan == nil)
        }
    }

    @Test func `bootstrap makes a node anew that dies again and again with old settings, and no other that runs`()
        async throws
    {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            for index in cluster.specification.hosts.indices {
                cluster.specification.hosts[index].heap = ByteCount(512 << 20)
            }
            let (one, two) = (try node(1), try node(2))
            func digest(_ node: NodeID) throws -> String? {
                try cluster.status().snapshot.containers.first { $0.container.node == node }?.container.configDigest
            }
            let before = [try digest(one), try digest(two)]
            for _ in 0..<3 {
                cluster.inflict(.container(.crash, one))
                try cluster.pass(.seconds(3))
            }
            let looping = try cluster.status().snapshot.containers.first { $0.container.node == one }?.container
            #expect(looping?.isCrashLooping(at: cluster.time.now()) == true, "\(String(describing: looping))")
            let plan = try #require(try cluster.prepareBootstrap().plan)
            try cluster.pass(.seconds(1))
            #expect(try cluster.work(plan) == .done)
            #expect(try digest(one) != before[0])
            #expect(try digest(two) == before[1])
        }
    }

    @Test func `an image that is there is told from one that is to be brought`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 1) { cluster in
            try cluster.bootstrap()
            func there(_ cluster: LivingCluster) throws -> Set<StepID> {
                let (session, steps) = (cluster.session, try #require(try cluster.restart([]).plan).steps)
                return try cluster.run { try await session.imagesThere(for: steps) }
            }
            #expect(
                try there(cluster) == Set((1...3).map { StepID("bring-image", try cluster.host($0).rawValue) }))
            cluster.specification.cluster.image = "kafka:another"
            #expect(try there(cluster) == [])
        }
    }

    @Test func `a changed image is brought to every host before the first node stops`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            cluster.specification.cluster.image = "gantry/kafka:other"
            let effects = cluster.fleet.effects.count
            #expect(try cluster.work(try #require(try cluster.restart(changedOnly: true).plan)) == .done)
            let done = cluster.effects(since: effects)
            let stop = try #require(done.firstIndex { $0.hasPrefix("stop ") })
            #expect(done.lastIndex { $0.hasPrefix("image ") }.map { $0 < stop } == true, "\(done)")
            let status = try cluster.status()
            #expect(status.snapshot.containers.allSatisfy { $0.container.image == "gantry/kafka:other" })
            #expect(status.findings.isEmpty, "\(status.findings)")
        }
    }

    @Test func `hosts and nodes can be named, and what there is not is refused`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            let host = try cluster.host(2)
            let plan = try #require(try cluster.restart([.node(try node(1)), .host(host)]).plan)
            #expect(Set(stops(plan)) == ["1", "2", "9002"])
            let unknown = try cluster.restart([.node(try node(12))]).blockers
            #expect(unknown.map(\.code) == ["unknown-node"])
            let stranger = try #require(HostName(rawValue: "10.0.0.99"))
            #expect(try cluster.restart([.host(stranger)]).blockers.map(\.code) == ["unknown-host"])
        }
    }

    @Test func `a restart that would cost producers their minimum is refused, until the replica is back`() async throws
    {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            cluster.fleet.kill(node: try node(3))
            try cluster.pass(.seconds(20))
            let effects = cluster.fleet.effects.count
            let refused = try cluster.restart([.node(try node(1))])
            #expect(refused.plan == nil && refused.blockers.map(\.code) == ["isr-at-minimum"])
            #expect(try cluster.restart([.node(try node(1))], accepting: ["isr-at-minimum"]).plan == nil)
            #expect(cluster.fleet.effects.count == effects)
            // The dead one itself may be started this way: nobody loses it.
            let plan = try #require(try cluster.restart([.node(try node(3))]).plan)
            #expect(try cluster.work(plan) == .done)
            #expect(try cluster.restart([.node(try node(1))]).plan != nil)
        }
    }

    @Test func `partitions without a replica to spare are asked about once, for all nodes`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let asked = try cluster.restart()
            #expect(asked.blockers.map(\.code) == ["no-spare-replica"])
            #expect(asked.blockers.first?.reason.contains("12 partitions") == true, "\(asked.blockers)")
            let plan = try #require(try cluster.restart(accepting: ["no-spare-replica"]).plan)
            #expect(try cluster.work(plan) == .done)
            #expect(try cluster.status().findings.isEmpty)
        }
    }

    @Test func `the first node that does not come back ends it, and the others run on untouched`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            cluster.specification.kafka.append(KafkaProperty("log.retention.hours", "24"))
            // What takes its port while it is down keeps it from coming back.
            let host = try cluster.host(1)
            _ = cluster.fleet.withState { $0.hosts[host]?.foreignPorts.insert(9092) }
            let plan = try #require(try cluster.restart(changedOnly: true).plan)
            let before = try cluster.status()
            guard case .failed? = try cluster.work(plan) else {
                Issue.record("it did not fail")
                return
            }
            let after = try cluster.status()
            let now = Dictionary(after.snapshot.containers.map { ($0.container.id, $0.container) }) { a, _ in a }
            for (_, container) in before.snapshot.containers where container.node?.rawValue != 1 {
                #expect(now[container.id]?.startedAt == container.startedAt, "\(container.name)")
            }
        }
    }

    @Test(arguments: [ControlRequest.pause, .stop, .abort])
    func `asked to end while a node is down, it brings that node back first`(request: ControlRequest) async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load()
            cluster.specification.kafka.append(KafkaProperty("log.retention.hours", "24"))
            let plan = try #require(try cluster.restart(changedOnly: true).plan)
            let (store, time) = (cluster.store, cluster.time)
            let id = OperationID(createdAt: time.now(), salt: 3)
            let (_, ending) = try cluster.work(plan, once: StepID("stop-safely", "1"), after: .milliseconds(600)) { _ in
                try? store.request(request, of: id, at: time.now())
            }
            switch (request, ending) {
            case (.pause, .paused), (.stop, .stopped), (.abort, .aborted): break
            default: Issue.record("asked to \(request) it ended with \(String(describing: ending))")
            }
            let progress = OperationProgress.fold(plan, try store.events(of: id))
            #expect(progress.begun.contains(StepID("stop-safely", "1")), "it came too early")
            #expect(!progress.begun.contains(StepID("stop-safely", "2")), "it went on")
            let seen = try cluster.status().snapshot
            let down = seen.containers.filter { !$0.container.isAlive }.map(\.container.name)
            #expect(down == [])
            guard request != .abort else { return }
            let first = seen.cluster.value?.broker(try node(1))
            #expect(first?.fenced == false, "it is waited for")
            #expect(try cluster.resume(id) == .done)
            #expect(try cluster.status().findings.isEmpty)
        }
    }

    @Test(arguments: [HostTrouble.silentSSH, .dockerStopped])
    func `a host in trouble in any stage holds it up, and it ends the same`(trouble: HostTrouble) async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 1, partitions: 3)
            let host = try cluster.host(2)
            try EveryWrite.suffers(in: &cluster) { state in
                state.afflict(host, with: trouble, for: .seconds(60))
            } _: { cluster in
                try cluster.restart([.node(try self.node(2)), .node(try self.node(3)), .node(try self.node(9002))])
            }
        }
    }

    @Test func `killed at any journal write and resumed, it ends the same`() async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 1, partitions: 3)
            cluster.specification.kafka.append(KafkaProperty("log.retention.hours", "24"))
            try EveryWrite.dies(in: &cluster) { try $0.restart(changedOnly: true) }
        }
    }
}
