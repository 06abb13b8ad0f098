public import FleetModel

/// A Kafka cluster as a value: brokers, controllers, topics, bytes and time, with neither a clock nor chance inside.
///
/// It does over time what docs and measurements say of Kafka in KRaft mode: calls change it and answer with Kafka's own
/// codes, `start`, `terminate`, `kill` and `cutOff` tell it of its processes' lives, and `advance(to:)` lets time pass.
/// Nothing ticks: time jumps from one thing that happens to the next, so that idle hours cost nothing. The same calls at
/// the same times always lead to the same state, and how often `advance` is called in between makes no difference.
public struct SimulatedKafka: Sendable {
    /// The time that has passed.
    public var uptime: Duration { now.duration }
    /// What decides everything that is chance in a real cluster.
    public let seed: UInt64
    /// The timings and limits.
    public let model: KafkaModel
    /// The id of the cluster; nil before its first node started.
    public internal(set) var clusterID: ClusterID?

    var now = Instant.start
    var events = EventQueue()
    var machines: [Machine] = []
    var volumes: [StorageVolume] = []
    var brokers: [Broker] = []
    /// Places in `brokers` by id.
    var slots: [Int32: Int] = [:]
    var controllers: [Controller] = []
    var quorum = Quorum()
    var topics: [Topic] = []
    /// Places in `topics` by name.
    var topicIndex: [String: Int] = [:]
    var partitions: [Partition] = []
    /// Partitions on the move, in ascending order.
    var moving: [Int32] = []
    /// Partitions without a leader, in ascending order.
    var leaderless: [Int32] = []
    var configuration = ConfigurationStore()
    var copying = Copying()
    var balancingAt = Instant.never
    var injections: [KafkaInjection] = []
    /// How often a move was begun for each partition: asking again for what is under way begins none. Kept in memory only.
    public internal(set) var movesBegun: [TopicPartition: Int] = [:]
    /// Processes that ended by themselves and nobody has asked for.
    var ended: [ProcessEnd] = []

    /// No node, no topic.
    public init(seed: UInt64 = 1, model: KafkaModel = KafkaModel()) {
        self.seed = seed
        self.model = model
    }

    /// Lets time pass until `time`; a time that has passed already changes nothing.
    public mutating func advance(to time: Duration) {
        let end = max(now, Instant(time))
        while true {
            if copying.isDirty { refreshCopying() }
            let due = min(events.nextInstant, copying.wake)
            guard due <= end else { break }
            now = max(now, due)
            if copying.wake <= events.nextInstant {
                copying.isDirty = true
            } else if let event = events.take() {
                happen(event)
            }
        }
        now = end
    }

    /// When something happens next by itself; nil when nothing does until something is called.
    public mutating func nextInstant() -> Duration? {
        if copying.isDirty { refreshCopying() }
        let due = min(events.nextInstant, copying.wake)
        return due == .never ? nil : due.duration
    }

    private mutating func happen(_ event: KafkaEvent) {
        switch event {
        case .registers(let id, let incarnation): brokerRegisters(id, incarnation)
        case .unfences(let id, let incarnation): brokerUnfences(id, incarnation)
        case .sessionEnds(let id, let session): sessionEnds(id, session)
        case .leadersLeave(let id, let incarnation): leadersLeave(id, incarnation)
        case .shutdownFences(let id, let incarnation): shutdownFences(id, incarnation)
        case .exits(let id, let incarnation, let code): brokerExits(id, incarnation, code)
        case .follows(let id, let incarnation): controllerFollows(id, incarnation)
        case .controllerExits(let id, let incarnation, let code): controllerExits(id, incarnation, code)
        case .elects(let epoch): electController(epoch)
        case .joins(let id, let incarnation): controllerJoins(id, incarnation)
        case .cordonActs(let id): cordonActs(id)
        case .balancesLeaders: balanceLeaders()
        case .fills(let volume, let check): checkVolume(volume, check)
        }
    }

    /// A number below `bound` for the `occasion`-th time that `subject` needs one: chance, and the same on every run.
    func chance(_ subject: Int32, _ occasion: Int32, below bound: UInt64) -> UInt64 {
        // SplitMix64 of the three numbers (Steele, Lea, Flood 2014).
        var state = seed &+ 0x9e37_79b9_7f4a_7c15 &* (UInt64(bitPattern: Int64(subject)) &+ 1)
        state = state &+ 0xbf58_476d_1ce4_e5b9 &* (UInt64(bitPattern: Int64(occasion)) &+ 1)
        state = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        state = (state ^ state >> 27) &* 0x94d0_49bb_1331_11eb
        return (state ^ state >> 31) % max(1, bound)
    }

    /// A time between two, the longer one excluded.
    func chance(_ subject: Int32, _ occasion: Int32, from least: Duration, to most: Duration) -> Duration {
        let (low, high) = (least.wholeMicroseconds, most.wholeMicroseconds)
        return .microseconds(low + Int64(chance(subject, occasion, below: UInt64(max(1, high - low)))))
    }
}

/// A process that ended by itself.
public struct ProcessEnd: Hashable, Sendable, Codable {
    /// Whose.
    public var node: NodeID
    /// When.
    public var at: Duration
    /// Its exit code.
    public var exitCode: Int32
}
