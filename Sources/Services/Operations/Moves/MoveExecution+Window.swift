import FleetModel

extension MoveExecution {
    /// What a broker has under way in one direction.
    private struct Port {
        var count = 0
        var bytes: Int64 = 0
    }

    /// Begins moves as long as both ends of one have room in their window, in the plan's order. Without barriers: a port
    /// that is free is used at once.
    mutating func admission(at now: Duration) -> [MoveAction] {
        var sources: [NodeID: Port] = [:]
        var targets: [NodeID: Port] = [:]
        var room = DirectoryRoom(directories)
        let (count, bytes) = (max(1, MoveOptions.windowCount / strain), options.windowBytes / Int64(strain))
        func isFull(_ port: Port?) -> Bool { (port?.count ?? 0) >= count && (port?.bytes ?? 0) >= bytes }
        func take(_ item: Item, _ hop: MoveOrder.Hop, _ target: NodeID) {
            let left = (hop.bytes - item.copied).bytes
            if let leader = item.leader {
                sources[leader, default: Port()].count += 1
                sources[leader, default: Port()].bytes += left
            }
            targets[target, default: Port()].count += 1
            targets[target, default: Port()].bytes += left
            room.reserve(ByteCount(left), on: target)
        }
        for item in items {
            guard item.state == .moving || item.state.isUnconfirmed, let hop = item.next, let target = hop.adding else {
                continue
            }
            take(item, hop, target)
        }
        var submitted: [ReplicaTarget] = []
        heldBack = 0
        for place in items.indices where items[place].state == .waiting {
            guard submitted.count < MoveOptions.requestSize else { break }
            guard let hop = items[place].next else { continue }
            if let target = hop.adding {
                guard endsInTime(hop) else {
                    heldBack += 1
                    continue
                }
                guard live.contains(target), let leader = items[place].leader, live.contains(leader) else { continue }
                guard !isFull(sources[leader]), !isFull(targets[target]), room.admits(hop.bytes, on: target) else {
                    continue
                }
                take(items[place], hop, target)
            }
            items[place].state = .unconfirmed(0)
            items[place].begun = now
            items[place].copied = .zero
            submitted.append(ReplicaTarget(partition: items[place].route.partition, replicas: hop.target))
        }
        return submitted.isEmpty ? [] : [.submit(submitted)]
    }

    /// Whether a copy would end before the hours do; one that is too long for all hours begins whenever it can.
    private func endsInTime(_ hop: MoveOrder.Hop) -> Bool {
        guard let timeLeft, let hours = options.hours else { return true }
        let time = Duration.seconds(hop.bytes.bytes / max(1, options.windowRate.bytesPerSecond))
        return time <= timeLeft || time > hours.longest
    }

    /// A change of the throttle, where what is under way needs another one than before.
    mutating func throttleAction() -> MoveAction? {
        guard let rate = options.throttle else { return nil }
        var wanted = ThrottleWish(rate: rate)
        for item in items {
            guard item.state == .moving || item.state.isUnconfirmed, let target = item.next?.adding else { continue }
            wanted.add(item.route.partition, before: item.list, adding: target)
        }
        // Rates stay with a broker until the end: a list that is gone makes them do nothing.
        wanted.leaders.formUnion(wish?.leaders ?? [])
        wanted.followers.formUnion(wish?.followers ?? [])
        wanted.leaders.formIntersection(live)
        wanted.followers.formIntersection(live)
        guard wanted != wish, wish != nil || !wanted.topics.isEmpty else { return nil }
        wish = wanted
        return .throttle(wanted)
    }

    /// Until the first port has run out of its window by a half, between the two bounds.
    func pollInterval() -> Duration {
        var left: [NodeID: Int64] = [:]
        for item in items where item.state == .moving {
            guard let hop = item.next, let target = hop.adding else { continue }
            let bytes = (hop.bytes - item.copied).bytes
            left[target, default: 0] += bytes
            if let leader = item.leader { left[leader, default: 0] += bytes }
        }
        guard let least = left.values.min() else { return MoveOptions.shortestPoll }
        let milliseconds = least / 2 / max(1, options.windowRate.bytesPerSecond / 1000)
        return max(MoveOptions.shortestPoll, min(MoveOptions.longestPoll, .milliseconds(milliseconds)))
    }

    // MARK: - Leaders

    /// Leadership off the brokers that leave or would be busiest, before the first byte: a copy's source is its leader.
    mutating func leadersFirst() -> MoveAction? {
        var targets: [ReplicaTarget] = []
        for place in items.indices where items[place].state == .waiting && !items[place].triedToLead {
            let item = items[place]
            guard targets.count < MoveOptions.electionSize else { break }
            guard let leader = item.route.leader, item.hop == 0, item.leader != leader else { continue }
            guard item.list.contains(leader), item.inSync.contains(leader), live.contains(leader) else { continue }
            items[place].triedToLead = true
            targets.append(
                ReplicaTarget(
                    partition: item.route.partition, replicas: [leader] + item.list.filter { $0 != leader }))
        }
        guard !targets.isEmpty else { return nil }
        wantsListingNow = true
        return .lead(targets)
    }

    /// The planned order and its first replica as leader, once the replicas are where they belong.
    mutating func leadersLast() -> MoveAction? {
        var targets: [ReplicaTarget] = []
        for place in items.indices where items[place].state == .settled && !items[place].triedToFinish {
            let item = items[place]
            guard targets.count < MoveOptions.electionSize else { break }
            guard let first = item.route.to.first, item.list != item.route.to || item.leader != first else { continue }
            guard live.contains(first), item.inSync.contains(first) || item.list != item.route.to else { continue }
            items[place].triedToFinish = true
            targets.append(ReplicaTarget(partition: item.route.partition, replicas: item.route.to))
        }
        guard !targets.isEmpty else { return nil }
        wantsListingNow = true
        return .lead(targets)
    }
}

/// Room in the log directories of brokers that receive, less what is under way.
struct DirectoryRoom {
    private struct Volume: Hashable {
        var broker: NodeID
        var path: String
    }

    private var free: [NodeID: Int64] = [:]

    /// Kafka puts a new replica into the directory with the fewest replicas, not the one with the most room: that one counts.
    init(_ directories: [NodeID: Known<[LogDirectoryContents]>]) {
        for (broker, found) in directories {
            guard let found = found.value else { continue }
            let open = found.filter { $0.directory.error == nil }
            guard let next = open.min(by: { $0.directory.replicas < $1.directory.replicas }),
                let total = next.directory.total, let usable = next.directory.usable
            else { continue }
            free[broker] = usable.bytes - Self.share(total, MoveOptions.headroom)
        }
    }

    mutating func reserve(_ bytes: ByteCount, on broker: NodeID) {
        guard let present = free[broker] else { return }
        free[broker] = present - bytes.bytes - Self.share(bytes, MoveOptions.growth)
    }

    /// Where the room is not known, it is the planner's word that counts.
    func admits(_ bytes: ByteCount, on broker: NodeID) -> Bool {
        guard let present = free[broker] else { return true }
        return present >= bytes.bytes + Self.share(bytes, MoveOptions.growth)
    }

    private static func share(_ bytes: ByteCount, _ share: PerMille) -> Int64 {
        bytes.bytes / 1000 * share.thousandths
    }
}
