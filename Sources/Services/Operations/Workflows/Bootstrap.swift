public import FleetModel
import Observation
public import OperationModel

/// The first workflow: from hosts that answer to a cluster that works. Run again, it finishes what is missing.
///
/// ```
/// record-layout (─ change-host/H …) ─ place-files/H ─┐
///                 bring-image/H ─┴ format/N ─ start controllers/H ─ await-quorum ─ start brokers/H ─ await-brokers/H ─ check
/// ```
public struct Bootstrap: Sendable {
    /// What is wanted.
    public var fleet: FleetSpecification
    /// The nodes, old and new.
    public var layout: ClusterLayout
    /// What was seen of the hosts.
    public var surveys: [HostSurvey]
    /// The rendered files of each host: the Compose file, and each node's properties.
    public var files: [HostName: HostFiles]
    /// Whether records are sent as a check.
    public var canary: Bool
    /// Whether each host's containers are to start and stop with it.
    public var service: Bool
    /// When the hosts were surveyed.
    public var now: Timestamp
    /// Nodes that were removed for good and whose containers run again, on hosts that were taken out as gone.
    public var returned: [NodePlacement] = []
    /// What each host itself needs first; empty: nothing.
    public var provisioning: [HostName: [HostChange]]

    /// A bootstrap of these parts.
    public init(
        fleet: FleetSpecification, layout: ClusterLayout, surveys: [HostSurvey], files: [HostName: HostFiles],
        canary: Bool, service: Bool = true, now: Timestamp, provisioning: [HostName: [HostChange]] = [:]
    ) {
        self.service = service
        self.provisioning = provisioning
        self.now = now
        self.fleet = fleet
        self.layout = layout
        self.surveys = surveys
        self.files = files
        self.canary = canary
    }

    /// The plan. Hosts are worked on side by side; steps wait for each other only where they must.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func plan(arguments: [String], reason: String?) throws(StepFailure) -> OperationPlan {
        let cluster = fleet.cluster.name
        var records: [StepRecord] = []
        func add(_ step: some Step, after dependencies: [StepID]) throws(StepFailure) -> StepID {
            records.append(try StepCatalog.record(step, after: dependencies))
            return step.id
        }
        let recorded = try add(RecordLayout(cluster: cluster, layout: layout), after: [])
        var formatted: [NodeID: StepID] = [:]
        for host in fleet.hosts where !layout.nodes(on: host.host).isEmpty {
            let prepared = try Provisioning.steps(provisioning[host.host] ?? [], on: host.host, after: [recorded])
            records += prepared
            let ready = prepared.last?.id ?? recorded
            let placed = try add(PlaceFiles(target: host.host, files: filesToPlace(on: host.host)), after: [ready])
            let image = try add(
                BringImage(
                    target: host.host, image: fleet.cluster.image, archive: fleet.cluster.imageArchive),
                after: [ready])
            for node in layout.nodes(on: host.host) {
                formatted[node.id] = try add(
                    FormatNode(
                        node: node, cluster: cluster, clusterID: layout.clusterID, image: fleet.cluster.image,
                        user: files[host.host]?.users[node.id] ?? "0:0",
                        initialControllers: node.isFounder ? layout.initialControllers : nil),
                    after: [placed, image])
            }
        }
        // A quorum's first members know each other from the format on: none starts before all of them are formatted.
        let joining = layout.controllers.filter { !$0.isFounder }
        let founders = layout.controllers.filter(\.isFounder)
        let allFounders = founders.compactMap { formatted[$0.id] }
        var controllersStarted: [StepID] = []
        // Whoever joined it later starts with them: without its vote there may be no quorum.
        let joined = joining.filter(hasFormat)
        for (host, nodes) in byHost(founders + joined) {
            controllersStarted.append(
                try add(
                    StartNodes(
                        target: host, cluster: cluster, role: .controller, nodes: nodes, anew: outdatedLoops(on: host)),
                    after: allFounders))
        }
        var quorum = try add(AwaitQuorum(layout: layout, awaited: founders.map(\.id)), after: controllersStarted)
        // Those that came later join what runs, one after the other: a quorum takes one change at a time.
        for node in joining {
            var before = [quorum]
            if !joined.contains(where: { $0.id == node.id }) {
                before = [
                    try add(
                        StartNodes(target: node.host, cluster: cluster, role: .controller, nodes: [node]),
                        after: [formatted[node.id]].compactMap { $0 } + [quorum])
                ]
            }
            quorum = try add(AddVoter(node: node, layout: layout), after: before)
        }
        var serving: [StepID] = []
        for (host, nodes) in byHost(layout.brokers) {
            let started = try add(
                StartNodes(
                    target: host, cluster: cluster, role: .broker, nodes: nodes, anew: outdatedLoops(on: host)),
                after: nodes.compactMap { formatted[$0.id] } + [quorum])
            serving.append(
                try add(AwaitBroker(target: host, brokers: nodes.map(\.id), layout: layout), after: [started]))
        }
        var emptied: [HostName: [StepID]] = [:]
        for node in returned {
            var last = try add(StopNode(node: node, layout: layout), after: [quorum])
            if node.role == .broker {
                last = try add(UnregisterBroker(broker: node.id, dead: true, layout: layout), after: [last])
            }
            last = try add(RemoveNode(node: node, compose: nil, layout: layout), after: [last])
            emptied[node.host, default: []].append(last)
            serving.append(last)
        }
        for (host, removed) in emptied.sorted(by: { $0.key < $1.key }) {
            let service = try add(RemoveService(target: host, cluster: cluster), after: removed)
            serving.append(try add(CleanHost(target: host, place: nil), after: [service]))
        }
        if service {
            // Last, and in nobody's way: a cluster works without it.
            for host in fleet.hosts where !layout.nodes(on: host.host).isEmpty {
                _ = try add(InstallService(target: host.host), after: serving)
            }
        }
        _ = try add(CheckCluster(layout: layout, canary: canary), after: serving)
        return OperationPlan(
            command: "bootstrap", arguments: arguments, cluster: cluster, clusterID: layout.clusterID, reason: reason,
            steps: records, failurePolicy: .finishIndependent)
    }

    /// Whether the node's first directory was formatted before.
    private func hasFormat(_ node: NodePlacement) -> Bool {
        let answers = try? surveys.first { $0.host == node.host }?.answers.get()
        return node.dataDirectories.first.map { answers?.formatted[$0] != nil } ?? false
    }

    /// Hosts with their nodes, in the order of `virthosts`.
    private func byHost(_ nodes: [NodePlacement]) -> [(HostName, [NodePlacement])] {
        fleet.hosts.compactMap { host in
            let own = nodes.filter { $0.host == host.host }
            return own.isEmpty ? nil : (host.host, own)
        }
    }

    /// Nodes that die again and again and whose settings are others by now: what is mended reaches them only anew.
    private func outdatedLoops(on host: HostName) -> [NodeID]? {
        let seen = surveys.first { $0.host == host }?.seenContainers ?? []
        let loops = seen.filter { container in
            container.isCrashLooping(at: now)
                && container.node.flatMap { files[host]?.digests[$0] } != container.configDigest
        }.compactMap(\.node)
        return loops.isEmpty ? nil : loops
    }

    /// Properties of nodes that do not run, and the Compose file where there is such a node. What belongs to
    /// a node that exists is left as it is: a changed setting is for `gantry restart --changed`.
    private func filesToPlace(on host: HostName) -> [TextFile] {
        guard let rendered = files[host] else { return [] }
        let survey = surveys.first { $0.host == host }
        let present = Set(
            (survey?.seenContainers ?? []).filter { $0.isAlive && !$0.isCrashLooping(at: now) }.compactMap(\.node))
        let missing = layout.nodes(on: host).filter { !present.contains($0.id) }
        let compose = missing.isEmpty ? [] : [rendered.compose]
        return (rendered.always + compose + missing.compactMap { rendered.properties[$0.id] }).map(TextFile.init)
    }
}

/// One host's rendered files.
public struct HostFiles: Sendable {
    /// The stamped Compose file.
    public var compose: FileToPlace
    /// The properties of each node.
    public var properties: [NodeID: FileToPlace]
    /// Who each node's process runs as: `0:0`.
    public var users: [NodeID: String]
    /// The digest of each node's configuration, as its container's label carries it.
    public var digests: [NodeID: String]
    /// Files that are placed whenever they differ: what the host remembers of the cluster.
    public var always: [FileToPlace]

    /// Files of these parts.
    public init(
        compose: FileToPlace, properties: [NodeID: FileToPlace], users: [NodeID: String], digests: [NodeID: String],
        always: [FileToPlace]
    ) {
        self.compose = compose
        self.users = users
        self.digests = digests
        self.properties = properties
        self.always = always
    }
}
