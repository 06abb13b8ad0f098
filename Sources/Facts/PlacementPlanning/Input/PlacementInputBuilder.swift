import FleetModel

extension PlacementInput {
    /// Collects rows in any order and makes one checked input of them.
    public struct Builder {
        private var brokers: [PlanningBroker] = []
        private var topicNumbers: [String: Int32] = [:]
        private var topics: [String] = []
        private var lastTopic: (name: String, number: Int32)?
        private var topicOf: [Int32] = []
        private var numbers: [Int32] = []
        private var sizes: [Int64] = []
        private var ingress: [Int64] = []
        private var leaders: [Int32] = []
        private var offsets: [Int32] = [0]
        private var replicas: [Int32] = []
        private var notes: [String] = []
        private var minInSync: [String: Int32] = [:]

        /// A size that nobody told, and one below nothing.
        private static let (unknown, negative): (Int64, Int64) = (-1, -2)

        /// Nothing yet.
        public init() {}

        /// Makes room for that many.
        public mutating func reserve(partitions: Int, replicas: Int) {
            topicOf.reserveCapacity(partitions)
            numbers.reserveCapacity(partitions)
            sizes.reserveCapacity(partitions)
            ingress.reserveCapacity(partitions)
            leaders.reserveCapacity(partitions)
            offsets.reserveCapacity(partitions + 1)
            self.replicas.reserveCapacity(replicas)
        }

        /// One more broker.
        public mutating func add(_ broker: PlanningBroker) { brokers.append(broker) }

        /// Something odd that the reader met and how it was taken.
        public mutating func note(_ text: String) { notes.append(text) }

        /// Says the `min.insync.replicas` of a topic; nil: it was not read.
        public mutating func setMinInSync(_ value: Int32?, of topic: String) { minInSync[topic] = value }

        /// One more partition. The canaries' topics are left out: they belong to no plan.
        ///
        /// - Parameters:
        ///   - topic: its name.
        ///   - partition: its number.
        ///   - replicas: ids, the preferred leader first.
        ///   - leader: the id of the present leader; nil or negative: none is known.
        ///   - size: bytes of one replica; nil or negative: not known.
        ///   - ingress: bytes a second written to it.
        public mutating func add(
            topic: String, partition: Int32, replicas: some Sequence<Int32>, leader: Int32? = nil, size: Int64?,
            ingress: Int64 = 0
        ) {
            guard !topic.hasPrefix(CanaryTopic.prefix) else { return }
            let number: Int32
            if let lastTopic, lastTopic.name == topic {
                number = lastTopic.number
            } else if let known = topicNumbers[topic] {
                number = known
            } else {
                number = Int32(truncatingIfNeeded: topics.count)
                topicNumbers[topic] = number
                topics.append(topic)
            }
            lastTopic = (topic, number)
            topicOf.append(number)
            numbers.append(partition)
            sizes.append(size.map { $0 < 0 ? Self.negative : $0 } ?? Self.unknown)
            self.ingress.append(max(0, ingress))
            leaders.append(leader ?? -1)
            self.replicas.append(contentsOf: replicas)
            offsets.append(Int32(truncatingIfNeeded: self.replicas.count))
        }

        /// The checked input.
        ///
        /// A size that is missing or negative becomes the median of its topic's known ones, else of all known ones,
        /// and a note says so. A leader that is no replica is taken as none, and a note says so.
        /// - Throws: `PlanningRefusal` that lists every mistake: ids twice or negative, partitions twice, replicas on
        ///   brokers that are not listed or twice in one list, numbers out of range.
        public consuming func build() throws(PlanningRefusal) -> PlacementInput {
            var problems = InputProblems()
            let brokers = sortedBrokers(&problems)
            let (topicNames, topicRank) = sortedTopics()
            let order = rowOrder(topicRank, &problems)
            var input = PlacementInput(
                brokers: brokers, topics: topicNames, readerNotes: [], topicOf: [], numberOf: [], sizes: [],
                ingress: [],
                leaders: [], offsets: [0], slots: [], rackOf: [], hostOf: [], rackCount: 0, hostCount: 0)
            input.setFailureDomains(&notes)
            fill(&input, order, topicRank, &problems)
            try problems.refuse()
            input.readerNotes = notes
            input.minInSync = minInSync
            noteOddities(&input, order)
            for row in input.sizes.indices where input.sizes[row] < 0 {
                input.unsized.append(Int32(truncatingIfNeeded: row))
            }
            input.settleSizes()
            try input.checkTotal()
            return input
        }

        /// What is taken otherwise than it is written, with the first few partitions.
        private func noteOddities(_ input: inout PlacementInput, _ order: [Int32]) {
            input.noteOddity(
                "a leader that is none of its replicas, and is taken as without a leader",
                order.indices.filter { leaders[Int(order[$0])] >= 0 && input.leaders[$0] < 0 })
            input.noteOddity(
                "a negative size, which is taken as unknown",
                order.indices.filter { sizes[Int(order[$0])] == Self.negative })
        }

        private func sortedBrokers(_ problems: inout InputProblems) -> [PlanningBroker] {
            let sorted = brokers.sorted { $0.id < $1.id }
            for (a, b) in zip(sorted, sorted.dropFirst()) where a.id == b.id {
                problems.add("duplicate-broker", "broker \(a.id) is listed twice")
            }
            for broker in sorted where !(0...PlanningBroker.maximumWeight).contains(broker.weight) {
                problems.add("weight", "broker \(broker.id) has a weight outside 0 to 1,000,000")
            }
            for broker in sorted where (broker.capacity?.bytes ?? 0) > PlacementInput.maximumTotal {
                problems.add("capacity", "broker \(broker.id) has a capacity above 1 EiB")
            }
            return sorted
        }

        /// Names ascending, and for each number of collection its rank.
        private func sortedTopics() -> ([String], [Int32]) {
            let order = topics.indices.sorted { topics[$0].utf8.lexicographicallyPrecedes(topics[$1].utf8) }
            var rank = [Int32](repeating: 0, count: topics.count)
            for (position, index) in order.enumerated() { rank[index] = Int32(truncatingIfNeeded: position) }
            return (order.map { topics[$0] }, rank)
        }

        private func rowOrder(_ rank: [Int32], _ problems: inout InputProblems) -> [Int32] {
            // One 64-bit key a row: sorting pairs of arrays is several times slower at a million rows.
            var keys: [(key: Int64, row: Int32)] = []
            keys.reserveCapacity(numbers.count)
            var sorted = true
            for row in numbers.indices {
                if numbers[row] < 0 {
                    problems.add("partition", "\(topics[Int(topicOf[row])]) has a partition with a negative number")
                }
                let key = Int64(rank[Int(topicOf[row])]) << 32 | Int64(max(0, numbers[row]))
                if let last = keys.last, last.key >= key { sorted = false }
                keys.append((key, Int32(truncatingIfNeeded: row)))
            }
            if !sorted { keys.sort { $0 < $1 } }
            for (a, b) in zip(keys, keys.dropFirst()) where a.key == b.key {
                let row = Int(a.row)
                problems.add("duplicate-partition", "\(topics[Int(topicOf[row])])-\(numbers[row]) is listed twice")
            }
            return keys.map(\.row)
        }

        private func fill(
            _ input: inout PlacementInput, _ order: [Int32], _ rank: [Int32], _ problems: inout InputProblems
        ) {
            input.topicOf.reserveCapacity(order.count)
            input.numberOf.reserveCapacity(order.count)
            input.sizes.reserveCapacity(order.count)
            input.ingress.reserveCapacity(order.count)
            input.leaders.reserveCapacity(order.count)
            input.offsets.reserveCapacity(order.count + 1)
            input.slots.reserveCapacity(replicas.count)
            for row in order.lazy.map(Int.init) {
                let name = "\(topics[Int(topicOf[row])])-\(numbers[row])"
                let ids = replicas[Int(offsets[row])..<Int(offsets[row + 1])]
                if ids.count > PlacementInput.maximumReplicas {
                    problems.add("replicas", "\(name) has more than \(PlacementInput.maximumReplicas) replicas")
                    continue
                }
                if sizes[row] > PlacementInput.maximumSize { problems.add("sizes", "\(name) is larger than 1 PiB") }
                let start = input.slots.count
                var leader: Int32 = -1
                for id in ids {
                    guard let index = NodeID(rawValue: id).flatMap(input.brokerIndex) else {
                        problems.add(
                            "unknown-broker", "\(name) has a replica on broker \(id), which is not listed",
                            remedy: "list broker \(id) with its state (dead, when it is gone)")
                        continue
                    }
                    if input.slots[start...].contains(Int32(index)) {
                        problems.add("duplicate-replica", "\(name) has two replicas on broker \(id)")
                    }
                    input.slots.append(Int32(truncatingIfNeeded: index))
                    if id == leaders[row] { leader = Int32(truncatingIfNeeded: index) }
                }
                if ids.isEmpty { problems.add("replicas", "\(name) has no replica") }
                input.topicOf.append(rank[Int(topicOf[row])])
                input.numberOf.append(numbers[row])
                input.sizes.append(sizes[row])
                input.ingress.append(min(ingress[row], PlacementInput.maximumSize))
                input.leaders.append(leader)
                input.offsets.append(Int32(truncatingIfNeeded: input.slots.count))
            }
        }
    }
}

extension PlacementInput {
    /// - Throws: a refusal when loads could leave the range in which they are added up.
    func checkTotal() throws(PlanningRefusal) {
        var total: Int128 = 0
        for row in sizes.indices { total += Int128(sizes[row]) * Int128(range(row).count) }
        guard total <= Int128(Self.maximumTotal) else {
            throw PlanningRefusal(
                code: "sizes", "the sizes add up to more than 1 EiB", remedy: "correct the sizes of the snapshot")
        }
    }

    /// Numbers the racks and hosts. Brokers without a rack, where others have one, share a rack of their own: Kafka
    /// would refuse to place anything by racks there; Gantry says it and goes on.
    fileprivate mutating func setFailureDomains(_ notes: inout [String]) {
        var racks: [String: Int32] = [:]
        var hosts: [String: Int32] = [:]
        var rackless: Int32?
        var nextRack: Int32 = 0
        var nextHost: Int32 = 0
        var withoutRack = 0
        for broker in brokers {
            if let rack = broker.rack {
                if let known = racks[rack] {
                    rackOf.append(known)
                } else {
                    racks[rack] = nextRack
                    rackOf.append(nextRack)
                    nextRack += 1
                }
            } else {
                withoutRack += 1
                let shared = rackless ?? nextRack
                if rackless == nil {
                    rackless = shared
                    nextRack += 1
                }
                rackOf.append(shared)
            }
            if let host = broker.host, let known = hosts[host] {
                hostOf.append(known)
            } else {
                if let host = broker.host { hosts[host] = nextHost }
                hostOf.append(nextHost)
                nextHost += 1
            }
        }
        (rackCount, hostCount) = (Int(nextRack), Int(nextHost))
        if withoutRack > 0, withoutRack < brokers.count {
            notes.append(
                withoutRack == 1
                    ? "1 broker has no rack while others have: it is taken as a rack of its own"
                    : "\(withoutRack) brokers have no rack while others have: they are taken as one rack")
        }
    }
}

/// Mistakes in what was read, a bounded number of each kind.
struct InputProblems {
    /// Enough to see the pattern; the count tells the rest.
    static let examples = 5
    private var reasons: [PlanningRefusal.Reason] = []

    mutating func add(_ code: String, _ message: String, remedy: String = "correct the snapshot") {
        guard let index = reasons.firstIndex(where: { $0.code == code }) else {
            reasons.append(.init(code: code, message: message, objects: [message], count: 1, remedy: remedy))
            return
        }
        reasons[index].count += 1
        if reasons[index].objects.count < Self.examples { reasons[index].objects.append(message) }
    }

    func refuse() throws(PlanningRefusal) {
        if !reasons.isEmpty { throw PlanningRefusal(reasons) }
    }
}
