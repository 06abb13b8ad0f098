import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
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

    @Test func `an operation that is at work has left nothing`() async throws {
        try await withLeftDrain(isAtWork: true) { cluster, id, _ in
            let blockers = try cluster.removeBrokers(4).blockers
            #expect(blockers.map(\.code) == ["leased"])
            #expect(blockers.first?.remedy.hasSuffix("gantry operation attach \(id)") == true)
        }
    }
}
