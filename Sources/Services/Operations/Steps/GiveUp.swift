public import FleetModel
import Observation
public import OperationModel

/// Gives up records whose only replicas are on brokers that are dead and leave, because the operator accepted their loss
/// topic by topic: their partitions go on, empty, on brokers that serve.
public struct GiveUp: ClusterStep {
    /// Names the type in plans.
    public static let kind = "give-up"
    /// Elections and lists are a matter of the controller alone.
    private static let limit: Duration = .seconds(120)
    /// What the step is called within its plan.
    public var stage: String
    /// The brokers that take the data with them.
    public var brokers: [NodeID]
    /// The partitions, with the brokers that carry them on.
    public var targets: [ReplicaTarget]
    /// The nodes of the cluster.
    public var layout: ClusterLayout

    /// Gives up what `brokers` alone have of the partitions of `targets`.
    public init(stage: String, brokers: [NodeID], targets: [ReplicaTarget], layout: ClusterLayout) {
        self.stage = stage
        self.brokers = brokers
        self.targets = targets
        self.layout = layout
    }

    /// The stage.
    public var object: String { stage }
    /// As people write it.
    public var subject: String { "data" }
    /// One line for people.
    public var title: String {
        "give up the records of \(Mover.examples(targets.map(\.partition))), which only dead brokers have"
    }

    /// Whether none of them is on a broker that leaves any more.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        try await open(context).isEmpty ? .satisfied(nil) : .needed
    }

    /// Gives each its new brokers and has one of them lead without the records, until all are so.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        var reason = "they have not been seen yet"
        while true {
            let open = try await open(context)
            guard !open.isEmpty else { return counted(targets.count, "partition") + " go on empty" }
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "not-given-up", what: title, object: "partition \(open[0].target.partition)", reason: reason,
                    remedy: "gantry clusterstatus; then gantry operation resume")
            }
            do throws(ClusterProblem) {
                // The election alone does not end a move that it has made whole: the same list again does.
                let waiting = open.filter { !$0.isUnderWay || $0.isLed }.map(\.target)
                if !waiting.isEmpty {
                    let outcome = try await context.world.control.reassign(
                        waiting, changingReplicationFactor: false, layout)
                    reason = outcome.refused.first.map { "\($0.subject): \($0.reason)" } ?? "they are being given up"
                }
                let outcome = try await context.world.control.electAnyLeaders(open.map(\.target.partition), layout)
                if let refusal = outcome.refused.first { reason = "\(refusal.subject): \(refusal.reason)" }
            } catch {
                reason = error.reason
            }
            try await pause(context)
        }
    }

    /// Those that a leaving broker still has. One that has a leader again is never touched: its records are back.
    private func open(
        _ context: StepContext
    ) async throws(StepFailure) -> [(target: ReplicaTarget, isUnderWay: Bool, isLed: Bool)] {
        let seen = await context.world.cluster.observe(layout, detail: .listing)
        guard let cluster = seen.value, let table = cluster.partitions.value,
            let moves = cluster.reassignments.value
        else {
            throw StepFailure(
                code: "kafka-silent", what: title, object: "the cluster",
                reason: seen.reason ?? seen.value?.partitions.reason ?? "no broker answers",
                remedy: "gantry clusterstatus; then gantry operation resume")
        }
        guard cluster.clusterID == layout.clusterID else { throw otherCluster(cluster.clusterID, layout) }
        let wanted = Dictionary(targets.map { ($0.partition, $0) }, uniquingKeysWith: { first, _ in first })
        let leaving = Set(brokers.map(\.rawValue))
        let underway = Set(moves.map(\.partition))
        var result: [(target: ReplicaTarget, isUnderWay: Bool, isLed: Bool)] = []
        for row in table.rows {
            guard let target = wanted[row.name], row.replicas.contains(where: leaving.contains) else { continue }
            if let leader = row.leader, brokers.contains(leader) {
                throw StepFailure(
                    code: "records-back", what: title, object: "partition \(row.name)",
                    reason: "broker \(leader) serves it again, with its records",
                    remedy: "gantry operation abort, then the same command again: it plans what is there now")
            }
            result.append((target, underway.contains(row.name), row.leader != nil))
        }
        return result
    }
}
