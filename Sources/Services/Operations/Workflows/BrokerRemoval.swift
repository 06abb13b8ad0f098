public import FleetModel
public import OperationModel
public import PlacementPlanning

/// The steps that take brokers out, one stage after the other; each stage ends with a check of the whole cluster.
///
/// ```
/// cordon/B … ─ [give-up] ─ { move-data ─ verify-empty ─ { stop/B ─ unregister/B ─ retire/B ─ remove-node/B ─ [delete-data/B] ─ check }… }…
/// ```
public struct BrokerRemoval: Sendable {
    /// Brokers that are drained together.
    public struct Stage: Sendable {
        /// The brokers, drained by one plan.
        public var brokers: [NodeID]
        /// What moves.
        public var plan: MovePlan
        /// Those that do not serve.
        public var dead: Set<NodeID>
        /// Partitions whose records are given up, with the brokers that carry them on.
        public var givenUp: [ReplicaTarget]

        /// A stage of these parts.
        public init(brokers: [NodeID], plan: MovePlan, dead: Set<NodeID>, givenUp: [ReplicaTarget] = []) {
            (self.brokers, self.plan, self.dead, self.givenUp) = (brokers, plan, dead, givenUp)
        }
    }

    /// The cluster.
    public var cluster: ClusterName
    /// Its nodes before.
    public var layout: ClusterLayout
    /// How data is moved.
    public var options: MoveOptions
    /// The Compose file of a broker's host once it is gone, by broker, in the order of the stages; nil inside: none is left.
    public var compose: [NodeID: TextFile?]
    /// Whether data directories are deleted too.
    public var deletesData: Bool
    /// Hosts that are gone for good.
    public var goneHosts: Set<HostName>
    /// Hosts that keep the memory of what was retired.
    public var hosts: [HostName]
    /// Whether records are sent as a check.
    public var canary: Bool
    /// Findings from before.
    public var known: [CheckStage.KnownFinding]
    /// How operators delete what stays.
    public var commands: HostCommands
    /// Hosts that were taken out before and came back, of which all that runs leaves now.
    public var cleanedHosts: [HostName] = []

    /// A removal from `layout`.
    public init(
        cluster: ClusterName, layout: ClusterLayout, options: MoveOptions, compose: [NodeID: TextFile?],
        deletesData: Bool, goneHosts: Set<HostName> = [], hosts: [HostName], canary: Bool,
        known: [CheckStage.KnownFinding], commands: HostCommands = HostCommands()
    ) {
        self.commands = commands
        self.cluster = cluster
        self.layout = layout
        self.options = options
        self.compose = compose
        self.deletesData = deletesData
        self.goneHosts = goneHosts
        self.hosts = hosts
        self.canary = canary
        self.known = known
    }

    /// The steps of all stages, each after the one before.
    /// - Parameters:
    ///   - stages: what leaves, in order.
    ///   - chain: the steps so far; the first one waits for the last of them.
    ///   - layout: the nodes before; those that remain afterwards.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func append(
        _ stages: [Stage], to chain: inout StepChain, layout: inout ClusterLayout
    ) throws(StepFailure) {
        // None that leaves, now or later, is given anything new.
        for stage in stages {
            for broker in stage.brokers where !stage.dead.contains(broker) {
                try chain.add(CordonBroker(broker: broker, layout: layout))
            }
        }
        for stage in stages {
            let name = stage.brokers.map(\.description).joined(separator: ",")
            if !stage.givenUp.isEmpty {
                try chain.add(
                    GiveUp(stage: name, brokers: stages.flatMap(\.brokers), targets: stage.givenUp, layout: layout))
            }
            try chain.add(
                MoveData(
                    stage: name, plan: stage.plan, layout: layout, options: options, emptying: stage.brokers,
                    dead: stage.dead.sorted()))
            try chain.add(VerifyEmpty(brokers: stage.brokers, dead: stage.dead.sorted(), layout: layout))
            for broker in stage.brokers {
                try remove(broker, isDead: stage.dead.contains(broker), to: &chain, layout: &layout)
            }
        }
    }

    private func remove(
        _ broker: NodeID, isDead: Bool, to chain: inout StepChain, layout: inout ClusterLayout
    ) throws(StepFailure) {
        let node = layout.node(broker)
        let isGone = node.map { goneHosts.contains($0.host) } ?? true
        if let node, !isGone { try chain.add(StopNode(node: node, layout: layout)) }
        try chain.add(UnregisterBroker(broker: broker, dead: isDead, layout: layout))
        let before = layout
        layout = ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id != broker })
        let remaining = layout
        let emptied = node.map(\.host).filter { host in !remaining.brokers.contains { $0.host == host } }
        try chain.add(
            RetireIdentity(nodes: [broker], emptied: emptied.map { [$0] } ?? [], layout: layout, hosts: hosts))
        if let node {
            try chain.add(
                RemoveNode(node: node, compose: compose[broker] ?? nil, layout: before, hostIsGone: isGone))
            if deletesData, !isGone { try chain.add(DeleteData(node: node)) }
        }
        try chain.add(CheckStage(stage: "after-\(broker)", layout: layout, canary: canary, known: known))
    }

    /// The plan of `removebroker`.
    public func plan(_ stages: [Stage], arguments: [String], reason: String?) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        let stays = dataThatStays(of: stages.flatMap(\.brokers).compactMap(layout.node))
        var layout = layout
        try append(stages, to: &chain, layout: &layout)
        for host in cleanedHosts {
            try chain.add(RemoveService(target: host, cluster: cluster))
            try chain.add(CleanHost(target: host, place: nil))
        }
        return OperationPlan(
            command: "removebroker", arguments: arguments, cluster: cluster, clusterID: layout.clusterID,
            reason: reason, steps: chain.records, failurePolicy: .stop,
            advice: stays.isEmpty ? nil : stays.joined(separator: "\n"))
    }

    /// What is said of the data directories of `brokers`: that they stay, where they do.
    func dataThatStays(of brokers: [NodePlacement]) -> [String] {
        deletesData ? [] : RemovalAdvice.data(of: brokers.filter { !goneHosts.contains($0.host) }, commands)
    }
}

/// Steps of which each waits for the one before.
public struct StepChain: Sendable {
    /// The steps as data.
    public private(set) var records: [StepRecord] = []

    /// No step.
    public init() {}

    /// Adds a step behind the last one.
    public mutating func add(_ step: some Step) throws(StepFailure) {
        records.append(try StepCatalog.record(step, after: records.last.map { [$0.id] } ?? []))
    }
}

extension Optional {
    fileprivate func filter(_ isWanted: (Wrapped) -> Bool) -> Wrapped? { flatMap { isWanted($0) ? $0 : nil } }
}
