public import FleetModel

/// What a new topic holds and takes in.
public struct SimulatedTraffic: Hashable, Sendable, Codable {
    /// The bytes of each partition's log as it is made.
    public var size: ByteCount
    /// What producers write to each partition.
    public var ingress: BytesPerSecond
    /// Whether logs only grow; otherwise retention deletes as much as comes in.
    public var keepsAll: Bool

    /// Logs of `size` that take in `ingress`.
    public init(size: ByteCount = .zero, ingress: BytesPerSecond = BytesPerSecond(0), keepsAll: Bool = false) {
        (self.size, self.ingress, self.keepsAll) = (size, ingress, keepsAll)
    }
}

/// Many topics at once, a load to try things on.
public struct SimulatedLoad: Hashable, Sendable, Codable {
    /// Topics are called this with a number behind it, `load-1`.
    public var prefix = "load"
    /// How many.
    public var topics: Int
    /// Partitions of each.
    public var partitions: Int
    /// Replicas of each partition.
    public var replicationFactor = 3
    /// The mean of what partitions hold and take in.
    public var traffic: SimulatedTraffic
    /// How far a partition's size and ingress may lie from the mean.
    public var unevenness = PerMille(0)
    /// Settings of the topics.
    public var settings: [String: String] = [:]

    /// A load of so many topics.
    public init(topics: Int, partitions: Int, traffic: SimulatedTraffic = SimulatedTraffic()) {
        (self.topics, self.partitions, self.traffic) = (topics, partitions, traffic)
    }
}

extension SimulatedKafka {
    /// Makes a topic whose replicas Kafka places: on brokers that serve and are not cordoned, over racks.
    public mutating func createTopic(
        _ name: String, partitions: Int, replicationFactor: Int, traffic: SimulatedTraffic = SimulatedTraffic(),
        settings: [String: String] = [:], isInternal: Bool = false
    ) -> KafkaAnswer<String> {
        guard topicIndex[name] == nil else { return KafkaAnswer(name, .topicAlreadyExists) }
        guard partitions > 0 else { return KafkaAnswer(name, .invalidPartitions) }
        guard partitions <= model.partitionsPerRequest else { return KafkaAnswer(name, .policyViolation) }
        guard
            let assignment = placement(
                partitions: partitions, replicationFactor: replicationFactor,
                start: chance(-2, Int32(truncatingIfNeeded: topics.count), below: 1 << 20))
        else {
            let open = brokers.filter { $0.isActive && !$0.isCordoned }.count
            let message =
                "Unable to replicate the partition \(replicationFactor) time(s): The target replication factor of "
                + "\(replicationFactor) cannot be reached because only \(open) broker(s) are registered."
            return KafkaAnswer(name, .invalidReplicationFactor, message)
        }
        makeTopic(name, NewPartition.all(assignment, traffic), isInternal: isInternal, settings)
        return KafkaAnswer(name)
    }

    /// Makes a topic with its replicas where the caller wants them: cordoned brokers are taken, unregistered ones not.
    public mutating func createTopic(
        _ name: String, assignment: [[NodeID]], traffic: SimulatedTraffic = SimulatedTraffic(),
        settings: [String: String] = [:], isInternal: Bool = false
    ) -> KafkaAnswer<String> {
        guard topicIndex[name] == nil else { return KafkaAnswer(name, .topicAlreadyExists) }
        guard !assignment.isEmpty else { return KafkaAnswer(name, .invalidPartitions) }
        let lists = assignment.map { $0.map(\.rawValue) }
        for list in lists {
            if let defect = defect(ofAssignment: list) { return KafkaAnswer(name, .invalidReplicaAssignment, defect) }
        }
        makeTopic(name, NewPartition.all(lists, traffic), isInternal: isInternal, settings)
        return KafkaAnswer(name)
    }

    /// CreatePartitions: a topic grows, with the new partitions' replicas where the caller wants them.
    public mutating func addPartitions(
        to name: String, assignment: [[NodeID]], traffic: SimulatedTraffic = SimulatedTraffic()
    ) -> KafkaAnswer<String> {
        guard let place = topicIndex[name] else { return KafkaAnswer(name, .unknownTopicOrPartition) }
        let lists = assignment.map { $0.map(\.rawValue) }
        for list in lists {
            if let defect = defect(ofAssignment: list) { return KafkaAnswer(name, .invalidReplicaAssignment, defect) }
        }
        let first = topics[place].partitions.count
        for (offset, list) in lists.enumerated() {
            makePartition(
                NewPartition(
                    number: Int32(truncatingIfNeeded: first + offset), replicas: list, traffic: traffic), of: place)
        }
        return KafkaAnswer(name)
    }

    /// Makes the topics of a load; those that are there already stay as they are.
    public mutating func createTopics(_ load: SimulatedLoad) -> [KafkaAnswer<String>] {
        (0..<max(0, load.topics)).map { number in
            let name = "\(load.prefix)-\(number + 1)"
            let made = createTopic(
                name, partitions: load.partitions, replicationFactor: load.replicationFactor, settings: load.settings)
            guard made.code == .none, let topic = topicIndex[name] else { return made }
            for index in topics[topic].partitions.map({ Int($0) }) {
                let draw = Int64(chance(-3, Int32(truncatingIfNeeded: index), below: 2_000_001)) - 1_000_000
                let share = 1_000_000_000 + draw * load.unevenness.thousandths
                fill(index, with: load.traffic, share: max(0, share))
            }
            return made
        }
    }

    /// Gives a partition a share of a traffic, in thousand millionths.
    private mutating func fill(_ index: Int, with traffic: SimulatedTraffic, share: Int64) {
        func part(_ whole: Int64) -> Int64 {
            let (high, low) = whole.multipliedFullWidth(by: share)
            return 1_000_000_000 > high ? Int64(1_000_000_000).dividingFullWidth((high, low)).quotient : whole
        }
        review(index) { kafka in
            kafka.set(
                SimulatedTraffic(
                    size: ByteCount(part(min(traffic.size.bytes, Traffic.greatestSize))),
                    ingress: BytesPerSecond(part(min(traffic.ingress.bytesPerSecond, Traffic.greatestRate))),
                    keepsAll: traffic.keepsAll), of: index)
        }
        watch(index)
    }

    /// The bytes and the ingress of a partition change as if it had always been so.
    private mutating func set(_ traffic: SimulatedTraffic, of index: Int) {
        let size = min(traffic.size.bytes, Traffic.greatestSize)
        partitions[index].end = size
        partitions[index].ingress = min(traffic.ingress.bytesPerSecond, Traffic.greatestRate)
        partitions[index].retained = traffic.keepsAll ? Traffic.greatestSize : size
    }

    /// A partition that is to be made.
    struct NewPartition {
        var number: Int32
        var replicas: [Int32]
        /// Those that have all there is, where that is known; otherwise all that serve.
        var inSync: [Int32]?
        /// The leader, where it is not the first of them.
        var leader: Int32?
        var traffic: SimulatedTraffic

        static func all(_ lists: [[Int32]], _ traffic: SimulatedTraffic) -> [NewPartition] {
            lists.enumerated().map {
                NewPartition(
                    number: Int32(truncatingIfNeeded: $0.offset), replicas: $0.element, inSync: nil, leader: nil,
                    traffic: traffic)
            }
        }
    }

    mutating func makeTopic(
        _ name: String, _ new: [NewPartition], isInternal: Bool, _ settings: [String: String]
    ) {
        let place = topics.count
        topicIndex[name] = place
        topics.append(Topic(name: name, isInternal: isInternal))
        configuration.values[ConfigurationStore.key(.topic(name))] = settings.isEmpty ? nil : settings
        topics[place].minInSync = configuration.minInSyncReplicas(of: name)
        topics[place].leaderThrottled =
            settings[SettingName.leaderReplicas].flatMap(ThrottledReplicas.init) ?? .none
        topics[place].followerThrottled =
            settings[SettingName.followerReplicas].flatMap(ThrottledReplicas.init) ?? .none
        for new in new where !new.replicas.isEmpty { makePartition(new, of: place) }
    }

    private mutating func makePartition(_ new: NewPartition, of place: Int) {
        let index = partitions.count
        topics[place].partitions.append(Int32(truncatingIfNeeded: index))
        partitions.append(
            Partition(
                topic: Int32(truncatingIfNeeded: place), number: new.number, replicas: [], isr: [], leader: -1,
                ingress: 0, retained: 0, end: 0, since: now))
        set(new.traffic, of: index)
        for id in new.replicas { placeReplica(index, at: id) }
        // Those that serve make up the first ISR; the first of them leads.
        let active = new.replicas.filter {
            isActive($0, for: index) && new.inSync?.contains($0) ?? true
        }
        // They have all there is; others begin with nothing.
        for id in active { startAtEnd(index, id) }
        let leader = new.leader.flatMap { active.contains($0) ? $0 : nil } ?? active.first
        partitions[index].replicas = new.replicas
        partitions[index].isr = active.isEmpty ? [new.replicas[0]] : active
        partitions[index].leader = leader ?? -1
        partitions[index].leaderSlot = leader.flatMap { slots[$0] }.map { Int32(truncatingIfNeeded: $0) } ?? -1
        if leader == nil { leaderless.insertAscending(Int32(truncatingIfNeeded: index)) }
        partitions[index].isWritten = canBeWritten(index)
        account(index, 1)
        followUp(index)
        watch(index)
    }

    private mutating func startAtEnd(_ index: Int, _ id: Int32) {
        guard let slot = slots[id], let place = hosted(index, at: slot) else { return }
        brokers[slot].replicas[place].position = HostedReplica.withLeader
    }

    /// Looks at the volumes that a partition grows on.
    private mutating func watch(_ index: Int) {
        guard partitions[index].ingress > 0, partitions[index].retained >= Traffic.greatestSize else { return }
        for id in partitions[index].replicas {
            guard let slot = slots[id], let place = hosted(index, at: slot) else { continue }
            let directory = Int(brokers[slot].replicas[place].directory)
            guard brokers[slot].directories.indices.contains(directory) else { continue }
            let volume = brokers[slot].directories[directory].volume
            if !copying.unwatched.contains(volume) { copying.unwatched.append(volume) }
            copying.isDirty = true
        }
    }

    /// DeleteTopics, one by one.
    public mutating func deleteTopics(_ names: [String]) -> [KafkaAnswer<String>] {
        names.map { name in
            guard let place = topicIndex.removeValue(forKey: name) else {
                return KafkaAnswer(name, .unknownTopicOrPartition)
            }
            for number in topics[place].partitions {
                let index = Int(number)
                account(index, -1)
                for id in partitions[index].replicas { dropReplica(index, of: id) }
                moving.removeAscending(number)
                leaderless.removeAscending(number)
                partitions[index] = Partition(
                    topic: -1, number: -1, replicas: [], isr: [], leader: -1, ingress: 0, retained: 0, end: 0,
                    since: now)
            }
            topics[place].partitions = []
            topics[place].name = ""
            configuration.values[ConfigurationStore.key(.topic(name))] = nil
            return KafkaAnswer(name)
        }
    }

    /// Replicas striped over racks, leaders one after the other; nil where there are too few brokers.
    private func placement(partitions count: Int, replicationFactor: Int, start: UInt64) -> [[Int32]]? {
        let open = brokers.filter { $0.isActive && !$0.isCordoned }.sorted { $0.id < $1.id }
        guard replicationFactor > 0, open.count >= replicationFactor else { return nil }
        var byRack: [String: [Int32]] = [:]
        for broker in open { byRack[broker.rack ?? "", default: []].append(broker.id) }
        let racks = byRack.sorted { $0.key < $1.key }.map(\.value)
        let offset = Int(start)
        return (0..<count).map { partition in
            var replicas: [Int32] = []
            let round = (partition + offset) / racks.count
            var step = 0
            while replicas.count < replicationFactor {
                let rack = racks[(partition + offset + step) % racks.count]
                // Followers shift against leaders from round to round, so that all brokers come to share.
                let shift = step * (1 + round / rack.count)
                if let choice = (0..<rack.count).lazy.map({ rack[(round + shift + $0) % rack.count] })
                    .first(where: { !replicas.contains($0) })
                {
                    replicas.append(choice)
                }
                step += 1
            }
            return replicas
        }
    }
}
