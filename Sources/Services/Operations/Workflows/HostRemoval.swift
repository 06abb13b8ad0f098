public import FleetModel
public import OperationModel

/// The steps that take whole hosts out: their controllers are replaced first, then broker after broker is drained and
/// removed with a check of the whole cluster after each, or all of them together; the hosts are cleaned at the end.
///
/// ```
/// [prove-dead/H …] ─ controllers ─ brokers ─ { remove-service/H ─ clean-host/H }…
/// ```
public struct HostRemoval: Sendable {
    /// A host that leaves.
    public struct Leaving: Sendable {
        /// The host.
        public var host: HostName
        /// Where it stands in `defaults.cfg`, for people.
        public var place: String?
        /// What provisioning made there and is to be taken back.
        public var provisioned: [HostChange]

        /// `host`, which stands at `place`.
        public init(host: HostName, place: String?, provisioned: [HostChange] = []) {
            (self.host, self.place, self.provisioned) = (host, place, provisioned)
        }
    }

    /// The hosts.
    public var hosts: [Leaving]
    /// How brokers go, with the hosts that are gone.
    public var removal: BrokerRemoval
    /// How controllers go.
    public var controllers: ControllerReplacement

    /// A removal of `hosts`.
    public init(hosts: [Leaving], removal: BrokerRemoval, controllers: ControllerReplacement) {
        self.hosts = hosts
        self.removal = removal
        self.controllers = controllers
    }

    /// The plan of `removehost`.
    /// - Parameters:
    ///   - stages: the brokers, in the order in which they go.
    ///   - arguments: the command's arguments, for the journal.
    ///   - reason: the operator's reason.
    /// - Returns: the plan.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func plan(
        _ stages: [BrokerRemoval.Stage], arguments: [String], reason: String?
    ) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        var layout = removal.layout
        for leaving in hosts where removal.goneHosts.contains(leaving.host) {
            try chain.add(
                ProveDead(
                    target: leaving.host,
                    brokers: layout.nodes(on: leaving.host).filter { $0.role == .broker }.map(\.id), layout: layout))
        }
        try controllers.append(removal, to: &chain, layout: &layout)
        try removal.append(stages, to: &chain, layout: &layout)
        for leaving in hosts where !removal.goneHosts.contains(leaving.host) {
            try Self.clean(leaving, removal.cluster, &chain)
        }
        return OperationPlan(
            command: "removehost", arguments: arguments, cluster: removal.cluster, clusterID: layout.clusterID,
            reason: reason, steps: chain.records, failurePolicy: .stop, advice: advice(removal.layout))
    }

    /// The plan of `removehost` for hosts that were removed before and still keep something of the cluster.
    /// - Parameters:
    ///   - hosts: the hosts.
    ///   - cluster: the cluster's name.
    ///   - clusterID: its id.
    ///   - arguments: the command's arguments, for the journal.
    ///   - reason: the operator's reason.
    /// - Returns: the plan.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public static func cleaning(
        _ hosts: [Leaving], _ cluster: ClusterName, _ clusterID: ClusterID, arguments: [String], reason: String?
    ) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        for leaving in hosts { try clean(leaving, cluster, &chain) }
        return OperationPlan(
            command: "removehost", arguments: arguments, cluster: cluster, clusterID: clusterID, reason: reason,
            steps: chain.records, failurePolicy: .stop)
    }

    private static func clean(
        _ leaving: Leaving, _ cluster: ClusterName, _ chain: inout StepChain
    ) throws(StepFailure) {
        try chain.add(RemoveService(target: leaving.host, cluster: cluster))
        for change in leaving.provisioned.reversed() where !change.undo.isEmpty {
            try chain.add(UndoHostChange(target: leaving.host, change: change))
        }
        try chain.add(CleanHost(target: leaving.host, place: leaving.place))
    }

    /// What is left for the operator, a line each.
    private func advice(_ layout: ClusterLayout) -> String? {
        let gone = removal.goneHosts
        let places = hosts.filter { !gone.contains($0.host) }
            .compactMap { leaving in leaving.place.map { "\(leaving.host): \($0)" } }
        var lines = places.isEmpty ? [] : ["take out of virthosts by hand: " + places.joined(separator: "; ")]
        lines += hosts.map(\.host).filter(gone.contains).map(RemovalAdvice.gone)
        lines += removal.dataThatStays(of: layout.brokers.filter { node in hosts.contains { $0.host == node.host } })
        lines += RemovalAdvice.data(
            ofControllers: controllers.leaving.filter { !gone.contains($0.host) }, removal.commands)
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
