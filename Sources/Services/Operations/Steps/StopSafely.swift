public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Stops a node that is to come back at once, with its full grace, once that is proven safe: looked at again right before.
public struct StopSafely: NodeStep {
    /// Names the type in plans.
    public static let kind = "stop-safely"
    /// Replicas of the node before, and voters, need some time to catch up.
    private static let limit: Duration = .seconds(180)
    /// The node.
    public var node: NodePlacement
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// Codes of what the operator was asked about and accepted.
    public var accepted: [String]

    /// Stops `node` for a moment.
    public init(node: NodePlacement, layout: ClusterLayout, accepted: [String]) {
        (self.node, self.layout, self.accepted) = (node, layout, accepted)
    }

    /// One line for people.
    public var title: String { "stop \(subject) on \(node.host), when that is safe" }

    /// Whether no process of it runs.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard let container = try await node.container(context) else { return .satisfied("it has no container") }
        return container.isAlive ? .needed : .satisfied(container.exitCode.map { "exit code \($0)" })
    }

    /// Waits until nothing is in the way, and stops it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        while let cause = try await cause(context) {
            guard context.world.clock.uptime() - start < Self.limit else {
                let blocker = cause.blocker
                throw StepFailure(
                    code: blocker.code, what: title, object: blocker.object, reason: blocker.reason,
                    remedy: "\(blocker.remedy); then gantry operation resume")
            }
            if await context.request() != nil { throw .leftOnRequest }
            try await pause(context)
        }
        guard let container = try await node.container(context) else { return "it has no container" }
        return try await node.stop(container, title: title, context)
    }

    /// Starts it again: an operation that is given up leaves no node stopped.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        try await node.startAgain(context)
    }

    /// What forbids it now; nil: nothing.
    private func cause(_ context: StepContext) async throws(StepFailure) -> StopVerdict.Cause? {
        let world = context.world
        let observer = Observer(
            hosts: world.hostSource, containers: world.containerSource, cluster: world.cluster, clock: world.clock)
        let snapshot = await observer.snapshot(
            Observer.Request(
                hosts: [node.host], layout: .known(layout), canary: false,
                detail: ObservationDetail(logDirectories: false)))
        if let found = snapshot.cluster.value?.clusterID, found != layout.clusterID {
            throw otherCluster(found, layout)
        }
        return StopVerdict.together([node.id], snapshot: snapshot, layout: layout).causes.first {
            !($0.code.isWaivable && accepted.contains($0.code.rawValue))
        }
    }
}
