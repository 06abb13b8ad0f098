import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Testing

@testable import Operations

/// `operation abort --rollback`: back to the lists before, order and leaders included.
struct RollbackTests {
    private let back = OperationID(createdAt: Timestamp(milliseconds: 5000), salt: 2)

    /// Gives the removal up in the middle, and plans the way back.
    private func givenUp() throws -> (
        SteeringScene, lists: [TopicPartition: [Int32]], leaders: [TopicPartition: Int32?]
    ) {
        let scene = try SteeringScene()
        let (lists, leaders) = (try scene.lists(), try scene.leaders())
        try scene.begin()
        let ending = try scene.work(requests: [(.seconds(45), .abort)])
        guard case .aborted = ending else {
            Issue.record("it ended with \(String(describing: ending))")
            return (scene, lists, leaders)
        }
        try scene.expectNothingLeft()
        #expect(try scene.lists() != lists, "something was moved")
        try plan(scene)
        return (scene, lists, leaders)
    }

    private func plan(_ scene: SteeringScene) throws {
        let record = try scene.store.operation(scene.id)
        let rollback = try Rollback(
            of: record, settings: OperationSettings(), snapshot: try scene.snapshot(), isAtRest: true)
        #expect(rollback.blockers == [])
        let plan = try rollback.plan(of: record, layout: scene.layout, reason: nil, canary: true, known: [])
        try scene.store.create(back, plan: plan, at: scene.time.now())
    }

    @Test func `every partition gets its old list again, in its old order, with its old leader`() throws {
        let (scene, lists, leaders) = try givenUp()
        #expect(try scene.work(back, pid: 2) == .done)
        #expect(try scene.lists() == lists)
        #expect(try scene.leaders() == leaders)
        try scene.expectNothingLeft()
    }

    @Test func `killed at any journal write on its way back and resumed, it ends the same`() throws {
        for deathAfter in stride(from: 1, to: 200, by: 1) {
            let (scene, lists, leaders) = try givenUp()
            scene.store.die(afterWrites: deathAfter)
            let ending = try scene.work(back, pid: 2)
            scene.store.die(afterWrites: nil)
            #expect(try scene.work(back, pid: 3) == .done, "resumed after write \(deathAfter)")
            #expect(try scene.lists() == lists, "resumed after write \(deathAfter)")
            #expect(try scene.leaders() == leaders, "resumed after write \(deathAfter)")
            try scene.expectNothingLeft("resumed after write \(deathAfter)")
            if ending != nil { return }
        }
        Issue.record("it always died")
    }

    @Test func `killed at any journal write while it gives up, the next abort leaves nothing behind`() throws {
        for deathAfter in stride(from: 3, to: 200, by: 2) {
            let scene = try SteeringScene()
            try scene.begin()
            scene.store.die(afterWrites: deathAfter)
            let ending = try scene.work(requests: [(.seconds(30), .abort)])
            scene.store.die(afterWrites: nil)
            if ending != nil { return }
            let second = try scene.work(pid: 2, givingUp: true)
            guard case .aborted = second else {
                Issue.record("after write \(deathAfter): \(String(describing: second))")
                return
            }
            try scene.expectNothingLeft("given up after write \(deathAfter)")
        }
        Issue.record("it always died")
    }

    @Test func `a broker that was removed for good is named, and nothing is planned`() throws {
        let scene = try SteeringScene()
        try scene.begin()
        #expect(try scene.work() == .done)
        let rollback = try Rollback(
            of: try scene.store.operation(scene.id), settings: OperationSettings(), snapshot: try scene.snapshot(),
            isAtRest: true)
        #expect(rollback.blockers.map(\.code) == ["broker-removed"])
        #expect(rollback.blockers.first?.object == "broker 6")
    }

    @Test func `a way back has at most one new replica at a time and ends with the old list`() {
        let route = Rollback.route(
            partition(0), from: [id(4), id(5), id(3)], to: [id(1), id(2), id(3)], size: ByteCount(7))
        #expect(route.hops.last?.target == [id(1), id(2), id(3)])
        #expect(route.hops.map(\.adding) == [id(1), id(2)])
        #expect(Set(route.hops[0].target) == [id(1), id(5), id(3)])
        #expect(Rollback.route(partition(0), from: [id(2), id(1)], to: [id(1), id(2)], size: .zero).hops == [])
        let surplus = Rollback.route(partition(0), from: [id(1), id(2), id(3)], to: [id(1), id(2)], size: .zero)
        #expect(surplus.hops == [.init(target: [id(1), id(2)], adding: nil, bytes: .zero)])
    }
}
