public import FleetModel

extension MoveExecution {
    /// Moves under way: ours by their target, whoever asked for it; all others are somebody else's.
    mutating func takeIn(_ reassignments: [ReassignmentObservation], at now: Duration) {
        var seen: Set<Int> = []
        foreignCount = 0
        for move in reassignments {
            guard let place = place(move.partition) else {
                foreignCount += 1
                continue
            }
            seen.insert(place)
            let target = Set(move.replicas).subtracting(move.removing)
            if let hop = items[place].route.hops.lastIndex(where: { Set($0.target) == target }) {
                if items[place].state != .moving {
                    items[place].list = move.replicas.filter { !move.adding.contains($0) }
                    items[place].begun = items[place].state.isUnconfirmed ? items[place].begun : now
                    items[place].copied = .zero
                }
                items[place].hop = hop
                items[place].state = .moving
            } else {
                foreignCount += 1
                items[place].state = .held(.foreign)
            }
        }
        for place in items.indices where !seen.contains(place) {
            switch items[place].state {
            case .moving, .held(.foreign): items[place].state = .unconfirmed(0)
            default: continue
            }
        }
    }

    /// A whole listing: where each partition is, which are gone, and what has come to be on brokers that leave.
    mutating func takeIn(_ listing: PartitionTable, _ seen: MoveObservation) {
        (listedAt, listingTook, wantsListingNow) = (seen.at, seen.listingTook, false)
        let underway = Set(seen.reassignments.map(\.partition))
        var found = [Bool](repeating: false, count: items.count)
        var holdsNothing = true
        newcomers = []
        var topic = ""
        var places: [Int32: Int] = [:]
        for row in listing.rows where !row.topic.isCanary {
            if row.topic.name != topic {
                topic = row.topic.name
                places = index[topic] ?? [:]
            }
            let isOnLeaving = !leaving.isEmpty && row.replicas.contains { isLeaving($0) }
            if isOnLeaving { holdsNothing = false }
            if let place = places[row.partition] {
                found[place] = true
                items[place].leader = row.leader
                items[place].inSync = row.inSync.compactMap(NodeID.init(rawValue:))
                if !underway.contains(row.name) {
                    locate(place, row.replicas.compactMap(NodeID.init(rawValue:)))
                }
            } else if isOnLeaving, !underway.contains(row.name) {
                newcomers.append(row.name)
            }
        }
        for place in items.indices where !found[place] { items[place].state = .gone }
        emptyListings = holdsNothing ? emptyListings + 1 : 0
    }

    private func isLeaving(_ id: Int32) -> Bool { NodeID(rawValue: id).map(leaving.contains) ?? false }

    /// Finds the place of a partition that nobody moves on its way, by the replicas that it has.
    private mutating func locate(_ place: Int, _ list: [NodeID]) {
        let replicas = Set(list)
        let item = items[place]
        if item.state.isRefused || item.state.isHomeless, list == item.list { return }
        defer { items[place].copied = items[place].state == .moving ? items[place].copied : .zero }
        if replicas == Set(item.route.to) {
            items[place].list = list
            items[place].hop = item.route.hops.count
            items[place].state = .settled
        } else if let hop = item.route.hops.lastIndex(where: { Set($0.target) == replicas }) {
            items[place].list = list
            items[place].hop = hop + 1
            items[place].state = .waiting
        } else if replicas == Set(item.route.from) {
            items[place].list = list
            items[place].hop = 0
            items[place].state = item.state == .held(.replan) ? item.state : .waiting
        } else if case .unconfirmed(let count) = item.state, count < MoveOptions.lagListings {
            // The union of old and new: the broker that was asked has not heard of the end yet.
            items[place].state = .unconfirmed(count + 1)
        } else if !leaving.isEmpty, replicas.isDisjoint(with: leaving) {
            // Somebody, or an earlier worker with another plan, has brought it elsewhere: it is off, and that was asked for.
            items[place].list = list
            items[place].route.to = list
            items[place].hop = item.route.hops.count
            items[place].state = .settled
        } else {
            items[place].list = list
            items[place].state = .held(.replan)
        }
        // On the way, and yet its next hop would add two at once: whoever brought it here, it needs another plan.
        if items[place].state == .waiting, let next = items[place].next,
            Set(next.target).subtracting(replicas).count > 1
        {
            items[place].state = .held(.replan)
        }
    }

    // MARK: - What can be taken back

    /// Whether a move can be taken back: one of the replicas that it began with is alive and in sync. Without, the
    /// partition could be left without a leader (KAFKA-14424).
    func originalsLive(_ item: Item) -> Bool {
        item.list.contains { live.contains($0) && item.inSync.contains($0) }
    }

    /// Moves under way that can be taken back, for an end before their end.
    public func cancellable() -> [TopicPartition] {
        items.filter { $0.state == .moving && originalsLive($0) }.map(\.route.partition)
    }

    /// How many moves are under way.
    public var movingCount: Int { items.count { $0.state == .moving } }

    /// Where partitions that are not there yet are bound for: what another plan must reckon with.
    var bound: [TopicPartition: [NodeID]] {
        var lists: [TopicPartition: [NodeID]] = [:]
        for item in items {
            switch item.state {
            case .waiting, .moving, .unconfirmed: lists[item.route.partition] = item.route.to
            case .settled, .gone, .held: continue
            }
        }
        return lists
    }
}
