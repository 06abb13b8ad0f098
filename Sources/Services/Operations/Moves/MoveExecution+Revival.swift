import FleetModel

extension MoveExecution {
    /// A broker that leaves and does not serve.
    struct Revival: Sendable {
        /// Since when.
        var since: Duration
        /// How often it was started again.
        var count = 0
        /// When that was last asked for.
        var last: Duration?
    }

    /// Brokers that leave are needed until their data is off them, where nobody else has it: one that died is started again.
    mutating func watchLeaving(at now: Duration) -> [MoveAction] {
        guard !isEnding, emptyListings == 0 else { return [] }
        var actions: [MoveAction] = []
        for id in leaving.subtracting(isGivenUp).sorted() {
            guard !live.contains(id) else {
                revivals[id]?.since = now
                continue
            }
            var revival = revivals[id] ?? Revival(since: now)
            let isDead = now - revival.since >= MoveOptions.deathTime
            let isTime = revival.last.map { now - $0 >= MoveOptions.revivalInterval } ?? true
            if isDead, isTime, revival.count < MoveOptions.mostRevivals {
                revival.count += 1
                revival.last = now
                actions.append(.revive(id))
            }
            revivals[id] = revival
        }
        return actions
    }
}
