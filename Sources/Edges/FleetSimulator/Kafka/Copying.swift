/// The copies under way: replicas that are not in the ISR and fetch from their leader.
struct Copying: Sendable {
    struct Copy: Sendable, Codable {
        var partition: Int32
        /// Places of the brokers; −1 while there is no leader to fetch from.
        var follower: Int32
        var source: Int32 = -1
        /// The first fetch.
        var begins: Instant
        /// Where the follower's log ended at `since`.
        var position: Int64
        /// Bytes a second since then.
        var rate: Int64 = 0
        /// Whether the topic's lists name it, as of this source and this number of the lists' changes.
        var isLeaderListed = false
        var isFollowerListed = false
        var listedSource: Int32 = -2
        var throttling: Int32 = -1
    }

    var copies: [Copy] = []
    private var places: [Int64: Int] = [:]
    /// When positions and rates were last reckoned.
    var since = Instant.start
    /// When they have to be again, if nothing happens before.
    var wake = Instant.never
    /// Whether something happened that they depend on.
    var isDirty = false
    /// Volumes that copies began to fill.
    var unwatched: [Int32] = []

    private static func key(_ partition: Int32, _ follower: Int32) -> Int64 {
        Int64(partition) << 32 | Int64(follower)
    }

    func contains(_ partition: Int32, _ follower: Int32) -> Bool { places[Self.key(partition, follower)] != nil }

    /// Where the follower's log ends now; nil where nothing is being copied.
    func position(of partition: Int32, at follower: Int32, _ now: Instant) -> Int64? {
        guard let place = places[Self.key(partition, follower)] else { return nil }
        return copies[place].position + Traffic.bytes(copies[place].rate, in: now.since(since))
    }

    mutating func begin(_ copy: Copy) {
        places[Self.key(copy.partition, copy.follower)] = copies.count
        copies.append(copy)
        isDirty = true
    }

    mutating func end(_ partition: Int32, _ follower: Int32) {
        guard let place = places.removeValue(forKey: Self.key(partition, follower)), let last = copies.popLast() else {
            return
        }
        isDirty = true
        guard place < copies.count else { return }
        copies[place] = last
        places[Self.key(last.partition, last.follower)] = place
    }
}

extension Copying: Codable {
    private enum CodingKeys: String, CodingKey { case copies, since, wake, isDirty, unwatched }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        copies = try container.decode([Copy].self, forKey: .copies)
        since = try container.decode(Instant.self, forKey: .since)
        wake = try container.decode(Instant.self, forKey: .wake)
        isDirty = try container.decode(Bool.self, forKey: .isDirty)
        unwatched = try container.decode([Int32].self, forKey: .unwatched)
        for (place, copy) in copies.enumerated() { places[Self.key(copy.partition, copy.follower)] = place }
    }
}

extension SimulatedKafka {
    /// Copies that would end within this time of another, and this share of their own, end with it: rates are reckoned
    /// once for all of them.
    private static let mostSameTime: Int64 = 200_000
    private static let sameShare: Int64 = 200
    /// Copies never have less of a line than this share of it, however much is produced.
    private static let leastShareOfLine: Int64 = 100

    /// Lets copies begin and end as the partition now wants them.
    mutating func followUp(_ index: Int) {
        let partition = partitions[index]
        let number = Int32(truncatingIfNeeded: index)
        for id in partition.replicas {
            guard let slot = slots[id], let place = hosted(index, at: slot) else { continue }
            let follower = Int32(truncatingIfNeeded: slot)
            let fetches =
                brokers[slot].answers && brokers[slot].isActive && !brokers[slot].isZombie && id != partition.leader
                && !partition.isr.contains(id) && isOnline(index, at: slot)
            if !fetches {
                endCopy(index, to: id)
            } else if !copying.contains(number, follower) {
                let position = max(brokers[slot].replicas[place].position, partition.beginning(at: now))
                copying.begin(
                    Copying.Copy(
                        partition: number, follower: follower, begins: now + model.fetchBegins, position: position))
                let directory = Int(brokers[slot].replicas[place].directory)
                let volume = brokers[slot].directories[directory].volume
                if copying.unwatched.last != volume { copying.unwatched.append(volume) }
            }
        }
        if !copying.copies.isEmpty { copying.isDirty = true }
    }

    /// Ends a copy where there is one; what has been copied stays.
    mutating func endCopy(_ index: Int, to id: Int32) {
        guard let slot = slots[id] else { return }
        let (number, follower) = (Int32(truncatingIfNeeded: index), Int32(truncatingIfNeeded: slot))
        guard let position = copying.position(of: number, at: follower, now) else { return }
        copying.end(number, follower)
        if let place = hosted(index, at: slot) {
            brokers[slot].replicas[place].position = min(position, partitions[index].end(at: now))
        }
    }

    /// Brings positions up to now, lets followers that have caught up into the ISR, and reckons the rates anew.
    mutating func refreshCopying() {
        settleCopies()
        // Each may complete a move, and that may end and begin other copies.
        for copy in copying.copies where hasCaughtUp(copy) {
            let index = Int(copy.partition)
            let id = brokers[Int(copy.follower)].id
            guard copying.contains(copy.partition, copy.follower) else { continue }
            copying.end(copy.partition, copy.follower)
            // It has all of it: the move that this ends may make it the leader.
            if let place = hosted(index, at: Int(copy.follower)) {
                brokers[Int(copy.follower)].replicas[place].position = partitions[index].end(at: now)
            }
            change(index) { if !$0.isr.contains(id) { $0.isr.append(id) } }
        }
        for volume in Set(copying.unwatched).sorted() { watchVolume(Int(volume)) }
        copying.unwatched = []
        setRates()
        copying.isDirty = false
    }

    private mutating func settleCopies() {
        let elapsed = now.since(copying.since)
        copying.since = now
        for slot in brokers.indices {
            brokers[slot].leaderMeter.settle(elapsed, model)
            brokers[slot].followerMeter.settle(elapsed, model)
        }
        for place in copying.copies.indices {
            let copy = copying.copies[place]
            let index = Int(copy.partition)
            let position = copy.position + Traffic.bytes(copy.rate, in: elapsed)
            let end = partitions[index].end(at: now)
            copying.copies[place].position = min(end, max(position, max(0, end - partitions[index].retained)))
        }
    }

    private func hasCaughtUp(_ copy: Copying.Copy) -> Bool {
        guard copy.begins <= now else { return false }
        let left = partitions[Int(copy.partition)].end(at: now) - copy.position
        let sameTime = min(Self.mostSameTime, now.since(copy.begins) / Self.sameShare)
        return (left <= 0 || left <= Traffic.bytes(closing(copy), in: sameTime)) && source(of: copy) >= 0
    }

    /// How fast a follower comes nearer to its leader, which takes in records meanwhile.
    private func closing(_ copy: Copying.Copy) -> Int64 {
        let index = Int(copy.partition)
        return copy.rate - (partitions[index].isWritten ? partitions[index].ingress : 0)
    }

    /// The place of the leader that a copy fetches from; −1 when there is none that answers.
    private func source(of copy: Copying.Copy) -> Int32 {
        let leader = partitions[Int(copy.partition)].leaderSlot
        guard leader >= 0, brokers[Int(leader)].answers, isOnline(Int(copy.partition), at: Int(leader)) else {
            return -1
        }
        return leader
    }

    private mutating func setRates() {
        copying.wake = .never
        guard !copying.copies.isEmpty else { return }
        var share = FairShare(users: copying.copies.count, resources: 2 * (machines.count + brokers.count))
        for machine in machines {
            let least = machine.line / Self.leastShareOfLine
            _ = share.addResource(max(least, machine.line - machine.trafficOut))
            _ = share.addResource(max(least, machine.line - machine.trafficIn))
        }
        var leaderMeters = [Int32](repeating: FairShare.none, count: brokers.count)
        var followerMeters = leaderMeters
        for slot in brokers.indices {
            if let rate = brokers[slot].leaderMeter.capacity(at: now) { leaderMeters[slot] = share.addResource(rate) }
            if let rate = brokers[slot].followerMeter.capacity(at: now) {
                followerMeters[slot] = share.addResource(rate)
            }
            brokers[slot].leaderMeter.used = brokers[slot].leaderMeter.steady
            brokers[slot].followerMeter.used = brokers[slot].followerMeter.steady
        }
        var fetchers = Fetchers()
        var users: [Int] = []
        users.reserveCapacity(copying.copies.count)
        for place in copying.copies.indices {
            copying.copies[place].rate = 0
            let copy = copying.copies[place]
            if copy.begins > now {
                copying.wake = min(copying.wake, copy.begins)
                continue
            }
            let source = source(of: copy)
            copying.copies[place].source = source
            guard source >= 0 else { continue }
            list(place)
            let (from, to) = (Int(source), Int(copy.follower))
            let isRemote = brokers[from].machine != brokers[to].machine
            users.append(place)
            share.addUser(
                isRemote ? brokers[from].machine * 2 : FairShare.none,
                isRemote ? brokers[to].machine * 2 + 1 : FairShare.none,
                copying.copies[place].isLeaderListed ? leaderMeters[from] : FairShare.none,
                copying.copies[place].isFollowerListed ? followerMeters[to] : FairShare.none,
                fetchers.use(source, copy.follower, &share))
        }
        for fetcher in fetchers.all {
            let line = min(line(of: fetcher.source), line(of: fetcher.follower))
            share.raise(fetcher.resource, to: fetcherRate(partitions: fetcher.partitions, line: line))
        }
        for (place, rate) in zip(users, share.rates()) { use(place, rate) }
        for slot in brokers.indices {
            copying.wake = min(copying.wake, brokers[slot].leaderMeter.nextChange(after: now))
            copying.wake = min(copying.wake, brokers[slot].followerMeter.nextChange(after: now))
        }
    }

    private func line(of slot: Int32) -> Int64 { machines[Int(brokers[Int(slot)].machine)].line }

    /// What one fetcher thread gets through: it asks for at most so much at a time, and waits for the answer.
    private func fetcherRate(partitions: Int64, line: Int64) -> Int64 {
        let bytes = min(model.fetchResponse, partitions * model.fetchPartition)
        let time = model.roundTrip.wholeMicroseconds + (Traffic.time(bytes, at: line) ?? 0)
        return min(Traffic.greatestRate, bytes * 1_000_000 / max(1, time))
    }

    /// Finds out which throttles a copy is subject to.
    private mutating func list(_ place: Int) {
        let copy = copying.copies[place]
        let (topic, number) = (Int(partitions[Int(copy.partition)].topic), partitions[Int(copy.partition)].number)
        guard copy.listedSource != copy.source || copy.throttling != topics[topic].throttling else { return }
        copying.copies[place].listedSource = copy.source
        copying.copies[place].throttling = topics[topic].throttling
        copying.copies[place].isLeaderListed =
            topics[topic].leaderThrottled.contains(number, brokers[Int(copy.source)].id)
        copying.copies[place].isFollowerListed =
            topics[topic].followerThrottled.contains(number, brokers[Int(copy.follower)].id)
    }

    /// Gives a copy its rate, and finds out when it ends.
    private mutating func use(_ place: Int, _ rate: Int64) {
        copying.copies[place].rate = rate
        let copy = copying.copies[place]
        if copy.isLeaderListed { brokers[Int(copy.source)].leaderMeter.used += rate }
        if copy.isFollowerListed { brokers[Int(copy.follower)].followerMeter.used += rate }
        let left = max(1, partitions[Int(copy.partition)].end(at: now) - copy.position)
        if let time = Traffic.time(left, at: closing(copy)) {
            copying.wake = min(copying.wake, now.later(microseconds: max(1, time)))
        }
    }
}

/// The fetcher threads: one for each pair of a source and a follower (`num.replica.fetchers`).
private struct Fetchers {
    struct Fetcher {
        var source: Int32
        var follower: Int32
        var resource: Int32
        var partitions: Int64
    }

    private(set) var all: [Fetcher] = []
    private var places: [Int64: Int] = [:]

    /// The resource that stands for the pair's thread.
    mutating func use(_ source: Int32, _ follower: Int32, _ share: inout FairShare) -> Int32 {
        let key = Int64(source) << 32 | Int64(follower)
        if let place = places[key] {
            all[place].partitions += 1
            return all[place].resource
        }
        places[key] = all.count
        let resource = share.addResource(0)
        all.append(Fetcher(source: source, follower: follower, resource: resource, partitions: 1))
        return resource
    }
}
