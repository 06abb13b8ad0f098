import FleetModel
import Testing

@testable import Operations

/// A target dies, and no other broker may have its partitions: they wait for it, and the others do not.
struct HomelessPartitionTests {
    /// Broker 3 leaves; one partition went to 2, one to 4. Broker 2 died, and there is no plan without it.
    private func scene() -> MoveScene {
        let order = MoveOrder(
            goal: .empty([id(3)]),
            routes: [.swap(partition(0), [3, 1], 3, 2), .swap(partition(1), [3, 1], 3, 4)])
        var scene = MoveScene(order, brokers: 1...4)
        scene.apply(scene.look())
        scene.live.remove(2)
        _ = scene.look()
        scene.apply(scene.look(after: .seconds(31)))
        let replanned = scene.playUntilReplanned()
        #expect(replanned == [partition(0)])
        #expect(scene.execution.refuse(replanned, reason: "no rack is left") == [id(2)])
        return scene
    }

    @Test func `it waits for its target and is asked for again once that is back`() {
        var scene = scene()
        scene.finish(partition(1))
        for _ in 0..<50 {
            let actions = scene.look()
            #expect(actions.problem == nil && !actions.contains(.done) && actions.replanned == [])
            #expect(actions.submitted == [])
            scene.apply(actions)
        }
        scene.live.insert(2)
        #expect(scene.playToEnd().contains(.done))
        #expect(scene.rows[partition(0)]?.replicas == [2, 1])
    }

    @Test func `another broker that comes is planned for`() {
        var scene = scene()
        scene.live.insert(5)
        let replanned = scene.playUntilReplanned()
        #expect(replanned == [partition(0)])
    }

    @Test func `a target that stays away is named in the stall and ends the moves as one`() {
        var scene = scene()
        scene.finish(partition(1))
        var problem: MoveProblem?
        for _ in 0..<400 where problem == nil {
            let actions = scene.look(after: .seconds(10))
            problem = actions.problem
            scene.apply(actions)
        }
        #expect(problem?.code == "stalled")
        #expect(problem?.reason.contains("broker 2") == true && problem?.reason.contains("no rack is left") == true)
        #expect(problem?.remedy.contains("bring it back") == true)
        #expect(scene.said.contains { $0.hasPrefix("stalled") && $0.contains("broker 2") })
    }

    @Test func `one that nobody can be waited for keeps its reason and its remedy`() {
        var scene = scene()
        scene.live.insert(2)
        #expect(scene.execution.refuse([partition(9, "new")], reason: "no rack is left", remedy: "add one") == [])
        #expect(scene.execution.unplanned.contains(partition(9, "new")))
    }
}
