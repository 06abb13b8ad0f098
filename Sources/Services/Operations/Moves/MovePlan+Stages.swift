public import FleetModel
public import PlacementPlanning

extension MovePlan {
    /// This drain in stages, one for each of `brokers` in that order: whatever has a replica on a broker goes in its stage,
    /// once, wherever its other replicas go. Planned as one, none of them receives another's data and no byte goes twice.
    public func stages(_ brokers: [NodeID]) -> [(broker: NodeID, plan: MovePlan)] {
        var stage = [Int](repeating: -1, count: changes.count)
        for (number, broker) in brokers.enumerated() {
            for place in changes.indices where stage[place] < 0 && changes[place].from.contains(broker) {
                stage[place] = number
            }
        }
        // What changes for another reason, the order of a list, goes with the last one.
        for place in stage.indices where stage[place] < 0 { stage[place] = brokers.count - 1 }
        return brokers.enumerated().map { number, broker in (broker, part { stage[$0] == number }) }
    }

    /// The changes that `isIncluded` names, with what belongs to them.
    private func part(_ isIncluded: (Int) -> Bool) -> MovePlan {
        var places: [Int: Int] = [:]
        var result = self
        result.changes = []
        for place in changes.indices where isIncluded(place) {
            places[place] = result.changes.count
            result.changes.append(changes[place])
        }
        result.moves = moves.compactMap { move in
            guard let place = places[move.change] else { return nil }
            var move = move
            move.change = place
            return move
        }
        result.leadersFirst = leadersFirst.compactMap { step in
            places[step.change].map { LeaderStep(change: $0, leader: step.leader) }
        }
        result.report.bytes = result.moves.reduce(.zero) { $0 + $1.bytes }
        result.report.replicasMoved = result.moves.count { $0.adding != nil }
        return result
    }
}
