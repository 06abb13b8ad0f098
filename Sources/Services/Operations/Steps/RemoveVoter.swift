public import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Takes a controller out of the quorum's voters (KIP-853), alive or dead, before it is stopped: stopped first, it would
/// count as a lost vote. Only while a majority of the voters that remain follows.
public struct RemoveVoter: NodeStep {
    /// Names the type in plans.
    public static let kind = "remove-voter"
    /// A change takes some ten milliseconds; a new leader is there after two seconds (KAFKA.md section 2).
    private static let limit: Duration = .seconds(120)
    /// The controller.
    public var node: NodePlacement
    /// The nodes of the cluster, this one too.
    public var layout: ClusterLayout

    /// Takes `node` out of the quorum.
    public init(node: NodePlacement, layout: ClusterLayout) { (self.node, self.layout) = (node, layout) }

    /// One line for people.
    public var title: String { "take controller \(node.id) on \(node.host) out of the quorum" }

    /// Everybody else: one that was the active controller and votes no more knows no active one.
    private var remaining: ClusterLayout {
        ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id != node.id })
    }

    /// Whether it does not vote.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        let seen = await context.world.cluster.observe(remaining, detail: .minimal)
        if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
        guard let quorum = seen.value?.quorum.value, quorum.leader != nil else { return .needed }
        return quorum.isVoter(node.id) ? .needed : .satisfied(nil)
    }

    /// Asks, and reads back until it votes no more: what had no answer may have been done.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        while true {
            let reason: String
            let seen = await context.world.cluster.observe(remaining, detail: .minimal)
            if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
            switch seen.value?.quorum ?? .unknown(reason: seen.reason ?? "Kafka does not answer") {
            case .unknown(let why): reason = why
            case .known(let quorum):
                if quorum.leader != nil, !quorum.isVoter(node.id) { return nil }
                reason = await ask(quorum, context)
            }
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "voter-not-removed", what: title, object: subject,
                    reason: "after \(Self.limit.components.seconds) s: \(reason)",
                    remedy:
                        "see that the other controllers run and follow: gantry clusterstatus; then gantry operation "
                        + "resume")
            }
            try await pause(context)
        }
    }

    /// Asks where it can be asked; what is in the way otherwise.
    private func ask(_ quorum: QuorumObservation, _ context: StepContext) async -> String {
        guard let leader = quorum.leader else { return "no controller is active" }
        guard let voter = quorum.voters.first(where: { $0.id == node.id }) else { return "it does not vote" }
        guard let directory = voter.directoryID else { return "the quorum is static: its members can't change" }
        let others = quorum.voters.filter { $0.id != node.id }
        let following = others.filter { $0.id == leader || quorum.isFollowing($0) }
        guard following.count * 2 > others.count else {
            return "of the \(others.count) voters that would remain only \(following.count) follow"
        }
        do throws(ClusterProblem) {
            _ = try await context.world.control.removeVoter(node.id, directory: directory, remaining)
            return "it was taken out and votes still"
        } catch {
            return error.reason
        }
    }
}
