import FleetModel
import FleetSimulator
import OperationModel
import Testing

@testable import Operations

/// `operation abort` while the operation waits for something, on the simulated fleet.
struct AbortTests {
    /// A plan of one step that waits for broker 2, which was killed.
    private func waiting(_ step: (SteeringScene) throws -> some Step) throws -> SteeringScene {
        let scene = try SteeringScene()
        scene.fleet.kill(node: try #require(NodeID(rawValue: 2)))
        var chain = StepChain()
        try chain.add(try step(scene))
        let plan = OperationPlan(
            command: "restart", arguments: [], cluster: scene.cluster, clusterID: scene.layout.clusterID, reason: nil,
            steps: chain.records, failurePolicy: .stop)
        try scene.store.create(scene.id, plan: plan, at: scene.time.now())
        return scene
    }

    private func expectBrokenOff(_ scene: SteeringScene) throws {
        let before = scene.time.uptime()
        let ending = try scene.work(requests: [(.seconds(20), .abort)])
        guard case .aborted = ending else {
            Issue.record("it ended with \(String(describing: ending))")
            return
        }
        let took = scene.time.uptime() - before
        #expect(took >= .seconds(20) && took < .seconds(23), "it took \(took)")
        try scene.expectNothingLeft()
        #expect(try scene.progress().states == [.intended])
    }

    @Test func `a check of the whole cluster that waits for a broker is broken off within seconds`() throws {
        try expectBrokenOff(
            waiting { CheckStage(stage: "after-6", layout: $0.layout, canary: true, known: []) })
        try expectBrokenOff(waiting { CheckCluster(layout: $0.layout, canary: true) })
    }

    @Test func `a wait for a broker to be empty is broken off within seconds`() throws {
        try expectBrokenOff(
            waiting { VerifyEmpty(brokers: [try #require(NodeID(rawValue: 6))], layout: $0.layout) })
    }

    @Test func `a stop lets the check come to its own end`() throws {
        let scene = try waiting { CheckStage(stage: "after-6", layout: $0.layout, canary: true, known: []) }
        let before = scene.time.uptime()
        guard case .failed = try scene.work(requests: [(.seconds(20), .stop)]) else {
            Issue.record("it did not fail")
            return
        }
        #expect(scene.time.uptime() - before >= .seconds(180))
    }
}
