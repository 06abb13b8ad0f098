import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import Processes
import Testing

@testable import FleetRuntime

/// An operation that was left with data half moved, and the commands that come after it.
struct LeftOperationTests {
    /// A cluster whose journal knows a drain of broker 3 that was left in its midst, by a process that is gone or by this one.
    private func withLeftDrain(
        isAtWork: Bool = false, _ body: (inout LivingCluster, OperationID, any OperationStore) throws -> Void
    ) async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let plan = try #require(try cluster.removeBrokers(3).plan)
            let moving = try #require(plan.steps.first { $0.kind == "move-data" })
            let journal = try cluster.session.place.openJournal()
            let id = OperationID(createdAt: cluster.time.now(), salt: 7)
            let gone = Holder(techhost: Machine.hostName, pid: 1, bootID: "before", startTicks: 1, user: "root")
            let holder = isAtWork ? try Holder.current() : gone
            let name = cluster.specification.cluster.name
            try journal.create(id, plan: plan, at: cluster.time.now())
            let lease = try journal.acquireLease(
                cluster: name, operation: id, holder: holder, replacing: nil, at: cluster.time.now())
            try journal.append(.started(holder), under: lease, at: cluster.time.now())
            try journal.append(.intent(moving.id), under: lease, at: cluster.time.now())
            try journal.setValue(#"{"brokers":[]}"#, for: "moves/\(name)", under: lease)
            try body(&cluster, id, journal)
        }
    }

    @Test func `a command that moves data is refused, and told which operation to resume`() async throws {
        try await withLeftDrain { cluster, id, _ in
            let asked: [MovePreparation] = [
                try cluster.removeBrokers(3), try cluster.addBroker(try cluster.host(1), 1),
            ]
            for preparation in asked {
                #expect(preparation.plan == nil)
                let blocker = try #require(preparation.blockers.first)
                #expect(blocker.code == "operation-interrupted")
                #expect(blocker.object.hasPrefix("operation \(id) (") && blocker.object.hasSuffix(")"))
                #expect(blocker.remedy == "gantry operation resume \(id)")
            }
        }
    }

    @Test func `where another operation has changed the cluster since, it can only be given up`() async throws {
        try await withLeftDrain { cluster, id, journal in
            let (name, later) = (
                cluster.specification.cluster.name, OperationID(createdAt: cluster.time.now(), salt: 9)
            )
            try cluster.pass(.seconds(60))
            let plan = try journal.operation(id).plan
            try journal.create(later, plan: plan, at: cluster.time.now())
            let holder = Holder(techhost: Machine.hostName, pid: 1, bootID: "before", startTicks: 2, user: "root")
            let lease = try journal.acquireLease(
                cluster: name, operation: later, holder: holder, replacing: try journal.lease(of: name)?.token,
                at: cluster.time.now())
            try journal.append(.outcome(plan.steps[0].id, .done(note: nil)), under: lease, at: cluster.time.now())
            let blocker = try #require(try cluster.removeBrokers(3).blockers.first)
            #expect(blocker.object.hasPrefix("operation \(id) ("), "\(blocker)")
            #expect(blocker.reason.contains("operation \(later)"), "\(blocker)")
            #expect(blocker.remedy == "gantry operation abort \(id)")
        }
    }

    @Test func `what was left can be gone on with until a later one changes the cluster`() async throws {
        try await withLeftDrain { cluster, id, journal in
            let (name, later) = (
                cluster.specification.cluster.name, OperationID(createdAt: cluster.time.now(), salt: 9)
            )
            #expect(try journal.resumable(name)?.id == id)
            try cluster.pass(.seconds(60))
            let plan = try journal.operation(id).plan
            try journal.create(later, plan: plan, at: cluster.time.now())
            #expect(try journal.resumable(name)?.id == id, "nothing of the later one has begun")
            let holder = Holder(techhost: Machine.hostName, pid: 1, bootID: "before", startTicks: 2, user: "root")
            let lease = try journal.acquireLease(
                cluster: name, operation: later, holder: holder, replacing: try journal.lease(of: name)?.token,
                at: cluster.time.now())
            try journal.append(.started(holder), under: lease, at: cluster.time.now())
            try journal.append(.intent(plan.steps[0].id), under: lease, at: cluster.time.now())
            try journal.append(.outcome(plan.steps[0].id, .done(note: nil)), under: lease, at: cluster.time.now())
            try journal.append(.ended(.done), under: lease, at: cluster.time.now())
            #expect(try journal.resumable(name) == nil)
        }
    }

    @Test func `bootstrap starts nothing that a removal stopped for good, until that is given up`() async throws {
        try await withLeftDrain { cluster, id, journal in
            let name = cluster.specification.cluster.name
            #expect(try cluster.prepareBootstrap().blockers == [], "all of it runs")
            let lease = try #require(try journal.lease(of: name))
            try journal.append(.intent(StepID("stop-node", "3")), under: lease, at: cluster.time.now())
            #expect(try cluster.prepareBootstrap().blockers == [], "it has not stopped yet")
            cluster.inflict(.container(.kill, try cluster.node(3)))
            let blocker = try #require(try cluster.prepareBootstrap().blockers.first)
            #expect(blocker.code == "operation-interrupted")
            #expect(blocker.object.hasPrefix("operation \(id) ("))
            #expect(blocker.reason.contains("broker 3;"), "\(blocker)")
            #expect(blocker.remedy == "gantry operation resume \(id)")
            try journal.append(.ended(.aborted(reason: "given up")), under: lease, at: cluster.time.now())
            #expect(try cluster.prepareBootstrap().blockers == [])
        }
    }

    @Test func `what is given up leaves no cordon, though its broker is dead`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 2)
            let plan = try #require(try cluster.removeBrokers(3).plan)
            let (id, three) = (try cluster.keep(plan, salt: 5), try cluster.node(3))
            let name = cluster.specification.cluster.name
            let holder = Holder(techhost: "t", pid: 1, bootID: "b", startTicks: 1, user: "root")
            let lease = try cluster.store.acquireLease(
                cluster: name, operation: id, holder: holder, replacing: try cluster.store.lease(of: name)?.token,
                at: cluster.time.now())
            for event in [.started(holder), .intent(StepID("cordon", "3"))] as [OperationEvent] {
                try cluster.store.append(event, under: lease, at: cluster.time.now())
            }
            let (fleet, layout) = (cluster.fleet, try #require(try cluster.status().layout))
            let change = [SettingChange("cordoned.log.dirs", .set("*"))]
            _ = try cluster.run { try await fleet.change([.broker(three): change], layout) }
            #expect(try cluster.leftovers() == ["cordon 3"])
            cluster.inflict(.container(.kill, three))
            try cluster.pass(.seconds(30))
            guard case .aborted = try cluster.work(plan, id, pid: 2, givingUp: true) else {
                Issue.record("it was not given up")
                return
            }
            #expect(try cluster.leftovers() == [])
        }
    }

    @Test func `what it moves is told to be its, not somebody else's`() async throws {
        try await withLeftDrain { cluster, id, _ in
            let (fleet, node, before) = (cluster.fleet, try cluster.node(3), try cluster.status())
            let layout = try #require(before.layout)
            let table = try #require(before.snapshot.cluster.value?.partitions.value)
            let row = try #require(
                table.rows.first { !$0.topic.isCanary && $0.replicas.contains(node.rawValue) })
            let brokers = layout.brokers.map(\.id).filter { !row.replicas.contains($0.rawValue) }
            let target = ReplicaTarget(
                partition: row.name,
                replicas: row.replicas.compactMap(NodeID.init(rawValue:)).map { $0 == node ? brokers[0] : $0 })
            _ = try cluster.run { try await fleet.reassign([target], changingReplicationFactor: false, layout) }
            let findings = try cluster.status().findings.filter { $0.rule == "reassignment-orphan" }
            #expect(findings.map(\.subject) == ["operation \(id)"], "\(findings)")
            #expect(findings.first?.remedy.hasPrefix("gantry operation resume \(id) goes on with it") == true)
            #expect(findings.first?.evidence.contains("which was interrupted") == true)
        }
    }

    @Test func `an operation that is at work has left nothing`() async throws {
        try await withLeftDrain(isAtWork: true) { cluster, id, _ in
            let blockers = try cluster.removeBrokers(4).blockers
            #expect(blockers.map(\.code) == ["leased"])
            #expect(blockers.first?.remedy.hasSuffix("gantry operation attach \(id)") == true)
        }
    }
}
