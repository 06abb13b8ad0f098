public import FleetModel
import OperationModel

/// The steps that take controllers off hosts that leave: new ones join the quorum first, one after the other; then the old
/// ones leave it, and only then are they stopped. Their directories stay: a controller that ever ran stays registered, and
/// must be started once more with a newer Kafka before that one's features can be used (KAFKA.md section 8).
///
/// A broker asks for the active controller where its properties told it to when it started, and nowhere else. One that knows
/// none of those that remain would be lost with the next election, so it is restarted with their addresses before.
///
/// ```
/// [record-layout ─ { place-files ─ bring-image ─ format ─ start ─ add-voter }… ─ remember-layout] ─ tell-controllers/H …
///   ─ { stop-safely/B ─ start-again/B ─ lead-again/B ─ check }… ─ remove-voter/C … ─ stop/C … ─ retire ─ remove-node/C …
///   ─ check
/// ```
public struct ControllerReplacement: Sendable {
    /// A controller that comes.
    public struct Newcomer: Sendable {
        /// The controller.
        public var node: NodePlacement
        /// Its host's files with it.
        public var files: [TextFile]
        /// Who its process runs as: `0:0`.
        public var user: String

        /// A controller of these parts.
        public init(node: NodePlacement, files: [TextFile], user: String) {
            (self.node, self.files, self.user) = (node, files, user)
        }
    }

    /// The cluster as it is wanted.
    public var cluster: ClusterSpecification
    /// Those that leave.
    public var leaving: [NodePlacement]
    /// Those that come; fewer where no host is left for more.
    public var joining: [Newcomer]
    /// Permission bits of properties.
    public var propertiesMode: UInt16
    /// Brokers that run and know none of the controllers that remain.
    public var strangers: [NodePlacement] = []
    /// Codes of what the operator was asked about their restart and accepted.
    public var accepted: [String] = []

    /// A replacement of `leaving` by `joining`.
    public init(
        cluster: ClusterSpecification, leaving: [NodePlacement], joining: [Newcomer], propertiesMode: UInt16
    ) {
        self.cluster = cluster
        self.leaving = leaving
        self.joining = joining
        self.propertiesMode = propertiesMode
    }

    /// The controllers of `layout` once this is done.
    public func remaining(of layout: ClusterLayout) -> [NodePlacement] {
        layout.controllers.filter { node in !leaving.contains { $0.id == node.id } } + joining.map(\.node)
    }

    /// Adds the steps behind those of `chain`.
    /// - Parameters:
    ///   - removal: hosts, what is gone, and how it is checked.
    ///   - chain: the steps so far.
    ///   - layout: the nodes before; those with the new controllers afterwards.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    func append(_ removal: BrokerRemoval, to chain: inout StepChain, layout: inout ClusterLayout) throws(StepFailure) {
        guard !leaving.isEmpty else { return }
        try join(removal, to: &chain, layout: &layout)
        let ids = Set(leaving.map(\.id))
        let before = layout
        layout = ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { !ids.contains($0.id) })
        let after = layout
        for host in Set(after.nodes.map(\.host)).sorted() where removal.hosts.contains(host) {
            try chain.add(TellControllers(target: host, layout: after, mode: propertiesMode))
        }
        for node in strangers {
            try chain.add(StopSafely(node: node, layout: before, accepted: accepted))
            try chain.add(StartAgain(node: node, cluster: cluster.name, layout: before))
            try chain.add(LeadAgain(node: node, layout: before))
            try chain.add(
                CheckStage(stage: "restarted-\(node.id)", layout: before, canary: removal.canary, known: removal.known))
        }
        for node in leaving { try chain.add(RemoveVoter(node: node, layout: before)) }
        for node in leaving where !removal.goneHosts.contains(node.host) {
            try chain.add(StopNode(node: node, layout: before))
        }
        let emptied = Set(leaving.map(\.host)).filter { after.nodes(on: $0).isEmpty }.sorted()
        try chain.add(
            RetireIdentity(nodes: leaving.map(\.id), emptied: emptied, layout: after, hosts: removal.hosts))
        for node in leaving {
            try chain.add(
                RemoveNode(
                    node: node, compose: removal.compose[node.id] ?? nil, layout: before,
                    hostIsGone: removal.goneHosts.contains(node.host)))
        }
        try chain.add(
            CheckStage(stage: "controllers", layout: after, canary: removal.canary, known: removal.known))
    }

    private func join(
        _ removal: BrokerRemoval, to chain: inout StepChain, layout: inout ClusterLayout
    ) throws(StepFailure) {
        guard !joining.isEmpty else { return }
        layout = ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes + joining.map(\.node))
        let grown = layout
        try chain.add(RecordLayout(cluster: cluster.name, layout: grown))
        for newcomer in joining {
            let node = newcomer.node
            try chain.add(PlaceFiles(target: node.host, files: newcomer.files))
            try chain.add(BringImage(target: node.host, image: cluster.image, archive: cluster.imageArchive))
            try chain.add(
                FormatNode(
                    node: node, cluster: cluster.name, clusterID: grown.clusterID, image: cluster.image,
                    user: newcomer.user, initialControllers: nil))
            try chain.add(StartNodes(target: node.host, cluster: cluster.name, role: .controller, nodes: [node]))
            try chain.add(AddVoter(node: node, layout: grown))
        }
        try chain.add(RememberLayout(layout: grown, hosts: removal.hosts))
    }
}
