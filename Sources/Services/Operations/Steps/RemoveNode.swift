public import FleetModel
import Observation
public import OperationModel

/// Removes what a node that left has on its host: container, its service in the Compose file, its properties, and the
/// canary's topic. Its data directories stay.
public struct RemoveNode: NodeStep {
    /// Names the type in plans.
    public static let kind = "remove-node"
    /// The node.
    public var node: NodePlacement
    /// The Compose file without it; nil: it was the last one, the file goes too.
    public var compose: TextFile?
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// Whether its host is gone: nothing there can be removed.
    public var hostIsGone: Bool

    /// Removes `node`.
    public init(node: NodePlacement, compose: TextFile?, layout: ClusterLayout, hostIsGone: Bool = false) {
        self.node = node
        self.compose = compose
        self.layout = layout
        self.hostIsGone = hostIsGone
    }

    /// One line for people.
    public var title: String {
        hostIsGone
            ? "forget \(subject) on \(node.host), which is gone"
            : "remove the container and files of \(subject) on \(node.host)"
    }

    /// Whether container and properties are gone; the properties go last.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        if hostIsGone { return .needed }
        guard try await node.container(context) == nil else { return .needed }
        do {
            let left = try await context.world.hosts.contents(of: properties(context), on: node.host)
            return left == nil ? .satisfied(nil) : .needed
        } catch {
            throw context.failure(error, what: "looking for its files", object: subject)
        }
    }

    /// Removes them. A container that runs is left alone: the step before has stopped it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        if node.role == .broker {
            do throws(ClusterProblem) {
                _ = try await context.world.control.deleteTopics([CanaryTopic.name(of: node.id)], layout)
            } catch {
                await context.note("the canary topic of broker \(node.id) stays: \(error.reason)")
            }
        }
        guard !hostIsGone else { return nil }
        let container = try await node.container(context)
        do {
            if let container { try await context.world.containers.remove(container, on: node.host) }
            if let compose {
                _ = try await context.world.hosts.place([compose.file], on: node.host)
            } else {
                try await context.world.hosts.removeFiles(
                    [OnHostPath.composeFile(of: context.cluster)], on: node.host)
            }
            try await context.world.hosts.removeFiles([properties(context)], on: node.host)
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
        return nil
    }

    private func properties(_ context: StepContext) -> String {
        OnHostPath.properties(of: node.id, cluster: context.cluster)
    }
}
