import FleetModel
import FleetSimulator
import Testing

struct FaultTests {
    private func refusal(_ name: String, _ target: String?, _ duration: Duration? = nil) throws -> SimulationProblem? {
        let stage = try Stage()
        try stage.bootstrap()
        let state = stage.fleet.withState { $0 }
        do throws(SimulationProblem) {
            _ = try FaultName.fault(name, target, for: duration, in: state)
            return nil
        } catch { return error }
    }

    @Test func `an unknown fault is refused with those that exist`() throws {
        let problem = try #require(try refusal("kill-all", nil))
        #expect(problem.code == .unknownFault)
        for fault in FaultName.all { #expect(problem.remedy.contains(fault.name)) }
    }

    @Test func `an unknown target is refused with those that exist`() throws {
        #expect(try refusal("kill-broker", "77")?.remedy == "there are: 1, 2, 3, 4, 5, 6")
        #expect(try refusal("kill-broker", "9001")?.remedy == "there are: 1, 2, 3, 4, 5, 6")
        #expect(try refusal("kill-broker", nil) != nil)
        #expect(try refusal("kill-controller", "1")?.remedy == "there are: 9001, 9002, 9003")
        #expect(try refusal("reboot-host", "10.0.0.9")?.remedy == "the hosts are: 10.0.0.1, 10.0.0.2, 10.0.0.3")
        #expect(try refusal("reboot-host", "--help")?.reason == "there is no host --help")
    }

    @Test func `what can't last is refused a time`() throws {
        #expect(try refusal("kill-broker", "3", .seconds(1)) != nil)
        #expect(try refusal("reboot-host", "10.0.0.1", .seconds(1)) != nil)
        #expect(try refusal("partition-host", "10.0.0.1", .seconds(1)) == nil)
    }

    @Test func `the active controller is meant where none is named`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let state = stage.fleet.withState { $0 }
        let active = try #require(state.kafka.activeController, "there is none")
        #expect(try FaultName.fault("kill-controller", nil, for: nil, in: state) == .container(.kill, active))
    }

    @Test func `a broker that is dead already can't be killed`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        stage.fleet.kill(node: try stage.node(3))
        let state = stage.fleet.withState { $0 }
        #expect(throws: SimulationProblem.self) { try FaultName.fault("kill-broker", "3", for: nil, in: state) }
    }

    @Test(arguments: FaultName.all.indices)
    func `every fault shows, and the cluster is whole after heal and a start of what was killed`(index: Int) throws {
        let fault = FaultName.all[index]
        let stage = try Stage()
        try stage.bootstrap()
        let target =
            switch fault.target {
            case .host: "10.0.0.2"
            case .node(.controller, _): "9002"
            case .node: "3"
            }
        let host = try stage.host(2)
        let shown = try stage.fleet.withState { state in
            Result { () throws(SimulationProblem) in
                state.inflict(try FaultName.fault(fault.name, target, for: nil, in: state))
                return state.troubles
            }
        }.get()
        #expect(!shown.isEmpty)
        #expect(shown[0].subject.hasSuffix(target))
        try stage.pass(.seconds(60))
        stage.fleet.withState { $0.heal(host) }
        try stage.pass(.seconds(60))
        let (fleet, name) = (stage.fleet, stage.name)
        try stage.run { try await fleet.start(["broker-3", "broker-4", "controller-9002"], of: name, on: host) }
        try stage.pass(.seconds(30))
        #expect(stage.fleet.withState { $0.troubles.isEmpty })
        #expect(try stage.serving().count == 6)
    }
}
