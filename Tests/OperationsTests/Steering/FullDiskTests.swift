import FleetModel
import FleetSimulator
import OperationModel
import Testing

@testable import Operations

/// The techhost's disk is full: nothing begins that could not be journaled, and what is under way comes to a safe end.
struct FullDiskTests {
    @Test func `full from any journal write on, it stops with nothing in force, and goes on once there is room`() throws
    {
        for roomFor in 3..<200 {
            let scene = try SteeringScene()
            try scene.begin(throttle: 2 << 20)
            scene.store.fill(afterWrites: roomFor)
            let ending = try scene.work()
            scene.store.fill(afterWrites: nil)
            if ending == .done { return try scene.expectRemoved() }
            guard case .stopped(let reason) = ending else {
                Issue.record("full after write \(roomFor) it ended with \(String(describing: ending))")
                return
            }
            #expect(reason.contains("disk"), "full after write \(roomFor)")
            #expect(try scene.throttles() == [], "full after write \(roomFor)")
            #expect(try scene.moves() == [], "full after write \(roomFor)")
            #expect(try scene.progress().status(holderIsAlive: false) == .interrupted)
            #expect(try scene.work(pid: 2) == .done, "with room again after write \(roomFor)")
            try scene.expectRemoved("with room again after write \(roomFor)")
        }
        Issue.record("it was never done")
    }
}
