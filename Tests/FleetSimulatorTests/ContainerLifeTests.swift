import FleetModel
import FleetSimulator
import Observation
import Operations
import Testing

struct ContainerLifeTests {
    @Test func `placed files become containers that run, with labels, ports and identities`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let container = try stage.container(3)
        #expect(container.state == .running)
        #expect(container.name == "orders-broker-3")
        #expect(container.clusterID == stage.layout.clusterID)
        #expect(container.restarts == 0)
        #expect(container.exitCode == nil)
        #expect(container.id.count == 64)
        let (fleet, host) = (stage.fleet, try stage.host(2))
        let question = HostQuestion(cluster: stage.name, data: ["/data"])
        let answers = try stage.run { try await fleet.inspect(host, question) }
        #expect(answers.listening == [9092, 9093, 19092])
        #expect(answers.formatted["/data/orders/3"]?.nodeID == (try stage.node(3)))
        #expect(try stage.serving().count == 6)
    }

    @Test func `a service that the placed file does not name is refused by Compose`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (fleet, host, name) = (stage.fleet, try stage.host(1), stage.name)
        let problem = #expect(throws: HostProblem.self) {
            try stage.run { try await fleet.start(["broker-3"], of: name, on: host) }
        }
        #expect(problem?.code == "compose-failed")
        #expect(problem?.evidence == ["no such service: broker-3"])
    }

    @Test func `docker kill leaves a container dead with 137, whatever its policy, and nobody starts it`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        stage.fleet.kill(node: try stage.node(3))
        #expect(try stage.container(3).state == .exited)
        #expect(try stage.container(3).exitCode == 137)
        try stage.pass(.seconds(600))
        #expect(try stage.container(3).state == .exited)
        #expect(try stage.serving().count == 5)
    }

    @Test func `a process that dies by itself comes back by the policy, later each time it dies young`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let node = try stage.node(3)
        stage.fleet.withState { $0.crash(node) }
        #expect(try stage.container(3).state == .restarting)
        #expect(try stage.container(3).exitCode == 137)
        try stage.pass(.milliseconds(110))
        #expect(try stage.container(3).state == .running)
        #expect(try stage.container(3).restarts == 1)
        // Killed again before ten seconds have passed: 200 ms this time.
        stage.fleet.withState { $0.crash(node) }
        try stage.pass(.milliseconds(110))
        #expect(try stage.container(3).state == .restarting)
        try stage.pass(.milliseconds(110))
        #expect(try stage.container(3).state == .running)
        // Ten seconds of running are forgiven.
        try stage.pass(.seconds(11))
        stage.fleet.withState { $0.crash(node) }
        try stage.pass(.milliseconds(110))
        #expect(try stage.container(3).restarts == 3)
    }

    @Test func `the kernel's kill for memory is told from others`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let node = try stage.node(3)
        stage.fleet.withState { $0.crash(node, forMemory: true) }
        #expect(try stage.container(3).oomKilled)
        #expect(try stage.container(3).exitCode == 137)
        try stage.pass(.seconds(20))
        #expect(try !stage.container(3).oomKilled)
        #expect(try stage.serving().count == 6)
    }

    @Test func `docker stop waits for the process, which ends with 143 and is not started again`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let container = try stage.container(3)
        let (fleet, host) = (stage.fleet, try stage.host(2))
        try stage.run { try await fleet.stop(container, grace: .seconds(330), on: host) }
        #expect(try stage.container(3).exitCode == 143)
        try stage.pass(.seconds(60))
        #expect(try stage.container(3).state == .exited)
        let end = try stage.run { try await fleet.lastEnd(of: container, lines: 10, on: host) }
        #expect(end.exitCode == 143)
        #expect(end.output.contains { $0.contains("SIGTERM") })
        try stage.run { try await fleet.remove(container, on: host) }
        let left = try stage.run { try await fleet.containers(on: host).containers.compactMap(\.node?.rawValue) }
        #expect(left == [4, 9002])
    }

    @Test func `a process that outlives its grace is killed`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let container = try stage.container(3)
        let (fleet, host) = (stage.fleet, try stage.host(2))
        try stage.run { try await fleet.stop(container, grace: .milliseconds(500), on: host) }
        #expect(try stage.container(3).exitCode == 137)
    }

    @Test func `a container that runs is not removed`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let container = try stage.container(3)
        let (fleet, host) = (stage.fleet, try stage.host(2))
        let problem = #expect(throws: HostProblem.self) {
            try stage.run { try await fleet.remove(container, on: host) }
        }
        #expect(problem?.code == "conflict")
    }

    @Test func `a frozen broker keeps its container and leaves the cluster`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (node, host) = (try stage.node(3), try stage.host(2))
        stage.fleet.withState { $0.pause(node) }
        try stage.pass(.seconds(20))
        #expect(try stage.container(3).state == .paused)
        #expect(try stage.serving().count == 5)
        stage.fleet.withState { $0.heal(host) }
        try stage.pass(.seconds(20))
        #expect(try stage.serving().count == 6)
    }

    @Test func `a node whose directory was never formatted ends at once, and is tried again and again`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (node, host) = (try stage.node(3), try stage.host(2))
        stage.fleet.kill(node: node)
        stage.fleet.withState { _ = $0.hosts[host]?.formatted.removeValue(forKey: "/data/orders/3") }
        let (fleet, name) = (stage.fleet, stage.name)
        try stage.run { try await fleet.start(["broker-3"], of: name, on: host) }
        try stage.pass(.seconds(5))
        let container = try stage.container(3)
        #expect(container.state == .restarting)
        #expect(container.exitCode == 1)
        #expect(container.restarts >= 4)
        let log = try stage.run { try await fleet.logs(of: "orders-broker-3", lines: 3, on: host) }
        #expect(log.contains { $0.contains("No readable meta.properties files found") })
    }

    @Test func `formatting again is harmless, and another cluster's directory is refused`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (fleet, host, name, image) = (stage.fleet, try stage.host(1), stage.name, stage.specification.cluster.image)
        func format(_ cluster: String, _ options: [String]) throws -> OneOffResult {
            let command =
                [
                    InImagePath.storage, "format", "-t", cluster, "-c",
                    OnHostPath.properties(of: try stage.node(1), cluster: name), "--no-initial-controllers",
                ] + options
            return try stage.run {
                try await fleet.runOnce(
                    OneOffRun(name: "f", image: image, command: command, mounts: ["/data/orders/1"], user: "0:0"),
                    on: host)
            }
        }
        let before = stage.fleet.effects.count
        #expect(try format(stage.layout.clusterID.rawValue, ["-g"]).exitCode == 0)
        #expect(try format(stage.layout.clusterID.rawValue, []).output.first?.contains("already formatted") == true)
        #expect(try format("another", ["-g"]).output.first?.contains("Invalid cluster.id") == true)
        #expect(stage.fleet.effects.count == before)
    }

    @Test func `of many events the last 256 are kept`() throws {
        let stage = try Stage()
        try stage.bootstrap()
        let (node, host) = (try stage.node(3), try stage.host(2))
        for _ in 0..<100 {
            stage.fleet.withState { $0.crash(node) }
            try stage.pass(.seconds(61))
        }
        let events = stage.fleet.withState { $0.hosts[host]?.events ?? [] }
        #expect(events.count == 200 + 3 * 2)
        for _ in 0..<50 {
            stage.fleet.withState { $0.crash(node) }
            try stage.pass(.seconds(61))
        }
        let kept = stage.fleet.withState { $0.hosts[host]?.events ?? [] }
        #expect(kept.count == 256)
        #expect(kept.last?.action == "start")
        #expect(kept.suffix(2).first?.exitCode == 137)
    }
}
