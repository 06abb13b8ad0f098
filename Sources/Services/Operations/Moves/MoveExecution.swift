public import FleetModel

/// Decides what is done next while data moves: a value that is told what was seen and answers with actions.
///
/// It keeps nothing that matters: put together again after a crash from the same order, it finds out from the first
/// listing what is already true. Per partition: at most one new replica at a time, nothing sent twice before it was read
/// back, nobody else's move touched. Per broker: a window of at least some copies or some seconds' worth of bytes.
public struct MoveExecution: Sendable {
    /// Where a partition stands.
    enum State: Hashable, Sendable {
        /// Its next hop can be asked for.
        case waiting
        /// Its hop was asked for, or ended; the next listing tells what became of it. Counts the listings that told nothing.
        case unconfirmed(Int)
        /// Its hop is under way.
        case moving
        /// Its replicas are where they belong.
        case settled
        /// Its topic was deleted.
        case gone
        /// Nothing is done with it for now.
        case held(Hold)
    }

    /// Why nothing is done with a partition.
    enum Hold: Hashable, Sendable {
        /// Somebody else moves it.
        case foreign
        /// Its list is none that was planned, or the target of its hop is gone: it waits for another plan.
        case replan
        /// The target of its hop is gone, and no other plan can be made, for this reason: it waits for a broker.
        case homeless(String)
        /// No plan can be made for it, or Kafka refused.
        case refused(String)
    }

    struct Item: Sendable {
        var route: MoveOrder.Route
        var state: State = .waiting
        /// The hop that is next or under way; behind the last one where only the order is left.
        var hop = 0
        /// Its replicas, without those that are being added.
        var list: [NodeID]
        var leader: NodeID?
        var inSync: [NodeID] = []
        var copied = ByteCount.zero
        /// When its hop was asked for, or first seen.
        var begun = Duration.zero
        var triedToLead = false
        var triedToFinish = false

        var next: MoveOrder.Hop? { route.hops.indices.contains(hop) ? route.hops[hop] : nil }

        init(_ route: MoveOrder.Route) { (self.route, list) = (route, route.from) }
    }

    var options: MoveOptions
    let leaving: Set<NodeID>
    var items: [Item]
    var index: [String: [Int32: Int]] = [:]

    /// Set by a request to stop: what is under way may end, nothing begins.
    public var isEnding = false
    /// How long data may still move today; nil: as long as it likes.
    public var timeLeft: Duration?
    /// Moves that would not end in that time, and are not begun for it.
    var heldBack = 0

    // What the last listing said.
    var listedAt: Duration?
    var listingTook = Duration.zero
    /// A listing is wanted at once: something was changed whose effect is not known.
    var wantsListingNow = true
    var newcomers: [TopicPartition] = []
    /// Listings in a row in which the brokers to be emptied held nothing.
    var emptyListings = 0
    var foreignCount = 0

    var live: Set<NodeID> = []
    var deadSince: [NodeID: Duration] = [:]
    /// Brokers that leave and were dead before.
    let isGivenUp: Set<NodeID>
    /// Brokers that leave and died meanwhile.
    var revivals: [NodeID: Revival] = [:]
    var directories: [NodeID: Known<[LogDirectoryContents]>] = [:]
    var lastReplan: Duration?
    var wish: ThrottleWish?
    var stall = StallWatch()
    /// The window is cut to one over this while the cluster shows strain.
    var strain = 1
    var said: Set<String> = []

    /// The execution of `order`, in which brokers of `dead` are not waited for.
    public init(_ order: MoveOrder, _ options: MoveOptions, dead: Set<NodeID> = []) {
        self.options = options
        isGivenUp = dead
        leaving = Set(order.leaving)
        items = order.routes.map(Item.init)
        for (place, item) in items.enumerated() {
            index[item.route.partition.topic, default: [:]][item.route.partition.partition] = place
        }
    }

    func place(_ partition: TopicPartition) -> Int? { index[partition.topic]?[partition.partition] }

    /// Whether the next observation must hold a listing.
    public func wantsListing(at now: Duration) -> Bool {
        guard let listedAt, !wantsListingNow else { return true }
        let since = now - listedAt
        if since >= MoveOptions.listingInterval { return true }
        guard since >= listingTook * MoveOptions.listingShare else { return false }
        var isIdle = true
        for item in items {
            switch item.state {
            case .unconfirmed: return true
            case .moving, .waiting: isIdle = false
            case .settled, .gone, .held: continue
            }
        }
        return isIdle
    }

    /// Partitions whose new replicas' sizes are to be looked at, with the brokers that have them.
    public var underway: [TopicPartition: NodeID] {
        var result: [TopicPartition: NodeID] = [:]
        for item in items where item.state == .moving {
            if let target = item.next?.adding { result[item.route.partition] = target }
        }
        return result
    }

    /// Brokers that still receive something.
    public var receivers: Set<NodeID> {
        var result: Set<NodeID> = []
        for item in items where item.state == .moving || item.state == .waiting {
            for hop in item.route.hops.dropFirst(item.hop) { if let target = hop.adding { result.insert(target) } }
        }
        return result
    }

    /// What to do now.
    public mutating func next(_ seen: MoveObservation) -> [MoveAction] {
        let came = seen.live.subtracting(live)
        live = seen.live
        watchReturns(came)
        directories.merge(seen.directories) { $1 }
        takeIn(seen.reassignments, at: seen.at)
        for (partition, bytes) in seen.copied {
            if let place = place(partition), items[place].state == .moving { items[place].copied = bytes }
        }
        if let listing = seen.listing {
            takeIn(listing, seen)
        } else if wantsListing(at: seen.at) {
            // A move has just ended: whoever waits behind it is not kept waiting for a whole interval.
            return [.wait(.zero)]
        }

        var actions = watchDeaths(at: seen.at) + watchLeaving(at: seen.at)
        if options.foreign == .refuse, let foreign = items.first(where: { $0.state == .held(.foreign) }) {
            return [.stop(.foreign(foreign.route.partition))]
        }
        if !isEnding {
            if let first = leadersFirst() { return actions + [first, .wait(.zero)] }
            actions += replanning(at: seen.at)
            actions += admission(at: seen.at)
        }
        if let throttle = throttleAction() {
            // The throttle holds before the first byte: it goes before what was admitted.
            let place = actions.firstIndex { if case .submit = $0 { true } else { false } } ?? actions.endIndex
            actions.insert(throttle, at: place)
        }
        if actions.contains(where: \.changesLists) {
            wantsListingNow = true
            return actions + [.wait(MoveOptions.shortestPoll)]
        }
        if items.contains(where: { $0.state == .moving }) {
            return actions + watchStall(at: seen.at) + [.wait(pollInterval())]
        }
        return actions + finish(at: seen.at)
    }

    /// Nothing is under way: what is left is order, leaders, and what came to be meanwhile.
    private mutating func finish(at now: Duration) -> [MoveAction] {
        if isEnding {
            return items.contains(where: \.state.isUnconfirmed) ? [.wait(MoveOptions.shortestPoll)] : [.done]
        }
        // A look that is older than the last change proves nothing.
        if items.contains(where: \.state.isUnconfirmed) || wantsListingNow { return [.wait(MoveOptions.shortestPoll)] }
        if items.contains(where: { $0.state == .waiting }) || items.contains(where: { $0.state == .held(.foreign) })
            || items.contains(where: { $0.state == .held(.replan) || $0.state.isHomeless }) || !newcomers.isEmpty
        {
            return watchStall(at: now) + [.wait(MoveOptions.shortestPoll)]
        }
        if let refused = items.first(where: \.state.isRefused), case .held(.refused(let reason)) = refused.state {
            let count = items.count(where: \.state.isRefused)
            return [.stop(.refused(refused.route.partition, reason, others: count - 1))]
        }
        if let last = leadersLast() { return [last, .wait(.zero)] }
        if !leaving.isEmpty, emptyListings < 2 {
            wantsListingNow = true
            return [.wait(MoveOptions.shortestPoll)]
        }
        return [.done]
    }

    /// Kafka's answer to a `submit`.
    /// - Parameters:
    ///   - partitions: those that were asked for.
    ///   - refused: those that Kafka refused, with its code and reason. The others are read back like those of a request
    ///     that had no answer.
    public mutating func submitted(
        _ partitions: [TopicPartition], refused: [TopicPartition: (code: Int16?, reason: String)]
    ) {
        wantsListingNow = true
        for (partition, refusal) in refused {
            guard let place = place(partition) else { continue }
            switch refusal.code {
            // No such topic or partition: the next listing will say that it is gone.
            case 3: items[place].state = .unconfirmed(0)
            // A target that is not registered, or a list of another length than the partition has by now.
            case 38, 39: items[place].state = .held(.replan)
            // The surplus of a request that was too large, or a controller that has just changed: asked for again.
            case -1, 41, nil: items[place].state = .unconfirmed(0)
            default: items[place].state = .held(.refused(refusal.reason))
            }
        }
    }

    /// Takes a plan for partitions that had to be planned anew.
    public mutating func adopt(_ order: MoveOrder, for partitions: [TopicPartition]) {
        wantsListingNow = true
        var planned: Set<TopicPartition> = []
        for route in order.routes {
            planned.insert(route.partition)
            var item = Item(route)
            item.state = .unconfirmed(0)
            if let place = place(route.partition) {
                items[place] = item
            } else {
                index[route.partition.topic, default: [:]][route.partition.partition] = items.count
                items.append(item)
            }
        }
        // What the new plan leaves alone stays where it is.
        for partition in partitions where !planned.contains(partition) {
            guard let place = place(partition), items[place].state == .held(.replan) else { continue }
            items[place].route.to = items[place].list
            items[place].route.hops = []
            items[place].state = .unconfirmed(0)
        }
        newcomers = []
    }

    /// Goes on after a rest in which nothing was under way and no throttle in force.
    public mutating func goOn() {
        isEnding = false
        wantsListingNow = true
        wish = nil
        stall = StallWatch()
    }

    /// The throttle was taken back: one that is wanted later is set anew.
    public mutating func forgetThrottle() { wish = nil }

    /// Says that the cluster shows strain, or no more: the window is halved each time, at most to a quarter.
    public mutating func strain(_ shows: Bool) { strain = shows ? min(4, strain * 2) : max(1, strain / 2) }
}

extension MoveExecution.State {
    var isUnconfirmed: Bool { if case .unconfirmed = self { true } else { false } }
    var isHomeless: Bool { if case .held(.homeless) = self { true } else { false } }
    var isRefused: Bool { if case .held(.refused) = self { true } else { false } }
}

extension MoveAction {
    fileprivate var changesLists: Bool {
        switch self {
        case .submit, .cancel, .replan: true
        case .lead, .throttle, .revive, .say, .wait, .done, .stop: false
        }
    }
}

extension MoveProblem {
    static func foreign(_ partition: TopicPartition) -> MoveProblem {
        MoveProblem(
            code: "foreign-reassignment", object: "partition \(partition)",
            reason: "somebody else is moving it, and overriding that could leave a replica too many",
            remedy: "wait until kafka-reassign-partitions.sh --list shows nothing, then gantry operation resume")
    }

    static func refused(_ partition: TopicPartition, _ reason: String, others: Int) -> MoveProblem {
        MoveProblem(
            code: "move-refused", object: "partition \(partition)",
            reason: reason + (others > 0 ? " (and \(others) more partitions)" : ""),
            remedy: "mend that, then gantry operation resume")
    }
}
