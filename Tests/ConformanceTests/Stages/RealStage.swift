import FleetModel
import KafkaAdmin
import KafkaProtocol
import Observation
import Operations
import Processes
import RealHosts
import Testing

@testable import FleetRuntime

/// The hosts of `dev/fleet`, with a cluster on them that all scenarios share.
struct RealStage: Stage {
    /// As large as one batch may be by `message.max.bytes`, less its own head.
    private static let recordSize = 1_000_000

    let ports: FleetPorts
    let clock: any FleetClock
    let layout: ClusterLayout
    let cluster: ClusterName
    let hosts: [HostName]
    private let fleet: RealFleet

    /// The stage of the suite that runs.
    @TaskLocal static var present: RealStage?

    /// Plays `body` on cleared hosts with a new cluster, and clears them afterwards in every case.
    static func with(_ body: @Sendable (RealStage) async throws -> Void) async throws {
        let fleet = try RealFleet()
        try await fleet.clear(data: ConformanceFleet.data)
        do {
            try await withCluster(fleet, body)
        } catch {
            try? await fleet.clear(data: ConformanceFleet.data)
            throw error
        }
        try await fleet.clear(data: ConformanceFleet.data)
    }

    private static func withCluster(
        _ fleet: RealFleet, _ body: @Sendable (RealStage) async throws -> Void
    ) async throws {
        let hosts = fleet.addresses.compactMap(HostName.init(rawValue:))
        let specification = try ConformanceFleet.specification(hosts: hosts, transport: .ssh) { specification in
            specification.cluster.imageArchive = fleet.imageArchive
            for index in specification.hosts.indices {
                specification.hosts[index].ssh = SSHSettings(
                    user: "root", identity: fleet.identity, knownHosts: fleet.knownHosts)
            }
        }
        let clock = SystemClock()
        try await FleetSession.withPorts(specification, clock: clock) { ports in
            let layout = try await ConformanceFleet.bootstrap(specification, ports, clock)
            try await body(
                RealStage(
                    ports: ports, clock: clock, layout: layout, cluster: specification.cluster.name, hosts: hosts,
                    fleet: fleet))
        }
    }

    func makeTopic(
        _ name: String, _ placement: TopicPlacement, settings: [String: String], bytes: ByteCount
    ) async throws -> Answer {
        let kafka = try #require(ports.cluster as? KafkaCluster)
        let admin = try #require(await kafka.links.brokers(layout))
        let topic = NewTopic(
            name: name,
            placement: {
                switch placement {
                case .assigned(let lists): .assigned(lists)
                case .automatic(let partitions, let factor):
                    .automatic(partitions: partitions, replicationFactor: factor)
                }
            }(), settings: settings)
        if let refusal = try await admin.createTopics([topic]).failed.first {
            return .refused(try #require(refusal.error.code?.rawValue, "\(refusal.error)"))
        }
        if bytes > .zero { try await fill(name, bytes, admin) }
        return .done
    }

    /// Writes so much to every partition.
    private func fill(_ topic: String, _ bytes: ByteCount, _ admin: KafkaAdmin) async throws {
        var metadata = try await admin.metadata(.only([topic]))
        // A topic that was just made may not be known to the broker that is asked.
        for _ in 0..<50 where metadata.partitions.rows.allSatisfy({ $0.leader == nil }) {
            try await clock.sleep(for: .milliseconds(100))
            metadata = try await admin.metadata(.only([topic]))
        }
        for row in metadata.partitions.rows {
            let place = RecordPlace(
                partition: TopicPartition(topic: topic, partition: row.partition),
                topicID: metadata.topicIDs[topic], broker: try #require(row.leader))
            for start in stride(from: Int64(0), to: bytes.bytes, by: Self.recordSize) {
                let size = min(Self.recordSize, Int(bytes.bytes - start))
                let value = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                _ = try await admin.append([Record(timestamp: clock.now().milliseconds, value: value)], to: place)
            }
        }
    }

    func kill(_ node: NodeID) async throws { try await docker("kill", node) }

    func crash(_ node: NodeID) async throws {
        let name = try #require(layout.node(node).map { ContainerName.container(of: $0, cluster: cluster) })
        try await run("kill -9 $(docker inspect --format '{{.State.Pid}}' \(name))", on: node)
    }

    func cutOff(_ host: HostName) async throws { try await fleet.control("fault", "cut", try number(host)) }

    func stopDocker(_ host: HostName) async throws {
        try await run("systemctl stop docker.socket docker", number: try #require(Int(try number(host))))
    }

    func heal(_ host: HostName) async throws {
        let number = try number(host)
        try await fleet.control("fault", "heal", number)
        try await run("systemctl start docker.socket docker", number: try #require(Int(number)))
    }

    private func number(_ host: HostName) throws -> String {
        "\(try #require(hosts.firstIndex(of: host)) + 1)"
    }

    private func docker(_ verb: String, _ node: NodeID) async throws {
        let place = try #require(layout.node(node))
        let name = ContainerName.container(of: place, cluster: cluster)
        // One that does not run is as dead as wanted.
        try await run(
            "[ $(docker inspect --format '{{.State.Running}}' \(name)) = false ] || docker \(verb) \(name)", on: node)
    }

    private func run(_ command: String, on node: NodeID) async throws {
        let host = try #require(layout.node(node)?.host)
        try await run(command, number: try #require(hosts.firstIndex(of: host)) + 1)
    }

    private func run(_ command: String, number: Int) async throws {
        let result = try await fleet.shell(number, command, deadline: .seconds(120))
        try #require(result.exit.isSuccess, "\(command): \(result.stderr)")
    }
}

/// One cluster for a suite.
struct OneRealCluster: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await RealStage.with { stage in
            try await RealStage.$present.withValue(stage) { try await function() }
        }
    }
}
