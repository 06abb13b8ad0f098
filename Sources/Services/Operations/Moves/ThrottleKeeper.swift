import FleetModel
import Observation
import OperationModel

/// Holds a throttle and takes it back (KIP-73): every value is read and journaled before it is changed, lists are merged
/// into what others have set, and what was set is read back before a byte moves.
struct ThrottleKeeper {
    enum Name {
        static let leaderRate = "leader.replication.throttled.rate"
        static let followerRate = "follower.replication.throttled.rate"
        static let leaderReplicas = "leader.replication.throttled.replicas"
        static let followerReplicas = "follower.replication.throttled.replicas"
        static let rates = [leaderRate, followerRate]
        static let replicas = [leaderReplicas, followerReplicas]
    }

    /// Resources changed by one request: a controller writes a record for each.
    private static let batch = 500
    /// A change is at every broker after some hundred milliseconds; later than this something else is wrong.
    private static let limit: Duration = .seconds(20)
    private static let interval: Duration = .milliseconds(200)
    /// Kafka's codes for an owner that is gone: no such topic, no such broker.
    private static let goneCodes: Set<Int16> = [3, 102]

    private let context: StepContext
    private let layout: ClusterLayout
    /// The partitions of the moves, by topic: entries of others are somebody else's.
    private var partitions: [String: Set<Int32>] = [:]
    private(set) var record: MoveRecord
    /// What is in force of ours.
    private var held: ThrottleWish?
    /// Brokers whose settings could not be read: nothing is changed there.
    private var unread: Set<NodeID> = []

    init(_ context: StepContext, _ layout: ClusterLayout, _ order: MoveOrder) async throws(StepFailure) {
        (self.context, self.layout) = (context, layout)
        record = try await MoveRecord.load(context)
        for route in order.routes + record.replanned { insert(route.partition) }
    }

    private mutating func insert(_ partition: TopicPartition) {
        partitions[partition.topic, default: []].insert(partition.partition)
    }

    /// Remembers ways that the plan does not know, before they are taken.
    mutating func remember(_ routes: [MoveOrder.Route]) async throws(StepFailure) {
        let names = Set(routes.map(\.partition))
        record.replanned = record.replanned.filter { !names.contains($0.partition) } + routes
        for route in routes { insert(route.partition) }
        for place in record.topics.indices {
            record.topics[place].partitions = partitions[record.topics[place].topic, default: []].sorted()
        }
        try await record.save(context)
    }

    // MARK: - Holding

    /// Brings the throttle to `wish`, and returns once every broker and topic shows it.
    mutating func hold(_ wish: ThrottleWish) async throws(StepFailure) {
        try await recordBefore(wish)
        let before = held ?? ThrottleWish(rate: wish.rate)
        let renewsRate = held?.rate != wish.rate
        var first: [ConfigurationOwner: [SettingChange]] = [:]
        var second: [ConfigurationOwner: [SettingChange]] = [:]
        let rate = String(wish.rate.bytesPerSecond)
        for id in wish.leaders.subtracting(unread) where renewsRate || !before.leaders.contains(id) {
            first[.broker(id), default: []].append(SettingChange(Name.leaderRate, .set(rate)))
        }
        for id in wish.followers.subtracting(unread) where renewsRate || !before.followers.contains(id) {
            first[.broker(id), default: []].append(SettingChange(Name.followerRate, .set(rate)))
        }
        let known = Dictionary(record.topics.map { ($0.topic, $0) }, uniquingKeysWith: { a, _ in a })
        for topic in Set(wish.topics.keys).union(before.topics.keys).sorted() {
            guard let prior = known[topic] else { continue }
            let (wanted, present) = (wish.topics[topic] ?? .init(), before.topics[topic] ?? .init())
            for (name, wanted, present, prior) in [
                (Name.leaderReplicas, wanted.leader, present.leader, prior.leader),
                (Name.followerReplicas, wanted.follower, present.follower, prior.follower),
            ] where prior != "*" {
                let own = Self.entries(prior)
                let added = wanted.subtracting(present).map(\.description).filter { !own.contains($0) }.sorted()
                let gone = present.subtracting(wanted).map(\.description).filter { !own.contains($0) }.sorted()
                // A setting can't be named twice in one request: what goes, goes after what comes.
                if !added.isEmpty { first[.topic(topic), default: []].append(SettingChange(name, .append(added))) }
                if !gone.isEmpty {
                    if added.isEmpty {
                        first[.topic(topic), default: []].append(SettingChange(name, .subtract(gone)))
                    } else {
                        second[.topic(topic), default: []].append(SettingChange(name, .subtract(gone)))
                    }
                }
            }
        }
        try await change(first)
        try await change(second)
        held = wish
        held?.topics = wish.topics.filter { known[$0.key] != nil }
        try await readBack(first)
    }

    /// Reads what is set on brokers and topics that were not touched yet, and journals it.
    private mutating func recordBefore(_ wish: ThrottleWish) async throws(StepFailure) {
        let brokers = wish.leaders.union(wish.followers).subtracting(record.brokers.map(\.broker)).sorted()
        let topics = Set(wish.topics.keys).subtracting(record.topics.map(\.topic)).sorted()
        let isNewRate = !record.rates.contains(wish.rate.bytesPerSecond)
        guard !brokers.isEmpty || !topics.isEmpty || isNewRate else { return }
        for (id, found) in try await settings(Name.rates, of: brokers.map { .broker($0) }) {
            guard case .broker(let id) = id else { continue }
            guard let found = found.value else {
                unread.insert(id)
                continue
            }
            unread.remove(id)
            record.brokers.append(
                .init(broker: id, leader: found[Name.leaderRate], follower: found[Name.followerRate]))
        }
        for (owner, found) in try await settings(Name.replicas, of: topics.map { .topic($0) }) {
            // One that can't be read is gone, or will be read the next time: its replicas are not throttled till then.
            guard case .topic(let topic) = owner, let found = found.value else { continue }
            record.topics.append(
                .init(
                    topic: topic, partitions: partitions[topic, default: []].sorted(),
                    leader: found[Name.leaderReplicas], follower: found[Name.followerReplicas]))
        }
        if isNewRate { record.rates.append(wish.rate.bytesPerSecond) }
        record.brokers.sort { $0.broker < $1.broker }
        record.topics.sort { $0.topic < $1.topic }
        try await record.save(context)
    }

    private func readBack(_ changes: [ConfigurationOwner: [SettingChange]]) async throws(StepFailure) {
        let owners = changes.keys.sorted { "\($0)" < "\($1)" }
        guard !owners.isEmpty else { return }
        let start = context.world.clock.uptime()
        while true {
            let found = try await settings(Name.rates + Name.replicas, of: owners)
            let missing = changes.first { owner, changes in
                // One that does not answer any more is dead or deleted: it throttles nothing and copies nothing.
                guard let values = found[owner]?.value else { return false }
                return !changes.allSatisfy { Self.holds($0, values[$0.name]) }
            }
            guard let (owner, changes) = missing else { return }
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: "throttle-not-held", what: "setting the throttle", object: "\(owner)",
                    reason: "\(changes.first?.name ?? "a setting") was set and is not there",
                    remedy: "see the log of the active controller; gantry operation resume goes on")
            }
            try await wait(Self.interval)
        }
    }

    private static func holds(_ change: SettingChange, _ value: String?) -> Bool {
        switch change.action {
        case .set(let wanted): value == wanted
        case .delete: value == nil
        case .append(let wanted): entries(value).isSuperset(of: wanted)
        case .subtract(let gone): entries(value).isDisjoint(with: gone)
        }
    }

    // MARK: - Releasing

    /// Puts everything back as it was, sees that it is so, and forgets the record.
    mutating func release() async throws(StepFailure) {
        guard !record.isEmpty else { return }
        try await restore()
        record = MoveRecord()
        try await record.save(context)
    }

    /// Puts the throttle back as it was while moves go on: the ways that the plan does not know are kept.
    mutating func letGo() async throws(StepFailure) {
        guard !record.isEmpty else { return }
        try await restore()
        record = MoveRecord(replanned: record.replanned)
        try await record.save(context)
    }

    private mutating func restore() async throws(StepFailure) {
        var changes: [ConfigurationOwner: [SettingChange]] = [:]
        let rates = Set(record.rates.map(String.init))
        let brokers = try await settings(Name.rates, of: record.brokers.map { .broker($0.broker) })
        for before in record.brokers {
            let found = brokers[.broker(before.broker)]?.value
            for (name, prior) in [(Name.leaderRate, before.leader), (Name.followerRate, before.follower)] {
                // What can't be read, a dead broker's, is put back unseen: left behind, it would slow its recovery.
                if let found, found[name] == prior { continue }
                if let value = found?[name], !rates.contains(value) {
                    await context.note("\(name) of broker \(before.broker) is \(value), set by somebody else: left so")
                    continue
                }
                if found != nil, found?[name] == nil { continue }
                changes[.broker(before.broker), default: []].append(
                    SettingChange(name, prior.map { .set($0) } ?? .delete))
            }
        }
        let topics = try await settings(Name.replicas, of: record.topics.map { .topic($0.topic) })
        var emptied: [ConfigurationOwner: [SettingChange]] = [:]
        for before in record.topics {
            guard let found = topics[.topic(before.topic)]?.value else { continue }
            for (name, prior) in [(Name.leaderReplicas, before.leader), (Name.followerReplicas, before.follower)] {
                guard let value = found[name], value != "*", value != prior else { continue }
                let own = Self.entries(prior)
                let numbers = Set(before.partitions.map(String.init))
                let ours = Self.entries(value).filter { entry in
                    !own.contains(entry) && numbers.contains(String(entry.prefix { $0 != ":" }))
                }
                let rest = Self.entries(value).subtracting(ours)
                if rest.isEmpty, prior == nil {
                    emptied[.topic(before.topic), default: []].append(SettingChange(name, .delete))
                } else if !ours.isEmpty {
                    changes[.topic(before.topic), default: []].append(SettingChange(name, .subtract(ours.sorted())))
                }
            }
        }
        changes.merge(emptied) { $0 + $1 }
        try await change(changes)
        try await readBack(changes)
        held = nil
    }

    // MARK: - Kafka

    /// An owner's own values by name, where it told.
    private func settings(
        _ names: [String], of owners: [ConfigurationOwner]
    ) async throws(StepFailure) -> [ConfigurationOwner: Known<[String: String]>] {
        guard !owners.isEmpty else { return [:] }
        let found = await context.world.control.dynamicSettings(names, of: owners, layout)
        return found.mapValues { settings in
            settings.map { settings in
                Dictionary(
                    settings.compactMap { setting in
                        guard setting.source == .topic || setting.source == .broker else { return nil }
                        return setting.value.map { (setting.name, $0) }
                    }, uniquingKeysWith: { first, _ in first })
            }
        }
    }

    /// Changes, in portions; one that had no answer is sent again, since each can be had twice without harm.
    private func change(_ changes: [ConfigurationOwner: [SettingChange]]) async throws(StepFailure) {
        var rest = changes.sorted { "\($0.key)" < "\($1.key)" }[...]
        let start = context.world.clock.uptime()
        while !rest.isEmpty {
            let portion = Dictionary(uniqueKeysWithValues: rest.prefix(Self.batch).map { ($0.key, $0.value) })
            do throws(ClusterProblem) {
                let outcome = try await context.world.control.change(portion, layout)
                if let refusal = outcome.refused.first(where: { !Self.goneCodes.contains($0.code ?? 0) }) {
                    throw ClusterProblem(
                        code: "throttle-refused", mayHaveBeenApplied: true,
                        reason: "\(refusal.subject): \(refusal.reason)", remedy: "gantry clusterstatus")
                }
                rest = rest.dropFirst(Self.batch)
            } catch {
                guard error.code != "throttle-refused", context.world.clock.uptime() - start < Self.limit * 3 else {
                    throw context.failure(error, what: "setting the throttle", object: "the cluster")
                }
                try await wait(Self.interval * 5)
            }
        }
    }

    private func wait(_ time: Duration) async throws(StepFailure) {
        do {
            try await context.world.clock.sleep(for: time)
        } catch {
            throw .cutOff
        }
    }

    private static func entries(_ value: String?) -> Set<String> {
        Set((value ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) })
    }
}

extension StepFailure {
    /// A wait that was cut off from outside.
    static var cutOff: StepFailure {
        StepFailure(
            code: "cancelled", what: "waiting", object: "the step", reason: "it was cut off",
            remedy: "gantry operation resume")
    }
}
