import FleetModel

extension SimulatedKafka {
    /// What brokers of one host share: its line, by which they reach all other hosts.
    struct Machine: Sendable, Codable {
        var name: HostName
        /// Bytes a second in each direction.
        var line: Int64
        /// Steady traffic of produced and replicated records over the line.
        var trafficIn: Int64 = 0
        var trafficOut: Int64 = 0
    }

    /// A file system that holds log directories of one or more brokers.
    struct StorageVolume: Sendable, Codable {
        var machine: Int32
        var path: String
        var total: Int64
        /// Bytes that are not Kafka's.
        var foreign: Int64 = 0
        /// The directories in it: places of the broker and of the directory.
        var directories: [[Int32]] = []
        /// The number of the last check that was asked for; earlier ones are void.
        var check: Int32 = 0
    }

    /// What does not end a broker's process.
    public enum Stubbornness: Sendable {
        /// It ends as it should.
        case none
        /// SIGTERM: it never leaves its controlled shutdown.
        case term
        /// SIGKILL neither: it waits for a disk that does not answer.
        case kill
    }

    enum ProcessState: String, Sendable, Codable { case off, starting, running, stopping }

    struct Broker: Sendable, Codable {
        var id: Int32
        var endpoint: Endpoint
        var rack: String?
        var machine: Int32
        var process = ProcessState.off
        /// Counts the starts: what was to happen to an earlier process does not happen to this one.
        var incarnation: Int32 = 0
        var startedAt = Instant.start
        /// Whether nothing reaches it and it reaches nothing: a host without network, a frozen process.
        var isCutOff = false
        var isRegistered = false
        var isFenced = true
        var isShuttingDown = false
        /// Whether it was unregistered while it ran: it lives on and never comes back.
        var isZombie = false
        /// Counts changes of the session's end.
        var session: Int32 = 0
        /// When the session ends if no heartbeat comes; `never` while they do.
        var sessionEnds = Instant.never
        /// The end of the last session, which a new process waits for.
        var blockedUntil = Instant.start
        /// Whether the last process ended without a clean shutdown.
        var wasUnclean = false
        /// What does not end its process. Kept in memory only.
        var stubbornness = Stubbornness.none
        /// Whether the controllers have heard of a cordon of all its directories.
        var isCordoned = false
        /// Where its process asks for the active controller; nil where its properties did not say.
        var acquaintances: [String]?
        /// Since when it has found no active controller at any of them, though there is one; nil while it does.
        var adriftSince: Instant?
        var directories: [Directory] = []
        /// Whether it has directories and all of them work: what is asked most, and true nearly always.
        var isWhole = false
        /// By partition, ascending.
        var replicas: [HostedReplica] = []
        var leaders = 0
        /// Partitions whose preferred leader it is, and those of them that another leads.
        var preferred = 0
        var astray = 0
        var leaderMeter = ThrottleMeter()
        var followerMeter = ThrottleMeter()

        /// When a broker that is silent was heard of last, by its session: from the beginning on where it had none.
        func lastHeard(_ model: KafkaModel) -> Instant {
            sessionEnds == .never ? .start : max(.start, sessionEnds + (.zero - model.session))
        }

        /// All but the replicas, which are packed.
        private enum CodingKeys: String, CodingKey {
            case id, endpoint, rack, machine, process, incarnation, startedAt, isCutOff, isRegistered, isFenced
            case isShuttingDown, isZombie, session, sessionEnds, blockedUntil, wasUnclean, isCordoned, directories,
                isWhole, acquaintances, adriftSince
            case leaders, preferred, astray, leaderMeter, followerMeter
        }

        /// Whether peers and clients can talk to its process.
        var answers: Bool { process == .running && !isCutOff || process == .stopping && !isCutOff }
        /// Whether the controllers would let it lead.
        var isActive: Bool { isRegistered && !isFenced && !isShuttingDown }
    }

    struct Directory: Sendable, Codable {
        var path: String
        var id: DirectoryID?
        var volume: Int32
        var isOffline = false
        var isCordoned = false
        var replicas = 0
        /// Files of replicas that left, by the time at which their space comes back.
        var deleting: [DeletedFiles] = []
        /// Files of replicas that left while the process did not run.
        var strays: Int64 = 0
    }

    struct DeletedFiles: Sendable, Codable {
        var until: Instant
        var bytes: Int64
    }

    /// A replica's files on a broker.
    struct HostedReplica: Sendable {
        var partition: Int32
        /// Its place in `directories`.
        var directory: Int32
        /// Where its log ends; `withLeader` while it has all that the leader has.
        var position: Int64

        static let withLeader: Int64 = -1
    }

    struct Controller: Sendable, Codable {
        var id: Int32
        var directoryID: DirectoryID
        var endpoint: Endpoint
        var machine: Int32
        var isRunning = false
        /// Whether it has caught up with the quorum.
        var follows = false
        var incarnation: Int32 = 0
        var startedAt = Instant.start
        var isCutOff = false
        var joinsByItself = false
        /// Where its process asks for the active controller once it votes no more.
        var acquaintances: [String]?
        /// When it last fetched; `never` while it does.
        var lastFetch = Instant.never

        var answers: Bool { isRunning && !isCutOff }
    }

    struct Topic: Sendable, Codable {
        var name: String
        var isInternal: Bool
        var partitions: [Int32] = []
        /// `min.insync.replicas` as it applies here.
        var minInSync = 1
        var leaderThrottled = ThrottledReplicas.none
        var followerThrottled = ThrottledReplicas.none
        /// Counts changes of the two.
        var throttling: Int32 = 0

        /// All but the partitions, which know their topics.
        private enum CodingKeys: String, CodingKey {
            case name, isInternal, minInSync, leaderThrottled, followerThrottled, throttling
        }
    }

    struct Partition: Sendable {
        /// Place of its topic; −1 when it was deleted.
        var topic: Int32
        var number: Int32
        var replicas: [Int32]
        var adding: [Int32] = []
        var removing: [Int32] = []
        var isr: [Int32]
        var elr: [Int32] = []
        var leader: Int32
        /// The leader's place among the brokers, −1 without one: copies ask for it all the time.
        var leaderSlot: Int32 = -1
        var lastKnownLeader: Int32 = -1
        /// Bytes a second that producers write while they can.
        var ingress: Int64
        /// What retention leaves of the log; `greatestSize` where it leaves all.
        var retained: Int64
        /// Where the leader's log ended at `since`.
        var end: Int64
        var since: Instant
        /// Whether producers get their records in: a leader that answers and enough in-sync replicas.
        var isWritten = false

        /// Where the leader's log ends.
        func end(at now: Instant) -> Int64 {
            isWritten ? min(Traffic.greatestSize, end + Traffic.bytes(ingress, in: now.since(since))) : end
        }

        /// Where it begins.
        func beginning(at now: Instant) -> Int64 { max(0, end(at: now) - retained) }

        /// The size of a log that ends at `position`.
        func size(to position: Int64, at now: Instant) -> Int64 {
            position == HostedReplica.withLeader
                ? end(at: now) - beginning(at: now) : max(0, min(position, end(at: now)) - beginning(at: now))
        }
    }

    func slot(_ id: Int32) -> Int? { slots[id] }

    /// Whether the broker may lead and take part in the ISR of partition `index`.
    func isActive(_ id: Int32, for index: Int) -> Bool {
        guard let slot = slots[id], brokers[slot].isActive else { return false }
        return isOnline(index, at: slot)
    }

    /// Whether the replica's directory works.
    func isOnline(_ index: Int, at slot: Int) -> Bool {
        if brokers[slot].isWhole { return true }
        guard let place = hosted(index, at: slot) else { return false }
        let directory = Int(brokers[slot].replicas[place].directory)
        return brokers[slot].directories.indices.contains(directory) && !brokers[slot].directories[directory].isOffline
    }

    /// The place of a partition among a broker's replicas.
    func hosted(_ index: Int, at slot: Int) -> Int? {
        let place = brokers[slot].replicas.firstPlace(of: Int32(truncatingIfNeeded: index))
        return place < brokers[slot].replicas.count && brokers[slot].replicas[place].partition == index ? place : nil
    }

    func index(of partition: TopicPartition) -> Int? {
        guard let topic = topicIndex[partition.topic], partition.partition >= 0,
            Int(partition.partition) < topics[topic].partitions.count
        else { return nil }
        return Int(topics[topic].partitions[Int(partition.partition)])
    }

    func name(of index: Int) -> TopicPartition {
        TopicPartition(topic: topics[Int(partitions[index].topic)].name, partition: partitions[index].number)
    }
}

extension [SimulatedKafka.HostedReplica] {
    /// The first place whose partition is not below `partition`.
    func firstPlace(of partition: Int32) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].partition < partition { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension [Int32] {
    /// Adds to an ascending list, once.
    mutating func insertAscending(_ value: Int32) {
        let place = place(of: value)
        if place == count || self[place] != value { insert(value, at: place) }
    }

    mutating func removeAscending(_ value: Int32) {
        let place = place(of: value)
        if place < count, self[place] == value { remove(at: place) }
    }

    private func place(of value: Int32) -> Int {
        if let last, last < value { return count }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
