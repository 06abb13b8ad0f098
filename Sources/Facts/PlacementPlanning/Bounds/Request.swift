import FleetModel

/// What an event means for each broker and partition, read for those who judge plans: not the planner's code.
struct Request {
    let leaves: [Bool]
    let mayReceive: [Bool]
    /// Brokers that share the bytes.
    let shares: [Bool]
    let factor: [Int]
    let stays: [Bool]
    /// Partitions whose order stays too.
    let ordered: [Bool]
    /// What a plan may move.
    let mandate: Mandate
    let ceiling: [Int64]

    init(_ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions) {
        var leaving: [NodeID] = []
        var only: [NodeID]?
        var factors = input.numberOf.indices.map { input.range($0).count }
        switch event {
        case .drain(let brokers, let onto):
            leaving = brokers
            if case .only(let ids) = onto { only = ids }
        case .replace(let old, let new): (leaving, only) = ([old], [new])
        case .rebalance(let among):
            if case .only(let ids) = among { only = ids }
        case .replicationFactor(let topics, let wanted):
            for row in factors.indices {
                switch topics {
                case .all: factors[row] = wanted
                case .only(let names): if names.contains(input.topic(of: row)) { factors[row] = wanted }
                }
            }
        case .repairSpread, .leaders: break
        }
        let mandate = Mandate(event)
        let quiet = options.excludedTopics.map(input.topicIndex)
        let pinned = options.pinnedTopics.map(input.topicIndex)
        let chosen = input.isSelected(options.partitions)
        // A rebalance of a range leaves partitions without a replica there as they are.
        var range: [Bool]?
        if case .rebalance(.only(let ids)) = event { range = input.brokers.map { ids.contains($0.id) } }
        let ordered = input.topicOf.indices.map { row in
            !chosen[row] || quiet.contains(Int(input.topicOf[row]))
                || range.map { range in !input.slots[input.range(row)].contains { range[Int($0)] } } ?? false
        }
        let stays = input.topicOf.indices.map {
            ordered[$0] || !mandate.moves || pinned.contains(Int(input.topicOf[$0]))
        }
        for row in factors.indices where stays[row] { factors[row] = input.range(row).count }
        let leaves = input.brokers.map { leaving.contains($0.id) }
        let inScope = input.brokers.indices.map { index in
            input.brokers[index].state == .live && !leaves[index] && only?.contains(input.brokers[index].id) ?? true
        }
        self.leaves = leaves
        shares = inScope
        mayReceive = input.brokers.indices.map { inScope[$0] && input.brokers[$0].weight > 0 }
        (factor, self.stays, self.ordered, self.mandate) = (factors, stays, ordered, mandate)
        ceiling = input.brokers.map { broker in
            guard let capacity = broker.capacity?.bytes else { return .max }
            return capacity - Int64(Int128(capacity) * Int128(min(1000, options.headroom.thousandths)) / 1000)
        }
    }
}
