public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Makes a controller that follows the quorum one of its voters (KIP-853). It was formatted without initial controllers
/// and runs as an observer; its identity is the id that the format gave its directory, so it is asked of the quorum.
public struct AddVoter: NodeStep {
    /// Names the type in plans.
    public static let kind = "add-voter"
    /// A fresh controller follows after seconds and has caught up with its first fetches (KAFKA.md section 2).
    private static let limit: Duration = .seconds(120)
    /// Records that one which has caught up may lack: the leader writes one every half second.
    private static let slack: Int64 = 10
    /// The controller.
    public var node: NodePlacement
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Makes `node` a voter.
    public init(node: NodePlacement, layout: ClusterLayout) { (self.node, self.layout) = (node, layout) }

    /// One line for people.
    public var title: String { "make controller \(node.id) on \(node.host) a voter of the quorum" }

    /// Whether it votes.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
        return seen.value?.quorum.value?.isVoter(node.id) == true ? .satisfied(nil) : .needed
    }

    /// Waits until it has caught up, asks, and reads back: a request without an answer may have been applied, and a quorum
    /// that is busy with another change says only that it has no time.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        var watch = NodeWatch([node], context)
        let start = context.world.clock.uptime()
        var reason = "it has not been seen yet"
        while true {
            let seen = await context.world.cluster.observe(layout, detail: .minimal)
            if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
            switch seen.value?.quorum ?? .unknown(reason: seen.reason ?? "Kafka does not answer") {
            case .unknown(let why): reason = why
            case .known(let quorum):
                if quorum.isVoter(node.id) { return nil }
                reason = await ask(quorum, context)
            }
            try await watch.look()
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "voter-not-added", what: title, object: subject,
                    reason: "after \(Self.limit.components.seconds) s: \(reason)",
                    remedy: "see that \(node.host) and the other controllers reach each other on their ports; then "
                        + "gantry operation resume")
            }
            try await pause(context)
        }
    }

    /// Asks where it can be asked; what is in the way otherwise.
    private func ask(_ quorum: QuorumObservation, _ context: StepContext) async -> String {
        guard let observer = quorum.observers.first(where: { $0.id == node.id }) else {
            return "the quorum does not see it yet"
        }
        guard let directory = observer.directoryID else { return "the quorum is static: its members can't change" }
        guard observer.lag <= Self.slack, quorum.isFollowing(observer) else {
            return "it is \(counted(observer.lag, "record")) behind"
        }
        do throws(ClusterProblem) {
            _ = try await context.world.control.addVoter(
                node.id, directory: directory, endpoint: node.endpoint, layout)
            return "it was added and does not vote yet"
        } catch {
            return error.reason
        }
    }
}

extension QuorumObservation {
    /// Whether `node` votes.
    func isVoter(_ node: NodeID) -> Bool { voters.contains { $0.id == node } }
}
