public import FleetModel

/// Partitions whose target died, or that came to be on a broker that leaves.
extension MoveExecution {
    /// Moves to brokers that died are taken back where their originals live, and planned anew.
    mutating func watchDeaths(at now: Duration) -> [MoveAction] {
        let wanted = receivers
        for id in wanted where !live.contains(id) { deadSince[id] = deadSince[id] ?? now }
        deadSince = deadSince.filter { !live.contains($0.key) && wanted.contains($0.key) }
        let dead = Set(deadSince.filter { now - $0.value >= MoveOptions.deathTime }.keys)
        guard !dead.isEmpty else { return [] }
        var cancelled: [TopicPartition] = []
        var stuck = 0
        for place in items.indices {
            let item = items[place]
            guard item.route.hops.dropFirst(item.hop).contains(where: { $0.adding.map(dead.contains) ?? false }) else {
                continue
            }
            switch item.state {
            case .moving where item.next?.adding.map(dead.contains) ?? false:
                if originalsLive(item) {
                    cancelled.append(item.route.partition)
                    items[place].state = .held(.replan)
                } else {
                    stuck += 1
                }
            case .waiting: items[place].state = .held(.replan)
            default: continue
            }
        }
        var actions: [MoveAction] = []
        let names = dead.sorted().map(\.description).joined(separator: ", ")
        let waiting = items.count { $0.state == .held(.replan) }
        if said.insert("dead \(names) \(waiting)").inserted {
            actions.append(
                .say(
                    "broker \(names) receives data and is dead: \(counted(waiting, "partition")) that "
                        + (waiting == 1 ? "was to go there is" : "were to go there are")
                        + " planned anew, the others go on"
                        + (stuck > 0
                            ? "; \(stuck) \(stuck == 1 ? "is left as it is: none of its" : "are left as they are: none of their") "
                                + "other replicas is alive" : "")))
        }
        if !cancelled.isEmpty { actions.append(.cancel(cancelled)) }
        return actions
    }

    /// What found no place while a broker was down can go as it was planned once its targets are back, and is planned anew
    /// where another one came.
    mutating func watchReturns(_ came: Set<NodeID>) {
        guard !came.isEmpty else { return }
        for place in items.indices where items[place].state.isHomeless {
            let isBack = missing(items[place]).isEmpty
            items[place].state = isBack ? .unconfirmed(0) : .held(.replan)
            wantsListingNow = true
        }
    }

    /// Whether the rest of a partition's way needs a broker that is dead.
    func misses(_ partition: TopicPartition) -> Bool { place(partition).map { !missing(items[$0]).isEmpty } ?? false }

    /// The brokers that the rest of its way needs and that are dead.
    func missing(_ item: Item) -> Set<NodeID> {
        Set(item.route.hops.dropFirst(item.hop).compactMap(\.adding)).subtracting(live)
    }

    mutating func replanning(at now: Duration) -> [MoveAction] {
        if let lastReplan, now - lastReplan < MoveOptions.replanInterval { return [] }
        let partitions = items.filter { $0.state == .held(.replan) }.map(\.route.partition) + newcomers
        guard !partitions.isEmpty else { return [] }
        lastReplan = now
        return [.replan(partitions.sorted())]
    }

    /// There is no new plan for these partitions, for a reason: they stay where they are. Those whose target is dead wait for
    /// it, since its host may come back.
    /// - Parameters:
    ///   - partitions: those that no plan could be made for.
    ///   - reason: why.
    ///   - remedy: what would do, where nobody is waited for.
    /// - Returns: the brokers that are waited for.
    @discardableResult
    public mutating func refuse(
        _ partitions: [TopicPartition], reason: String, remedy: String? = nil
    ) -> Set<NodeID> {
        var awaited: Set<NodeID> = []
        for partition in partitions {
            if place(partition) == nil {
                index[partition.topic, default: [:]][partition.partition] = items.count
                items.append(Item(MoveOrder.Route(partition: partition, from: [], to: [], hops: [])))
            }
            guard let place = place(partition) else { continue }
            let missing = missing(items[place])
            awaited.formUnion(missing)
            items[place].state =
                missing.isEmpty
                ? .held(.refused(remedy.map { "\(reason): \($0)" } ?? reason)) : .held(.homeless(reason))
        }
        newcomers = newcomers.filter { place($0) == nil }
        return awaited
    }

    /// Partitions for which there is no plan.
    var unplanned: Set<TopicPartition> {
        Set(items.filter { $0.state.isRefused || $0.state.isHomeless }.map(\.route.partition))
    }
}
