public import FleetModel

/// Why a partition goes where a plan sends it, and why not elsewhere. Made of the plan alone.
public struct PlacementExplanation: Hashable, Sendable {
    /// What a broker has to do with the partition in this plan.
    public struct Verdict: Hashable, Sendable {
        /// The broker.
        public var broker: NodeID
        /// Whether the partition has a replica there before.
        public var held: Bool
        /// Whether it has one there after.
        public var holds: Bool
        /// Why, in a sentence.
        public var reason: String

        /// `broker` for `reason`.
        public init(broker: NodeID, held: Bool, holds: Bool, reason: String) {
            (self.broker, self.held, self.holds, self.reason) = (broker, held, holds, reason)
        }
    }

    /// The partition.
    public var partition: TopicPartition
    /// What happens to it, in sentences.
    public var summary: [String]
    /// Every broker, those that hold it first.
    public var brokers: [Verdict]

    /// What `plan` does with `partition`; nil where it leaves it alone.
    public init?(_ partition: TopicPartition, in plan: MovePlan) {
        guard let index = plan.changes.firstIndex(where: { $0.partition == partition }) else { return nil }
        let change = plan.changes[index]
        let moves = plan.moves.filter { $0.change == index }
        self.partition = partition
        summary = Self.summary(change, moves, plan, index)
        let size = moves.map(\.bytes).max() ?? .zero
        let view = View(plan, change, size)
        brokers = plan.report.brokers.map { broker in
            Verdict(
                broker: broker.id, held: change.from.contains(broker.id), holds: change.to.contains(broker.id),
                reason: view.reason(broker))
        }.enumerated().sorted { a, b in
            let (first, second) = (Self.rank(a.element, change), Self.rank(b.element, change))
            return first != second ? first < second : a.offset < b.offset
        }.map(\.element)
    }

    private static func rank(_ verdict: Verdict, _ change: MovePlan.ListChange) -> Int {
        change.to.firstIndex(of: verdict.broker) ?? (verdict.held ? change.to.count : change.to.count + 1)
    }

    private static func summary(
        _ change: MovePlan.ListChange, _ moves: [MovePlan.Move], _ plan: MovePlan, _ index: Int
    ) -> [String] {
        func list(_ ids: [NodeID]) -> String { ids.map(\.description).joined(separator: ", ") }
        var lines = ["\(change.partition): \(list(change.from)) becomes \(list(change.to)) (\(plan.event.description))"]
        if let step = plan.leadersFirst.first(where: { $0.change == index }) {
            lines.append("broker \(step.leader) leads it while data moves: its uplink is the least busy that can serve")
        }
        for move in moves {
            guard let adding = move.adding, let source = move.source else { continue }
            lines.append(
                "\(move.bytes) go from broker \(source) to broker \(adding), after \(seconds(move.start)), in wave "
                    + "\(move.wave)")
        }
        if moves.isEmpty {
            lines.append("no data moves: its leader changes so that leaders are even")
        } else if let before = change.from.first, let after = change.to.first, before != after {
            lines.append("its preferred leader becomes broker \(after)")
        }
        return lines
    }

    private static func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
}

/// One partition's view of the brokers of a plan.
private struct View {
    private let change: MovePlan.ListChange
    private let size: ByteCount
    private let brokers: [PlanReport.Broker]
    private let chosen: [PlanReport.Broker]
    private let balances: Bool

    init(_ plan: MovePlan, _ change: MovePlan.ListChange, _ size: ByteCount) {
        (self.change, self.size) = (change, size)
        brokers = plan.report.brokers
        chosen = brokers.filter { change.to.contains($0.id) && !change.from.contains($0.id) }
        if case .rebalance = plan.event { balances = true } else { balances = false }
    }

    func reason(_ broker: PlanReport.Broker) -> String {
        let (held, holds) = (change.from.contains(broker.id), change.to.contains(broker.id))
        let range = "\(broker.bytesAfter) of \(broker.fair ?? .zero)"
        switch (held, holds) {
        case (true, true): return "keeps its replica: what stays costs nothing"
        case (true, false):
            if broker.role == .leaving { return "leaves: everything goes" }
            if balances { return "had \(broker.bytesBefore), above its share: ends with \(range)" }
            return "gives up its replica: hosts and racks, or the wanted factor, ask for it"
        case (false, true):
            return "was below its share with \(broker.bytesBefore): ends with \(range)"
                + (broker.host.map { ", on host \($0)" } ?? "") + (broker.rack.map { ", rack \($0)" } ?? "")
        case (false, false): return refusal(broker)
        }
    }

    /// The first rule that keeps it off a broker, in the order of their weight.
    private func refusal(_ broker: PlanReport.Broker) -> String {
        switch broker.role {
        case .leaving: return "leaves"
        case .bystander: return "may not receive: not live, without weight, or not among the targets named"
        case .target: break
        }
        let kept = brokers.filter { change.to.contains($0.id) }
        if let host = broker.host, let other = kept.first(where: { $0.host == host }) {
            return "shares host \(host) with broker \(other.id), which holds a replica"
        }
        if let rack = broker.rack, let other = kept.first(where: { $0.rack == rack }) {
            return "shares rack \(rack) with broker \(other.id), which holds a replica"
        }
        if let ceiling = broker.ceiling, broker.bytesAfter + size > ceiling {
            return "has no room: \(broker.bytesAfter) of at most \(ceiling)"
        }
        if size > .zero, broker.bytesAfter + size > broker.high {
            return "would leave its band: \(broker.bytesAfter) and \(size) are above \(broker.high)"
        }
        if let best = chosen.first {
            return "would do; broker \(best.id) lacked more: \(best.bytesBefore) before, \(broker.id) had "
                + "\(broker.bytesBefore)"
        }
        return "would do; nothing needs to move there"
    }
}
