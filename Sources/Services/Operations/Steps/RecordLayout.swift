public import FleetModel
public import OperationModel

/// Writes down which nodes the cluster has and where, before any of them is made: from then on that, and not
/// `brokers:` of `defaults.cfg`, says what is wanted.
public struct RecordLayout: ClusterStep {
    /// Names the type in plans.
    public static let kind = "record-layout"
    /// The cluster.
    public var cluster: ClusterName
    /// Its nodes.
    public var layout: ClusterLayout

    /// The brokers that it adds to a cluster that runs; nil where it makes one.
    public var added: [NodeID]?

    /// Records `layout` as the nodes of `cluster`.
    public init(cluster: ClusterName, layout: ClusterLayout, added: [NodeID]? = nil) {
        (self.cluster, self.layout, self.added) = (cluster, layout, added)
    }

    /// The cluster's name.
    public var object: String { cluster.rawValue }
    /// As people write it.
    public var subject: String { "cluster \(cluster)" }
    /// One line for people.
    public var title: String { "record \(counted(layout.nodes.count, "node")) in the journal" }

    /// Whether the journal holds exactly this layout.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        do {
            let stored = try await context.world.memory.value(LayoutMemory.key(of: cluster))
            return stored == (try LayoutMemory.text(layout)) ? .satisfied(nil) : .needed
        } catch {
            throw failure(error)
        }
    }

    /// Writes it.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            try await context.world.memory.setValue(LayoutMemory.text(layout), for: LayoutMemory.key(of: cluster))
            return nil
        } catch {
            throw failure(error)
        }
    }

    /// Takes nothing back, since the new nodes may be there already: it says what is left to be done with them.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? {
        guard let added, !added.isEmpty else { return nil }
        let names = added.map(\.description).joined(separator: ",")
        return "brokers \(names) stay wanted: gantry bootstrap finishes them, "
            + "gantry removebroker \(names) takes them out"
    }

    private func failure(_ error: any Error) -> StepFailure {
        StepFailure(
            code: "journal", what: "recording the layout", object: subject, reason: "\(error)",
            remedy: "see that the state directory can be written, then gantry operation resume")
    }
}

/// How a layout is kept, in the journal and on every host: JSON with sorted keys, so that equal ones are equal text.
public enum LayoutMemory {
    /// Its name in the journal.
    public static func key(of cluster: ClusterName) -> String { "layout/\(cluster)" }

    /// The layout as text.
    public static func text(_ layout: ClusterLayout) throws -> String {
        try JSONValue(encoding: layout).sorted.text()
    }

    /// The layout in `text`; throws when it is none.
    public static func layout(_ text: String) throws -> ClusterLayout {
        try JSONValue(parsing: text).decoded()
    }
}
