public import FleetModel
public import OperationModel
public import PlacementPlanning

/// The steps that even out data or leaders: one plan, then a check of the whole cluster.
public struct Rebalance: Sendable {
    /// What the one stage is called.
    static let stage = "cluster"

    /// The cluster.
    public var cluster: ClusterName
    /// Its nodes.
    public var layout: ClusterLayout
    /// How data is moved.
    public var options: MoveOptions
    /// Whether records are sent as a check.
    public var canary: Bool
    /// Findings from before.
    public var known: [CheckStage.KnownFinding]

    /// A rebalance of `layout`.
    public init(
        cluster: ClusterName, layout: ClusterLayout, options: MoveOptions, canary: Bool,
        known: [CheckStage.KnownFinding]
    ) {
        self.cluster = cluster
        self.layout = layout
        self.options = options
        self.canary = canary
        self.known = known
    }

    /// The steps, behind those of `chain`.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func append(_ plan: MovePlan, to chain: inout StepChain) throws(StepFailure) {
        try chain.add(MoveData(stage: Self.stage, plan: plan, layout: layout, options: options))
        try chain.add(CheckStage(stage: "after-rebalance", layout: layout, canary: canary, known: known))
    }

    /// The plan of `rebalance`.
    public func plan(_ plan: MovePlan, arguments: [String], reason: String?) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        try append(plan, to: &chain)
        return OperationPlan(
            command: "rebalance", arguments: arguments, cluster: cluster, clusterID: layout.clusterID, reason: reason,
            steps: chain.records, failurePolicy: .stop)
    }
}
