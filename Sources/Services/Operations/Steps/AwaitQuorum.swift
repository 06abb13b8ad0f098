public import FleetModel
import Observation
public import OperationModel

/// Waits until the controllers have a leader and every voter follows it.
public struct AwaitQuorum: ClusterStep {
    /// Names the type in plans.
    public static let kind = "await-quorum"
    /// Always.
    public static let onlyLooks = true
    /// A quorum of JVMs on a slow machine needs some ten seconds; what takes longer is broken.
    static let limit: Duration = .seconds(120)
    /// The nodes of the cluster.
    public var layout: ClusterLayout
    /// The controllers that must vote; nil: all of them.
    public var awaited: [NodeID]?

    /// Waits for the controllers of `layout`, or of them for `awaited`.
    public init(layout: ClusterLayout, awaited: [NodeID]? = nil) {
        self.layout = layout
        self.awaited = awaited
    }

    private var controllers: [NodePlacement] {
        layout.controllers.filter { awaited?.contains($0.id) ?? true }
    }

    /// The whole quorum.
    public var object: String { "quorum" }
    /// As people write it.
    public var subject: String { "quorum" }
    /// One line for people.
    public var title: String {
        controllers.isEmpty
            ? "wait for the controllers"
            : "wait for controllers \(controllers.map(\.id.description).joined(separator: ", "))"
    }

    /// Whether the quorum is whole.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await missing(context) == nil ? .satisfied(nil) : .needed
    }

    /// Looks until it is whole, a controller dies, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        var watch = NodeWatch(controllers, context)
        let start = context.world.clock.uptime()
        while true {
            guard let missing = try await missing(context) else { return nil }
            try await watch.look()
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "quorum-not-whole", what: title, object: subject,
                    reason: "after \(Self.limit.components.seconds) s: \(missing)",
                    remedy: "see that the hosts reach each other on the controllers' ports; then gantry bootstrap")
            }
            try await pause(context)
        }
    }

    /// What is still missing; nil when nothing is.
    private func missing(_ context: StepContext) async throws(StepFailure) -> String? {
        let seen = await context.world.cluster.observe(layout, detail: .minimal)
        guard let cluster = seen.value else { return seen.reason }
        guard cluster.clusterID == layout.clusterID else { throw otherCluster(cluster.clusterID, layout) }
        guard let quorum = cluster.quorum.value else { return cluster.quorum.reason }
        guard quorum.leader != nil else { return "no leader yet" }
        let lacking = controllers.filter { node in !quorum.voters.contains { $0.id == node.id } }
        if let first = lacking.first { return "controller \(first.id) is no voter" }
        let silent = quorum.voters.first { $0.id != quorum.leader && $0.lastFetch == nil }
        return silent.map { "controller \($0.id) has not fetched yet" }
    }
}

/// The failure that a cluster with another id means.
func otherCluster(_ found: ClusterID, _ layout: ClusterLayout) -> StepFailure {
    StepFailure(
        code: "cluster-id-mismatch", what: "asking Kafka", object: "the cluster",
        reason: "it answers as cluster \(found), and this one is \(layout.clusterID)",
        remedy: "check virthosts in defaults.cfg: these hosts or ports carry another cluster")
}

/// Waits one interval of `NodeWatch`.
func pause(_ context: StepContext) async throws(StepFailure) {
    do {
        try await context.world.clock.sleep(for: NodeWatch.interval)
    } catch {
        throw StepFailure(
            code: "cancelled", what: "waiting", object: "the step", reason: "it was cut off",
            remedy: "gantry operation resume")
    }
}
