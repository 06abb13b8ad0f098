public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Starts a node that was stopped for a moment, from the configuration that lies there now, and waits until it serves.
public struct StartAgain: NodeStep {
    /// Names the type in plans.
    public static let kind = "start-again"
    /// A node that was stopped for a moment is not left down.
    public static var followsThrough: Bool { true }
    /// A controller follows after two seconds (KAFKA.md section 3); what takes this long is broken.
    private static let limit: Duration = .seconds(120)
    /// A process that runs for longer has told the quorum so: it would lag by now if it had not.
    private static let settled: Duration = .seconds(12)
    /// The node.
    public var node: NodePlacement
    /// The cluster.
    public var cluster: ClusterName
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Starts `node` again.
    public init(node: NodePlacement, cluster: ClusterName, layout: ClusterLayout) {
        (self.node, self.cluster, self.layout) = (node, cluster, layout)
    }

    /// One line for people.
    public var title: String { "start \(subject) on \(node.host) again, and wait until it serves" }

    private var start: StartNodes {
        StartNodes(target: node.host, cluster: cluster, role: node.role, nodes: [node])
    }

    private var wait: AwaitBroker { AwaitBroker(target: node.host, brokers: [node.id], layout: layout) }

    /// Whether it runs and serves.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard case .satisfied = try await start.probe(context) else { return .needed }
        if node.role == .broker { return try await wait.probe(context) }
        guard let container = try await node.container(context), let startedAt = container.startedAt,
            context.world.clock.now().since(startedAt) > Self.settled, let quorum = try await quorum(context),
            follows(quorum)
        else { return .needed }
        return .satisfied(nil)
    }

    /// Starts it and looks until it serves, dies, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let before = try await quorum(context)?.lastFetch(of: node.id)
        if case .needed = try await start.probe(context) { _ = try await start.apply(context) }
        if node.role == .broker { return try await wait.apply(context) }
        var watch = NodeWatch([node], context)
        let began = context.world.clock.uptime()
        while true {
            if let quorum = try await quorum(context), follows(quorum),
                quorum.leader == node.id || quorum.lastFetch(of: node.id) != before
            {
                return nil
            }
            try await watch.look()
            guard context.world.clock.uptime() - began < Self.limit else {
                throw StepFailure(
                    code: "controller-not-following", what: title, object: subject,
                    reason: "after \(Self.limit.components.seconds) s it does not follow the quorum",
                    remedy: "see that the controllers' hosts reach each other on their ports; then "
                        + "gantry operation resume")
            }
            try await pause(context)
        }
    }

    private func quorum(_ context: StepContext) async throws(StepFailure) -> QuorumObservation? {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
        return seen.value?.quorum.value
    }

    /// Whether it leads, or fetches from the one that does.
    private func follows(_ quorum: QuorumObservation) -> Bool {
        guard quorum.leader != nil else { return false }
        guard let member = (quorum.voters + quorum.observers).first(where: { $0.id == node.id }) else { return false }
        return quorum.leader == node.id || quorum.isFollowing(member)
    }
}

extension QuorumObservation {
    fileprivate func lastFetch(of node: NodeID) -> Timestamp? {
        (voters + observers).first { $0.id == node }?.lastFetch
    }
}
