public import FleetModel
public import OperationModel
public import PlacementPlanning

/// The steps that bring new nodes of one host into a cluster that runs: `addbroker` and `addhost`. Nothing that runs is
/// touched.
///
/// ```
/// record-layout [─ change-host …] ─ remember-layout ─ place-files ─ bring-image ─ format/N … ─ [start controller ─ add-voter]
///   ─ start brokers ─ await-brokers ─ check [─ move-data ─ check]
/// ```
public struct Growth: Sendable {
    /// The cluster as it is wanted.
    public var cluster: ClusterSpecification
    /// The host.
    public var host: HostName
    /// Its nodes that are to come up, new ones or ones that were left half way.
    public var nodes: [NodePlacement]
    /// All nodes, the new ones too.
    public var layout: ClusterLayout
    /// The host's files.
    public var files: [TextFile]
    /// Who each node's process runs as: `0:0`.
    public var users: [NodeID: String]
    /// Hosts that keep the memory of the nodes.
    public var hosts: [HostName]
    /// Whether records are sent as a check.
    public var canary: Bool
    /// Findings from before.
    public var known: [CheckStage.KnownFinding]
    /// What moves onto the new brokers once they serve; nil: nothing.
    public var move: MovePlan?
    /// How data is moved.
    public var options: MoveOptions
    /// Whether the host's containers are to start and stop with it.
    public var service = false
    /// What the host itself needs first.
    public var provisioning: [HostChange]

    /// Growth by `nodes`.
    public init(
        cluster: ClusterSpecification, host: HostName, nodes: [NodePlacement], layout: ClusterLayout, files: [TextFile],
        users: [NodeID: String], hosts: [HostName], canary: Bool, known: [CheckStage.KnownFinding],
        move: MovePlan? = nil, options: MoveOptions, provisioning: [HostChange] = []
    ) {
        self.provisioning = provisioning
        self.cluster = cluster
        self.host = host
        self.nodes = nodes
        self.layout = layout
        self.files = files
        self.users = users
        self.hosts = hosts
        self.canary = canary
        self.known = known
        self.move = move
        self.options = options
    }

    /// The plan.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func plan(
        _ command: String, arguments: [String], reason: String?
    ) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        let brokers = nodes.filter { $0.role == .broker }
        try chain.add(RecordLayout(cluster: cluster.name, layout: layout, added: brokers.map(\.id)))
        for change in provisioning { try chain.add(ChangeHost(target: host, change: change)) }
        try chain.add(PlaceFiles(target: host, files: files))
        try chain.add(RememberLayout(layout: layout, hosts: hosts))
        try chain.add(BringImage(target: host, image: cluster.image, archive: cluster.imageArchive))
        for node in nodes {
            try chain.add(
                FormatNode(
                    node: node, cluster: cluster.name, clusterID: layout.clusterID, image: cluster.image,
                    user: users[node.id] ?? "0:0",
                    initialControllers: node.isFounder ? layout.initialControllers : nil))
        }
        for node in nodes where node.role == .controller {
            try chain.add(StartNodes(target: host, cluster: cluster.name, role: .controller, nodes: [node]))
            try chain.add(AddVoter(node: node, layout: layout))
        }
        if !brokers.isEmpty {
            try chain.add(StartNodes(target: host, cluster: cluster.name, role: .broker, nodes: brokers))
            try chain.add(AwaitBroker(target: host, brokers: brokers.map(\.id), layout: layout))
        }
        try chain.add(CheckStage(stage: "grown", layout: layout, canary: canary, known: known))
        if service { try chain.add(InstallService(target: host)) }
        if let move {
            try chain.add(MoveData(stage: "cluster", plan: move, layout: layout, options: options))
            try chain.add(CheckStage(stage: "moved", layout: layout, canary: canary, known: known))
        }
        return OperationPlan(
            command: command, arguments: arguments, cluster: cluster.name, clusterID: layout.clusterID, reason: reason,
            steps: chain.records, failurePolicy: .stop, advice: advice(brokers))
    }

    private func advice(_ brokers: [NodePlacement]) -> String? {
        guard move == nil, !brokers.isEmpty else { return nil }
        let names = brokers.map(\.id.description).joined(separator: ", ")
        let one = brokers.count == 1
        return "\(one ? "broker" : "brokers") \(names) \(one ? "holds" : "hold") no data yet: "
            + "gantry rebalance moves \(one ? "its" : "their") share there"
    }
}
