public import FleetModel
public import OperationModel

/// The steps of a rolling restart: one node at a time, each proven safe right before and checked after. Brokers come
/// first, then the controllers, the active one last.
///
/// ```
/// bring-image/H … ─ { stop-safely/N ─ place-node/N ─ start-again/N ─ [lead-again/N] ─ check }…
/// ```
public struct RollingRestart: Sendable {
    /// A node with the files that are placed while it is down.
    public struct Turn: Sendable {
        /// The node.
        public var node: NodePlacement
        /// Its configuration as it is now.
        public var files: [TextFile]

        /// The turn of `node`.
        public init(node: NodePlacement, files: [TextFile]) { (self.node, self.files) = (node, files) }
    }

    /// The cluster as it is wanted: a changed image is brought to the hosts before the first node stops.
    public var cluster: ClusterSpecification
    /// Its nodes.
    public var layout: ClusterLayout
    /// Codes of what the operator was asked about and accepted.
    public var accepted: [String]
    /// Whether records are sent as a check.
    public var canary: Bool
    /// Findings from before.
    public var known: [CheckStage.KnownFinding]

    /// A restart of nodes of `layout`.
    public init(
        cluster: ClusterSpecification, layout: ClusterLayout, accepted: [String], canary: Bool,
        known: [CheckStage.KnownFinding]
    ) {
        self.cluster = cluster
        self.layout = layout
        self.accepted = accepted
        self.canary = canary
        self.known = known
    }

    /// The order in which nodes have their turn.
    /// - Parameters:
    ///   - nodes: the nodes, in any order.
    ///   - active: the active controller; nil where there is none.
    /// - Returns: brokers, controllers, the active controller.
    public static func order(_ nodes: [NodePlacement], active: NodeID?) -> [NodePlacement] {
        func rank(_ node: NodePlacement) -> Int { node.role != .controller ? 0 : node.id == active ? 2 : 1 }
        return nodes.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
    }

    /// The plan: the first node that does not come back ends it.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func plan(_ turns: [Turn], arguments: [String], reason: String?) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        for host in Set(turns.map(\.node.host)).sorted() {
            try chain.add(BringImage(target: host, image: cluster.image, archive: cluster.imageArchive))
        }
        for turn in turns {
            let node = turn.node
            try chain.add(StopSafely(node: node, layout: layout, accepted: accepted))
            try chain.add(PlaceNode(node: node, files: turn.files))
            try chain.add(StartAgain(node: node, cluster: cluster.name, layout: layout))
            if node.role == .broker { try chain.add(LeadAgain(node: node, layout: layout)) }
            try chain.add(CheckStage(stage: "after-\(node.id)", layout: layout, canary: canary, known: known))
        }
        return OperationPlan(
            command: "restart", arguments: arguments, cluster: cluster.name, clusterID: layout.clusterID,
            reason: reason,
            steps: chain.records, failurePolicy: .stop)
    }
}
