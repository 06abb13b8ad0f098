public import FleetModel
public import HealthRules
public import OperationModel
import PlacementPlanning

/// Takes an operation back that was given up: every partition that it moves gets its old list again, order included.
///
/// What was removed for good does not come back: an id is never used again, so a partition can't return to it.
public struct Rollback: Sendable {
    /// What forbids it; empty when it can be done.
    public var blockers: [Blocker] = []
    /// What the operator should know besides.
    public var notes: [String] = []
    /// The way back of each partition; none where everything is as it was.
    public var routes: [MoveOrder.Route] = []

    private let operation: OperationID
    private var options = MoveOptions(throttle: nil)

    /// Judges the way back from what was seen.
    /// - Parameters:
    ///   - record: the operation that is taken back.
    ///   - settings: what was set on it since.
    ///   - snapshot: what was seen, with log directories.
    ///   - isAtRest: false while the operation's own moves may be under way still.
    /// - Throws: a failure when a step of the plan can't be read.
    public init(
        of record: OperationRecord, settings: OperationSettings, snapshot: Snapshot, isAtRest: Bool
    ) throws(StepFailure) {
        operation = record.id
        var before: [TopicPartition: [NodeID]] = [:]
        var sizes: [TopicPartition: ByteCount] = [:]
        for step in record.plan.steps where step.kind == MoveData.kind {
            guard let move = try StepCatalog.step(step) as? MoveData else { continue }
            options = move.options
            let plan = try move.readPlan()
            // Of several stages the first one knows how it was before the operation.
            for change in plan.changes where before[change.partition] == nil { before[change.partition] = change.from }
            for move in plan.moves {
                let partition = plan.changes[move.change].partition
                sizes[partition] = max(sizes[partition] ?? .zero, move.bytes)
            }
        }
        if let throttle = settings.throttle { options.throttle = throttle }
        guard !before.isEmpty else {
            notes = ["it moves no data: there are no lists to go back to"]
            return
        }
        guard let cluster = snapshot.cluster.value, let brokers = cluster.brokers.value,
            let table = cluster.partitions.value
        else {
            let reason = snapshot.cluster.reason ?? snapshot.cluster.value?.partitions.reason ?? "it does not answer"
            blockers = [
                Blocker(
                    code: "cluster-unreachable", object: "the cluster", reason: reason, remedy: "gantry clusterstatus")
            ]
            return
        }
        if isAtRest, let moves = cluster.reassignments.value, let first = moves.first {
            blockers.append(
                Blocker(
                    code: "foreign-reassignment", object: counted(moves.count, "partition"),
                    reason: "somebody else is moving them; first \(first.partition)",
                    remedy: "wait until kafka-reassign-partitions.sh --list shows nothing"))
        }
        var found = Set<TopicPartition>()
        for row in table.rows {
            guard let list = before[row.name] else { continue }
            found.insert(row.name)
            let present = row.replicas.compactMap(NodeID.init(rawValue:))
            guard present != list else { continue }
            routes.append(Self.route(row.name, from: present, to: list, size: sizes[row.name] ?? .zero))
        }
        let gone = before.keys.filter { !found.contains($0) }.count
        if gone > 0 {
            notes.append(
                "\(counted(gone, "partition", "was", "were")) deleted meanwhile: nothing is done there")
        }
        let live = Set(brokers.filter { !$0.fenced }.map(\.id))
        for id in Set(routes.flatMap(\.to)).subtracting(live).sorted() {
            let count = routes.count { $0.to.contains(id) }
            let isRegistered = brokers.contains { $0.id == id }
            blockers.append(
                Blocker(
                    code: isRegistered ? "broker-down" : "broker-removed", object: "broker \(id)",
                    reason: "\(counted(count, "partition")) had a replica there, and it "
                        + (isRegistered ? "does not serve" : "was removed: its id is never used again"),
                    remedy: isRegistered
                        ? "start it: gantry clusterstatus tells why it does not serve"
                        : "gantry operation abort without --rollback keeps what is done"))
        }
    }

    /// At most one new replica at a time, each in the place of one that goes; the last hop asks for the old list itself.
    static func route(
        _ partition: TopicPartition, from present: [NodeID], to list: [NodeID], size: ByteCount
    ) -> MoveOrder.Route {
        let added = list.filter { !present.contains($0) }
        var leaving = present.filter { !list.contains($0) }[...]
        var now = Set(present)
        var hops: [MoveOrder.Hop] = []
        for (number, id) in added.enumerated() {
            now.insert(id)
            if number == added.count - 1 {
                hops.append(.init(target: list, adding: id, bytes: size))
            } else {
                if let other = leaving.popFirst() { now.remove(other) }
                let target = list.filter(now.contains) + present.filter { now.contains($0) && !list.contains($0) }
                hops.append(.init(target: target, adding: id, bytes: size))
            }
        }
        if added.isEmpty, !leaving.isEmpty { hops.append(.init(target: list, adding: nil, bytes: .zero)) }
        return MoveOrder.Route(partition: partition, from: present, to: list, hops: hops)
    }

    /// The operation that goes back.
    /// - Parameters:
    ///   - record: the operation that is taken back.
    ///   - layout: the nodes of the cluster.
    ///   - reason: the operator's reason.
    ///   - canary: whether records are sent as a check.
    ///   - known: findings from before.
    /// - Returns: its plan.
    /// - Throws: a failure only when a step cannot be written as JSON, which is a defect.
    public func plan(
        of record: OperationRecord, layout: ClusterLayout, reason: String?, canary: Bool,
        known: [CheckStage.KnownFinding]
    ) throws(StepFailure) -> OperationPlan {
        var chain = StepChain()
        try chain.add(RestoreLists(operation: operation, routes: routes, layout: layout, options: options))
        try chain.add(CheckStage(stage: "after-rollback", layout: layout, canary: canary, known: known))
        return OperationPlan(
            command: "operation abort", arguments: [operation.rawValue, "--rollback"], cluster: record.plan.cluster,
            clusterID: record.plan.clusterID, reason: reason, steps: chain.records, failurePolicy: .stop)
    }
}
