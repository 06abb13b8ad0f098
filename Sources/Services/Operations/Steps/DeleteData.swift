public import FleetModel
import Observation
public import OperationModel

/// Deletes the data directories of a node that left, because the operator asked for it. They hold nothing that the cluster
/// needs: every step before has proved it.
public struct DeleteData: NodeStep {
    /// Names the type in plans.
    public static let kind = "delete-data"
    /// The node.
    public var node: NodePlacement

    /// Deletes the directories of `node`.
    public init(node: NodePlacement) { self.node = node }

    /// One line for people.
    public var title: String { "delete the data directories of \(subject) on \(node.host)" }

    /// Never known before: what is left without its `meta.properties` is to go too, and deleting again does no harm.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Deletes them, unless the container is still there.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        if let container = try await node.container(context) {
            throw StepFailure(
                code: "container-left", what: title, object: subject,
                reason: "its container \(container.name) is there (\(container.state))",
                remedy: "gantry operation resume once it is gone")
        }
        do {
            try await context.world.hosts.deleteDirectories(
                node.dataDirectories, of: context.cluster, on: node.host)
        } catch {
            throw context.failure(error, what: title, object: subject)
        }
        return node.dataDirectories.joined(separator: ", ")
    }
}
