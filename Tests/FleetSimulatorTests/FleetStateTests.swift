import FleetModel
import FleetSimulator
import Observation
import Operations
import Testing

struct FleetStateTests {
    private func bytes(_ state: FleetState) throws -> [UInt8] {
        try SimulationDocument(clock: SimulatedTime(wall: .zero), fleet: state).bytes()
    }

    /// A fleet in the middle of all that can happen to it.
    private func troubled() throws -> FleetState {
        let stage = try Stage()
        try stage.bootstrap()
        let (node, other, host, third) = (
            try stage.node(1), try stage.node(2), try stage.host(2), try stage.host(3)
        )
        stage.fleet.withState {
            $0.kill(node)
            $0.crash(other)
            $0.afflict(host, with: .cutOff, for: .seconds(40))
            $0.afflict(third, with: .rebooting)
        }
        return stage.fleet.withState { $0 }
    }

    @Test func `a fleet that was written and read is the same one`() throws {
        let state = try troubled()
        let read = try SimulationDocument(parsing: try bytes(state)).fleet
        #expect(try bytes(read) == (try bytes(state)))
        var (one, other) = (state, read)
        one.advance(to: state.now + .seconds(600))
        other.advance(to: state.now + .seconds(600))
        #expect(try bytes(one) == (try bytes(other)))
    }

    @Test func `how often somebody looks changes nothing`() throws {
        let state = try troubled()
        var (once, often) = (state, state)
        once.advance(to: state.now + .seconds(120))
        for step in 1...1200 { often.advance(to: state.now + .milliseconds(100 * step)) }
        #expect(try bytes(once) == (try bytes(often)))
    }

    @Test func `time never goes back`() throws {
        var state = FleetState()
        state.advance(to: .seconds(10))
        state.advance(to: .seconds(5))
        #expect(state.now == .seconds(10))
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"format":"gantry-simulation"}"#, #"{"format":"gantry-simulation","version":1}"#,
        #"{"format":"other","version":2}"#, #"{"format":"gantry-simulation","version":2,"clock":{},"fleet":{}}"#,
        #"{"format":"gantry-simulation","version":2,"fleet":"cbf29ce484222325"}"#,
    ])
    func `what is no simulation is refused with a reason`(text: String) {
        #expect(throws: JSONError.self) { try SimulationDocument(parsing: Array(text.utf8)) }
    }

    @Test func `a byte that is another one is noticed wherever it is`() throws {
        let whole = try bytes(try troubled())
        for place in stride(from: 0, to: whole.count - 1, by: 331) {
            var damaged = whole
            damaged[place] ^= 0x04
            #expect(throws: JSONError.self, "byte \(place)") { try SimulationDocument(parsing: damaged) }
        }
    }

    @Test func `half a file is refused wherever it ends`() throws {
        let whole = try bytes(try troubled())
        for end in stride(from: 0, to: whole.count - 1, by: 97) {
            #expect(throws: JSONError.self) { try SimulationDocument(parsing: Array(whole[..<end])) }
        }
    }
}

struct SimulatedTimeTests {
    @Test func `it runs so many times as fast from where it was`() {
        var time = SimulatedTime(wall: .seconds(1000))
        #expect(time.epoch == Timestamp(milliseconds: 1_000_000))
        #expect(time.elapsed(at: .seconds(1003)) == .seconds(60))
        time.run(at: 100, wall: .seconds(1003))
        #expect(time.elapsed(at: .seconds(1003)) == .seconds(60))
        #expect(time.elapsed(at: .seconds(1004)) == .seconds(160))
        #expect(time.real(.seconds(50)) == .milliseconds(500))
        time.skip(.seconds(600), wall: .seconds(1004))
        #expect(time.elapsed(at: .seconds(1004)) == .seconds(760))
    }

    @Test func `a wall clock that is set back makes it stand still`() {
        let time = SimulatedTime(wall: .seconds(1000))
        #expect(time.elapsed(at: .seconds(10)) == .zero)
    }

    @Test func `a speed beyond all measure is held`() {
        var time = SimulatedTime(wall: .zero)
        time.run(at: .max, wall: .zero)
        #expect(time.speed == 3600)
        time.run(at: -5, wall: .zero)
        #expect(time.speed == 1)
    }
}
