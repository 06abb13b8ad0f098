import FleetModel
import FleetSimulator
import Observation
import Operations
import Testing

struct HostLifeTests {
    private func problem(_ stage: Stage, _ number: Int) throws -> HostProblem? {
        let (fleet, host) = (stage.fleet, try stage.host(number))
        return try stage.run {
            do throws(HostProblem) { _ = try await fleet.containers(on: host) } catch { return error }
            return nil
        }
    }

    @Test func `a host without network is silent for as long as ssh waits, and its brokers leave the cluster`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let host = try stage.host(2)
        stage.fleet.withState { $0.afflict(host, with: .cutOff, for: .seconds(40)) }
        let before = stage.time.uptime()
        #expect(try problem(stage, 2)?.code == "ssh-timed-out")
        #expect(stage.time.uptime() - before >= .seconds(10))
        try stage.pass(.seconds(10))
        #expect(try stage.serving().map(\.rawValue) == [1, 2, 5, 6])
        try stage.pass(.seconds(40))
        #expect(try problem(stage, 2) == nil)
        #expect(try stage.container(3).restarts == 0)
        #expect(try stage.serving().count == 6)
    }

    @Test func `a host that reboots is gone for half a minute, and its containers come back by themselves`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (host, killed) = (try stage.host(2), try stage.node(4))
        stage.fleet.kill(node: killed)
        stage.fleet.withState { $0.afflict(host, with: .rebooting) }
        #expect(try problem(stage, 2)?.unreachable == true)
        try stage.pass(.seconds(50))
        #expect(try problem(stage, 2) == nil)
        #expect(try stage.container(3).state == .running)
        #expect(try stage.lastEnd(3).exitCode == 143, "Docker ended it before the power went")
        #expect(try stage.container(4).state == .exited, "it was killed by hand")
        #expect(try stage.serving().map(\.rawValue) == [1, 2, 3, 5, 6])
    }

    @Test func `power that fails ends everything without a word until it is back`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let host = try stage.host(2)
        stage.fleet.withState { $0.afflict(host, with: .poweredOff) }
        try stage.pass(.seconds(3600))
        #expect(try problem(stage, 2)?.code == "ssh-timed-out")
        stage.fleet.withState { $0.heal(host) }
        #expect(try problem(stage, 2)?.unreachable == true, "it boots")
        try stage.pass(.seconds(40))
        #expect(try stage.lastEnd(3).exitCode == 137)
        #expect(try stage.serving().count == 6)
    }

    @Test func `Docker that is stopped ends its containers, and starts them when it is back`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let host = try stage.host(2)
        stage.fleet.withState { $0.afflict(host, with: .dockerStopped) }
        let found = try #require(try problem(stage, 2))
        #expect(found.code == "docker-down")
        #expect(!found.unreachable)
        let fleet = stage.fleet
        #expect(try stage.run { try await fleet.facts(of: host).disks.count } == 1)
        try stage.pass(.seconds(20))
        #expect(try stage.serving().map(\.rawValue) == [1, 2, 5, 6])
        stage.fleet.withState { $0.heal(host) }
        try stage.pass(.seconds(20))
        #expect(try stage.lastEnd(3).exitCode == 143)
        #expect(try stage.serving().count == 6)
    }

    @Test(arguments: [
        (HostTrouble.refusesSSH, "ssh-refused"), (.otherHostKey, "host-key-changed"), (.silentSSH, "ssh-timed-out"),
    ])
    func `a host that can't be logged into is told by its reason, and its brokers serve on`(
        trouble: HostTrouble, code: String
    ) throws {
        let stage = try Stage()
        try stage.bootstrap()
        let host = try stage.host(2)
        stage.fleet.withState { $0.afflict(host, with: trouble) }
        #expect(try problem(stage, 2)?.code == code)
        #expect(try stage.serving().count == 6)
        stage.fleet.withState { $0.heal(host) }
        #expect(try problem(stage, 2) == nil)
    }

    @Test func `a host of another name is none of the fleet's`() throws {
        let stage = try Stage()
        #expect(try problem(stage, 9)?.code == "host-name-unknown")
    }

    @Test func `a full disk has nothing free until it is healed`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (fleet, host) = (stage.fleet, try stage.host(2))
        stage.fleet.withState { $0.afflict(host, with: .diskFull) }
        let full = try #require(try stage.run { try await fleet.facts(of: host).disks.first })
        #expect(full.free == .zero)
        #expect(full.total == ByteCount(100 << 30))
        stage.fleet.withState { $0.heal(host) }
        let emptied = try #require(try stage.run { try await fleet.facts(of: host).disks.first })
        #expect(emptied.free > ByteCount(99 << 30))
    }

    @Test func `a trouble that was renewed is not ended by the time of the first`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let host = try stage.host(2)
        stage.fleet.withState { $0.afflict(host, with: .refusesSSH, for: .seconds(40)) }
        try stage.pass(.seconds(30))
        stage.fleet.withState { $0.afflict(host, with: .refusesSSH, for: .seconds(40)) }
        try stage.pass(.seconds(20))
        #expect(try problem(stage, 2) != nil)
        try stage.pass(.seconds(30))
        #expect(try problem(stage, 2) == nil)
    }

    @Test func `only a node's own directories are ever deleted`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (fleet, host, name) = (stage.fleet, try stage.host(1), stage.name)
        let problem = #expect(throws: HostProblem.self) {
            try stage.run { try await fleet.deleteDirectories(["/data/orders"], of: name, on: host) }
        }
        #expect(problem?.code == "foreign-directory")
        try stage.run { try await fleet.deleteDirectories(["/data/orders/1"], of: name, on: host) }
        #expect(stage.fleet.withState { $0.hosts[host]?.formatted["/data/orders/1"] } == nil)
    }
}
