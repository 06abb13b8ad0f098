import FleetModel
import FleetSimulator
import OperationModel
import Operations
import Testing

/// `operation pause` and `operation set` on a running removal, on the simulated fleet.
struct PauseAndSetTests {
    private let midway: Duration = .seconds(20)

    @Test func `a pause ends at a safe point with no throttle and no half move, and resume brings it to its end`()
        throws
    {
        let scene = try SteeringScene()
        try scene.begin()
        let ending = try scene.work(requests: [(midway, .pause)])
        guard case .paused = ending else {
            Issue.record("it ended with \(String(describing: ending))")
            return
        }
        #expect(try scene.progress().status(holderIsAlive: false) == .paused)
        try scene.expectNothingLeft()
        #expect(try scene.lists().values.contains { $0.contains(6) }, "it was midway")
        // What is left is told by the journal: what was taken back is not counted as moved.
        let text = try #require(try scene.store.value(StepProgress.key(of: scene.id)))
        let left: StepProgress = try JSONValue(parsing: text).decoded()
        #expect(left.moving == 0 && left.settled < left.partitions && left.copied < left.bytes)
        #expect(try scene.work(pid: 2) == .done)
        try scene.expectRemoved()
    }

    @Test func `a lower throttle holds from the next decision on, and for the worker that resumes`() throws {
        let scene = try SteeringScene()
        try scene.begin()
        var ending = try scene.work(requests: [
            (midway, .set(.throttle(BytesPerSecond(1 << 20)))), (.seconds(40), .stop),
        ])
        guard case .stopped = ending else {
            Issue.record("it ended with \(String(describing: ending))")
            return
        }
        #expect(try scene.notes().contains { $0.hasPrefix("the throttle is 1") })
        try scene.expectNothingLeft()
        scene.store.die(afterWrites: 20)
        ending = try scene.work(pid: 2)
        scene.store.die(afterWrites: nil)
        #expect(ending == nil)
        #expect(try scene.rates() == ["\(1 << 20)"], "what was set holds for the next worker")
        #expect(try scene.work(pid: 3, requests: [(.seconds(5), .set(.throttle(nil)))]) == .done)
        try scene.expectRemoved()
    }

    @Test func `a throttle that is set to off goes at once while the moves go on`() throws {
        let scene = try SteeringScene()
        try scene.begin(throttle: 1 << 20)
        let before = scene.time.uptime()
        #expect(try scene.work(requests: [(midway, .set(.throttle(nil)))]) == .done)
        #expect(scene.time.uptime() - before < .seconds(240), "at 1 MiB/s it takes six minutes")
        #expect(try scene.notes().contains("there is no throttle from now on"))
        try scene.expectRemoved()
    }

    @Test func `killed at any journal write while it pauses, it is resumed to the same end`() throws {
        for deathAfter in stride(from: 3, to: 200, by: 1) {
            let scene = try SteeringScene()
            try scene.begin(throttle: 2 << 20)
            scene.store.die(afterWrites: deathAfter)
            let ending = try scene.work(requests: [
                (.seconds(8), .set(.throttle(BytesPerSecond(3 << 20)))), (midway, .pause),
            ])
            scene.store.die(afterWrites: nil)
            if case .paused = ending { try scene.expectNothingLeft("paused after write \(deathAfter)") }
            #expect(try scene.work(pid: 2) == .done, "resumed after write \(deathAfter)")
            try scene.expectRemoved("resumed after write \(deathAfter)")
            if ending != nil { return }
        }
        Issue.record("it always died")
    }

    @Test func `a later request never takes an earlier one for more away`() {
        #expect(!ControlRequest.pause.outweighs(.abort))
        #expect(!ControlRequest.stop.outweighs(.abort))
        #expect(ControlRequest.abort.outweighs(.pause))
        #expect(ControlRequest.pause.outweighs(.stop))
        #expect(!ControlRequest.set(.throttle(nil)).outweighs(nil))
    }
}
