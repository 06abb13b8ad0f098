public import FleetModel
import Observation
import Operations

/// What was seen of a fleet, real or simulated: enough to make a copy of it on which an operation can be tried.
public struct ObservedFleet: Sendable {
    /// The fleet as the operator wants it.
    public var specification: FleetSpecification
    /// The nodes of its cluster.
    public var layout: ClusterLayout
    /// Hosts and cluster as they are.
    public var snapshot: Snapshot
    /// Files of the cluster as they lie on hosts; a node whose properties are not among them gets plain ones.
    public var files: [HostName: [FileToPlace]]

    /// A fleet of these parts.
    public init(
        specification: FleetSpecification, layout: ClusterLayout, snapshot: Snapshot, files: [HostName: [FileToPlace]]
    ) {
        self.specification = specification
        self.layout = layout
        self.snapshot = snapshot
        self.files = files
    }
}

extension FleetState {
    /// Until every node of a copy serves: controllers first, then brokers that ask every two seconds.
    private static let startTime: Duration = .seconds(15)
    /// Until the session of one that does not run is over.
    private static let fencingTime: Duration = .seconds(12)
    /// Longer than the controllers remember one that follows no more.
    private static let forgottenTime: Duration = .seconds(330)

    /// A copy of an observed fleet: its hosts with their disks and files, its nodes, alive or dead as they are, its topics
    /// with sizes, leaders and in-sync replicas, its settings. Producers are not in it: nobody saw what they write.
    /// - Throws: `SimulationProblem` where not enough was seen.
    public init(copying fleet: ObservedFleet, seed: UInt64 = 1) throws(SimulationProblem) {
        guard let cluster = fleet.snapshot.cluster.value, let brokers = cluster.brokers.value,
            let partitions = cluster.partitions.value
        else {
            throw SimulationProblem(
                .unavailable, what: "copying the fleet", object: "cluster \(fleet.specification.cluster.name)",
                reason: fleet.snapshot.cluster.reason ?? fleet.snapshot.cluster.value?.partitions.reason
                    ?? "no broker answers",
                remedy: "gantry clusterstatus tells what it lacks")
        }
        self.init(seed: seed)
        for host in Set(fleet.specification.hosts.map(\.host) + fleet.layout.nodes.map(\.host)) {
            hosts[host] = SimulatedHost(copying: host, of: fleet)
        }
        let voters = Self.voters(fleet.layout, cluster)
        kafka.formQuorum(of: voters, cluster: cluster.clusterID)
        for node in fleet.layout.nodes { place(node, of: fleet, voters, rack: cluster.broker(node.id)?.rack) }
        for broker in brokers where fleet.layout.node(broker.id) == nil { startGhost(broker, cluster.clusterID) }
        advance(to: now + Self.startTime)
        endWhatIsDead(fleet, cluster, brokers)
        kafka.take(partitions, moving: cluster.reassignments.value ?? [])
        for throttle in cluster.throttles.value ?? [] { kafka.takeSetting(throttle) }
        for host in fleet.snapshot.hosts { fillDisks(as: host) }
        advance(to: now)
        effects = []
    }

    /// The voters with their directories: a static quorum has none, and gets some.
    private static func voters(_ layout: ClusterLayout, _ cluster: ClusterObservation) -> [SimulatedVoter] {
        let seen = cluster.quorum.value?.voters.map { ($0.id, $0.directoryID) } ?? []
        let all = seen.isEmpty ? layout.controllers.map { ($0.id, $0.directoryID) } : seen
        return all.compactMap { id, directory in
            (directory ?? Self.directory(of: id)).map { SimulatedVoter(id: id, directory: $0) }
        }
    }

    /// An id for a directory whose own nobody knows.
    private static func directory(of node: NodeID) -> DirectoryID? {
        DirectoryID(bytes: (0..<16).map { UInt8(truncatingIfNeeded: (node.rawValue >> (8 * ($0 % 4))) ^ 0x5a) })
    }

    /// Puts a node on its host, formatted and started. What does not run in the fleet is ended later: it has to have been
    /// there to be missed.
    private mutating func place(
        _ node: NodePlacement, of fleet: ObservedFleet, _ voters: [SimulatedVoter], rack: String?
    ) {
        let name = fleet.specification.cluster.name
        let seen = fleet.snapshot.host(node.host)?.containers.first { $0.node == node.id }
        let path = OnHostPath.properties(of: node.id, cluster: name)
        if hosts[node.host]?.files[path] == nil {
            let rack = rack ?? fleet.specification.host(node.host)?.rack ?? node.host.rawValue
            hosts[node.host]?.files[path] = FileToPlace(
                path: path, contents: PlainFiles.properties(of: node, settings: ["broker.rack": rack]))
        }
        let directory = voters.first { $0.id == node.id }?.directory ?? node.directoryID ?? Self.directory(of: node.id)
        for path in node.dataDirectories {
            hosts[node.host]?.formatted[path] = MetaProperties(
                clusterID: fleet.layout.clusterID, nodeID: node.id, directoryID: directory)
        }
        let image = seen.map(\.image) ?? ""
        hosts[node.host]?.containers[node.id] = SimulatedContainer(
            id: seen?.id ?? "copy-\(node.id)", name: seen?.name ?? ContainerName.container(of: node, cluster: name),
            node: node.id, role: node.role, clusterID: fleet.layout.clusterID, configDigest: seen?.configDigest,
            image: image.isEmpty ? fleet.specification.cluster.image : image, properties: path, restart: .unlessStopped)
        start(node.id, on: node.host)
    }

    /// A broker that the layout does not have: it was registered once, and still is.
    private mutating func startGhost(_ broker: RegisteredBroker, _ cluster: ClusterID) {
        guard let host = HostName(rawValue: broker.endpoint.host) else { return }
        kafka.start(
            SimulatedNode(
                id: broker.id, role: .broker, clusterID: cluster, host: host, endpoint: broker.endpoint,
                rack: broker.rack,
                directories: [
                    .init(path: "/unlisted/\(broker.id)", volume: "/unlisted", id: Self.directory(of: broker.id))
                ]))
    }

    /// Ends what does not run in the fleet, and cuts off what can't be reached there, each as long ago as the controllers
    /// have not heard of it: by that it is told whether a host is gone.
    private mutating func endWhatIsDead(
        _ fleet: ObservedFleet, _ cluster: ClusterObservation, _ brokers: [RegisteredBroker]
    ) {
        let serving = Set(brokers.filter { !$0.fenced }.map(\.id))
        func silence(of dead: [NodeID]) -> Duration {
            guard cluster.quorum.value != nil, !dead.isEmpty else { return Self.fencingTime }
            return max(Self.fencingTime, Silence(of: dead, cluster).least ?? Self.forgottenTime)
        }
        let hosts = fleet.snapshot.hosts.map { host in
            let dead = fleet.layout.nodes(on: host.host).filter { $0.role == .broker && !serving.contains($0.id) }
            return (host: host, silence: silence(of: dead.map(\.id)))
        }
        let ghosts = brokers.filter { $0.fenced && fleet.layout.node($0.id) == nil }.map {
            (id: $0.id, silence: silence(of: [$0.id]))
        }
        let times = hosts.map(\.silence) + ghosts.map(\.silence)
        let end = now + (times.max() ?? Self.fencingTime)
        for time in Set(times).sorted(by: >) {
            advance(to: end - time)
            for (host, silence) in hosts where silence == time { endWhatIsDead(on: host, of: fleet.layout, serving) }
            for (id, silence) in ghosts where silence == time { kafka.kill(id) }
        }
        advance(to: end)
    }

    private mutating func endWhatIsDead(on host: HostObservation, of layout: ClusterLayout, _ serving: Set<NodeID>) {
        let nodes = layout.nodes(on: host.host)
        switch host.state {
        case .ok: endWhatIsDead(nodes, on: host, serving)
        case .dockerDown: endWithoutDocker(nodes, on: host.host, .dockerStopped, serving)
        case .unreachable: endWithoutDocker(nodes, on: host.host, .silentSSH, serving)
        }
    }

    private mutating func endWhatIsDead(_ nodes: [NodePlacement], on host: HostObservation, _ serving: Set<NodeID>) {
        for node in nodes {
            switch host.containers.first(where: { $0.node == node.id })?.state {
            case nil:
                kill(node.id)
                hosts[host.host]?.containers[node.id] = nil
            case .running?: if node.role == .broker, !serving.contains(node.id) { kafka.cutOff(node.id, true) }
            case .paused?: pause(node.id)
            default: kill(node.id)
            }
        }
    }

    /// Of a host that does not tell, Kafka tells which of its nodes serve.
    private mutating func endWithoutDocker(
        _ nodes: [NodePlacement], on host: HostName, _ trouble: HostTrouble, _ serving: Set<NodeID>
    ) {
        let isGone = !nodes.contains { $0.role == .broker && serving.contains($0.id) }
        if trouble == .silentSSH, isGone { return afflict(host, with: .poweredOff) }
        for node in nodes where node.role == .broker && !serving.contains(node.id) { kill(node.id) }
        troubleNumber += 1
        hosts[host]?.troubles.add(trouble, number: troubleNumber)
    }

    /// What else lies on a host's disks is there, too.
    private mutating func fillDisks(as host: HostObservation) {
        for disk in host.disks where hosts[host.host]?.disks[disk.path] != nil {
            let foreign = disk.total - disk.free - kafka.bytes(on: disk.path, of: host.host)
            hosts[host.host]?.disks[disk.path]?.total = disk.total
            hosts[host.host]?.disks[disk.path]?.foreign = foreign
            kafka.setVolume(disk.path, of: host.host, total: disk.total, foreign: foreign)
        }
    }
}

extension SimulatedHost {
    fileprivate init(copying host: HostName, of fleet: ObservedFleet) {
        let seen = fleet.snapshot.host(host)
        let data = fleet.specification.host(host)?.data ?? seen?.disks.map(\.path) ?? []
        self.init(data: data)
        for disk in seen?.disks ?? [] where disks[disk.path] == nil { disks[disk.path] = SimulatedDisk() }
        for file in fleet.files[host] ?? [] { files[file.path] = file }
        let references = [fleet.specification.cluster.image] + (seen?.containers.map(\.image) ?? [])
        for reference in references {
            images[reference] = ImageObservation(id: "sha256:\(reference)", architecture: "amd64")
        }
    }
}
