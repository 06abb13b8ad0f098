public import FleetModel
import Observation
public import OperationModel

/// Gives a broker that was away the leaders back that are its own: it waits until its replicas are in sync, and has those
/// partitions elect whose preferred leader it is. Kafka itself would do so every 300 s, above an imbalance of 10 %.
public struct LeadAgain: NodeStep {
    /// Names the type in plans.
    public static let kind = "lead-again"
    /// What a broker missed in half a minute is copied in seconds, unless a throttle or a full line is in the way.
    private static let limit: Duration = .seconds(600)
    /// Without one replica more in sync for so long, something is wrong.
    private static let patience: Duration = .seconds(120)
    /// The broker.
    public var node: NodePlacement
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Gives `node` its leaders back.
    public init(node: NodePlacement, layout: ClusterLayout) { (self.node, self.layout) = (node, layout) }

    /// One line for people.
    public var title: String { "wait until broker \(node.id) is in sync, and give it its leaders back" }

    /// Whether it leads what it should.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard case .known(let look) = try await look(context) else { return .needed }
        return look.lagging == 0 && look.electable.isEmpty ? .satisfied(nil) : .needed
    }

    /// Elects as soon as can be, until it leads what it should or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        var (best, progress) = (Int.max, start)
        var elected: Set<TopicPartition> = []
        while true {
            var reason = ""
            switch try await look(context) {
            case .unknown(let why): reason = why
            case .known(let look):
                if look.lagging == 0, look.electable.isEmpty {
                    return elected.isEmpty ? nil : "\(counted(elected.count, "leader")) back"
                }
                let left = look.lagging + look.electable.count
                if left < best { (best, progress) = (left, context.world.clock.uptime()) }
                reason =
                    "\(counted(look.lagging, "replica")) not in sync, \(counted(look.electable.count, "leader")) elsewhere"
                for portion in stride(from: 0, to: look.electable.count, by: MoveOptions.electionSize) {
                    let partitions = Array(look.electable[portion...].prefix(MoveOptions.electionSize))
                    do throws(ClusterProblem) {
                        let outcome = try await context.world.control.electPreferredLeaders(partitions, layout)
                        elected.formUnion(outcome.done)
                        if let refusal = outcome.refused.first { reason = "\(refusal.subject): \(refusal.reason)" }
                    } catch {
                        reason = error.reason
                    }
                }
            }
            let now = context.world.clock.uptime()
            guard now - start < Self.limit, now - progress < Self.patience else {
                throw StepFailure(
                    code: "not-in-sync", what: title, object: subject,
                    reason: "after \((now - start).components.seconds) s: \(reason)",
                    remedy: "gantry clusterstatus shows the partitions; then gantry operation resume")
            }
            if await context.request() != nil { throw .leftOnRequest }
            try await pause(context)
        }
    }

    /// Replicas of the broker that are not in sync, and partitions whose leader it should be and can be.
    private struct Look {
        var lagging = 0
        var electable: [TopicPartition] = []
    }

    private func look(_ context: StepContext) async throws(StepFailure) -> Known<Look> {
        let seen = await context.world.cluster.observe(layout, detail: .listing)
        if let found = seen.value?.clusterID, found != layout.clusterID { throw otherCluster(found, layout) }
        guard let table = seen.value?.partitions else {
            return .unknown(reason: seen.reason ?? "Kafka does not answer")
        }
        let id = node.id.rawValue
        return table.map { table in
            var look = Look()
            for row in table.rows where !row.topic.isCanary && row.replicas.contains(id) {
                if !row.inSync.contains(id) {
                    look.lagging += 1
                } else if row.replicas.first == id, row.leader != node.id {
                    look.electable.append(row.name)
                }
            }
            return look
        }
    }
}
