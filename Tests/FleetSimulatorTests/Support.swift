import FleetModel
import FleetSimulator
import Observation
import Operations
import Testing

/// A fleet in memory with a cluster on it: so many hosts with a controller and two brokers each.
struct Stage {
    let time = VirtualTime()
    let fleet: SimulatedFleet
    let layout: ClusterLayout
    let specification: FleetSpecification
    var name: ClusterName { specification.cluster.name }

    init(hosts count: Int = 3, seed: UInt64 = 1) throws {
        let hosts = (1...count).compactMap { HostName(rawValue: "10.0.0.\($0)") }
        specification = FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")), transport: .simulated,
                version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "gantry/kafka:4.3.1",
                controllers: min(3, count)),
            hosts: hosts.map { HostSpecification(host: $0, rack: $0.rawValue, brokers: 2, data: ["/data"]) })
        layout = try ClusterLayout.initial(
            for: specification, clusterID: try #require(ClusterID(bytes: Array(1...16))),
            directoryIDs: { id in
                DirectoryID(bytes: Array(repeating: UInt8(truncatingIfNeeded: id.rawValue), count: 16)) ?? .none16
            })
        var state = FleetState(seed: seed)
        state.admit(specification.hosts)
        let time = time
        fleet = SimulatedFleet(
            cluster: specification.cluster.name, keeper: MemoryKeeper(state, uptime: { time.uptime() }), clock: time)
    }

    func host(_ number: Int) throws -> HostName { try #require(HostName(rawValue: "10.0.0.\(number)")) }
    func node(_ id: Int32) throws -> NodeID { try #require(NodeID(rawValue: id)) }

    /// Runs `body` in virtual time to its end.
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let outcome = time.run { () -> Swift.Result<Result, any Error> in
            do { return .success(try await body()) } catch { return .failure(error) }
        }
        return try #require(outcome, "it waits for something outside").get()
    }

    func pass(_ duration: Duration) throws {
        let time = time
        try run { try await time.sleep(for: duration) }
    }

    /// What bootstrap does to the hosts, without its plan.
    func bootstrap() throws {
        let (fleet, layout, specification) = (fleet, layout, specification)
        try run {
            let name = specification.cluster.name
            for host in specification.hosts.map(\.host) {
                let nodes = layout.nodes(on: host)
                var files = nodes.map {
                    FileToPlace(
                        path: OnHostPath.properties(of: $0.id, cluster: name),
                        contents: PlainFiles.properties(of: $0, settings: ["min.insync.replicas": "2"]))
                }
                files.append(
                    FileToPlace(
                        path: OnHostPath.composeFile(of: name),
                        contents: PlainFiles.compose(
                            nodes, cluster: name, clusterID: layout.clusterID, image: specification.cluster.image)))
                _ = try await fleet.place(files, on: host)
                try await fleet.bringImage(specification.cluster.image, from: .techhost, archive: nil, to: host) { _ in
                }
                for node in nodes {
                    let ids =
                        node.role == .controller
                        ? ["--initial-controllers", layout.initialControllers] : ["--no-initial-controllers"]
                    let result = try await fleet.runOnce(
                        OneOffRun(
                            name: "format", image: specification.cluster.image,
                            command: [
                                InImagePath.storage, "format", "-t", layout.clusterID.rawValue, "-c",
                                OnHostPath.properties(of: node.id, cluster: name), "-g",
                            ] + ids, mounts: node.dataDirectories, user: "0:0"), on: host)
                    try #require(result.exitCode == 0, "\(result.output)")
                }
            }
            for role in [NodeRole.controller, .broker] {
                for host in specification.hosts.map(\.host) {
                    let services = layout.nodes(on: host).filter { $0.role == role }.map {
                        ContainerName.service(of: $0)
                    }
                    try await fleet.start(services, of: name, on: host)
                }
            }
        }
        try pass(.seconds(30))
    }

    /// The container of a node, as Docker shows it.
    func container(_ id: Int32) throws -> ContainerObservation {
        let fleet = fleet
        let node = try #require(layout.node(try node(id)))
        return try run { try await fleet.containers(on: node.host).containers.first { $0.node == node.id } }
            .map { $0 } ?? { throw Missing() }()
    }

    /// How the last run of a node's container that ended, ended.
    func lastEnd(_ id: Int32) throws -> LastEnd {
        let (fleet, container) = (fleet, try container(id))
        let host = try #require(layout.node(try node(id))?.host)
        return try run { try await fleet.lastEnd(of: container, lines: 10, on: host) }
    }

    /// The brokers that are registered and serve.
    func serving() throws -> [NodeID] {
        let (fleet, layout) = (fleet, layout)
        return try run {
            await fleet.observe(layout, detail: .minimal).value?.brokers.value?.filter { !$0.fenced }.map(\.id) ?? []
        }
    }

    private struct Missing: Error {}
}

extension DirectoryID {
    fileprivate static var none16: DirectoryID {
        guard let id = DirectoryID(rawValue: "AAAAAAAAAAAAAAAAAAAAAA") else { fatalError("the id is valid") }
        return id
    }
}
