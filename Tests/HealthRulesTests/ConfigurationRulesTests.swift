import FleetModel
import HealthRules
import Testing

/// What runs beside what the fleet directory says now.
@Suite struct ConfigurationRulesTests {
    private func world(_ change: (inout FleetSpecification) -> Void = { _ in }) throws -> World {
        var world = try #require(World())
        var fleet = FleetSpecification(
            cluster: ClusterSpecification(
                name: .orders, version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "kafka", controllers: 1),
            hosts: World.hosts.map { HostSpecification(host: $0, rack: $0.rawValue, brokers: 1, data: ["/d"]) })
        change(&fleet)
        world.fleet = fleet
        return world
    }

    private func drift(_ world: World) -> [String] {
        HealthRules.drift(in: world.context).map { "\($0.rule) \($0.subject)" }
    }

    @Test func `a fleet that is as its directory says drifts nowhere`() throws {
        #expect(drift(try world()) == [])
    }

    @Test func `brokers whose configuration changed are named in one finding`() throws {
        var world = try world()
        for node: Int32 in [1, 2, 9001] { world.container(node) { $0.configDigest = "old" } }
        world.configuration = .known(
            try [1: "new", 2: "new", 9001: "old"].reduce(into: [:]) {
                $0[try #require(NodeID(rawValue: $1.key))] = $1.value
            })
        #expect(drift(world) == ["config-drift brokers 1, 2"])
        #expect(HealthRules.findings(in: world.context).severity == .warning)
    }

    @Test func `a container without a digest is none that drifted`() throws {
        var world = try world()
        world.configuration = .known([try #require(NodeID(rawValue: 1)): "new"])
        #expect(drift(world) == [])
    }

    @Test func `a template that can't be read is said`() throws {
        var world = try world()
        world.configuration = .unknown(reason: "k/docker-compose.yml: no service broker")
        #expect(drift(world) == ["config-drift configuration"])
    }

    @Test func `a host that left virthosts is named with its nodes, and not as unreachable`() throws {
        var world = try world { $0.hosts.removeLast() }
        world.snapshot.hosts[1].state = .unreachable(reason: "it is not listed", remedy: "")
        let findings = HealthRules.findings(in: world.context)
        #expect(findings.contains { $0.rule == "host-unlisted" && $0.evidence.contains("broker 2") })
        #expect(!findings.contains { $0.rule == "host-unreachable" })
    }

    @Test func `ports, directories and a number of controllers that were changed later are said`() throws {
        #expect(drift(try world { $0.hosts[0].ports.broker = 9500 }) == ["layout-drift host 10.0.0.11"])
        #expect(drift(try world { $0.hosts[1].data = ["/other"] }) == ["layout-drift host 10.0.0.12"])
        #expect(drift(try world { $0.hosts[1].address = "10.9.9.9" }) == ["layout-drift host 10.0.0.12"])
        #expect(drift(try world { $0.hosts[1].hasDiskPerBroker = true }) == [])
        #expect(drift(try world { $0.cluster.controllers = 0 }) == ["layout-drift cluster"])
    }

    @Test func `a broker on a later port than the first is none that drifted, for one may have been taken`() throws {
        #expect(drift(try world { $0.hosts[0].ports.broker = 9000 }) == [])
    }
}

@Suite struct CrashLoopTests {
    private func container(_ state: ContainerState, restarts: Int, age: Int64) -> ContainerObservation {
        ContainerObservation(
            id: "c", name: "c", node: nil, role: .broker, clusterID: nil, state: state, restarts: restarts,
            startedAt: Timestamp(milliseconds: 1_000_000 - age * 1000))
    }

    @Test func `a node between two attempts, or in a short one of several, is crash-looping`() {
        let now = Timestamp(milliseconds: 1_000_000)
        #expect(container(.restarting, restarts: 1, age: 1).isCrashLooping(at: now))
        #expect(container(.running, restarts: 5, age: 2).isCrashLooping(at: now))
        #expect(!container(.running, restarts: 5, age: 3600).isCrashLooping(at: now))
        #expect(!container(.running, restarts: 0, age: 2).isCrashLooping(at: now))
        #expect(!container(.exited, restarts: 5, age: 2).isCrashLooping(at: now))
    }
}
