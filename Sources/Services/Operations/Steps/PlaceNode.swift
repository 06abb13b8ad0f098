public import FleetModel
import Observation
public import OperationModel

/// Places a node's configuration as it is now: its properties, and the host's Compose file with its service made anew.
public struct PlaceNode: NodeStep {
    /// Names the type in plans.
    public static let kind = "place-node"
    /// Its node is down meanwhile.
    public static var followsThrough: Bool { true }
    /// The node.
    public var node: NodePlacement
    /// The files.
    public var files: [TextFile]

    /// Places `files` for `node`.
    public init(node: NodePlacement, files: [TextFile]) { (self.node, self.files) = (node, files) }

    /// One line for people.
    public var title: String { "place the configuration of \(subject) on \(node.host)" }

    /// Whether all of it lies there already.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await PlaceFiles(target: node.host, files: files).probe(context)
    }

    /// Places what differs, each file atomically.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        try await PlaceFiles(target: node.host, files: files).apply(context)
    }
}
