public import FleetModel

/// The timings and limits of a simulated cluster: what was measured on Kafka 4.3 with its default settings.
public struct KafkaModel: Hashable, Sendable, Codable {
    /// From the start of a broker's process to its first request for a registration.
    public var registrationAfter: Duration = .milliseconds(1200)
    /// Between two such requests.
    public var registrationPause: Duration = .seconds(2)
    /// `initial.broker.registration.timeout.ms` and the JVM's start: then the process gives up with exit code 1.
    public var registrationPatience: Duration = .seconds(62)
    /// From the registration to serving.
    public var unfencingAfter: Duration = .milliseconds(800)
    /// `broker.session.timeout.ms`.
    public var session: Duration = .seconds(9)
    /// `broker.heartbeat.interval.ms`.
    public var heartbeat: Duration = .seconds(2)
    /// From SIGTERM until the leaders have moved away.
    public var leadersLeaveAfter: Duration = .milliseconds(150)
    /// A controlled shutdown that no controller grants.
    public var ungrantedShutdown: Duration = .seconds(300)
    /// From the start of a controller's process until it follows the quorum.
    public var controllerFollowsAfter: Duration = .milliseconds(1600)
    /// From SIGTERM until a controller's process is gone.
    public var controllerStopsAfter: Duration = .milliseconds(400)
    /// From the loss of the active controller to the next one.
    public var controllerElection: Duration = .milliseconds(1800)
    /// Until a controller with automatic joining on is a voter.
    public var joinsAfter: Duration = .seconds(2)
    /// From a follower's being told of a leader to its first fetch.
    public var fetchBegins: Duration = .milliseconds(300)
    /// `leader.imbalance.check.interval.seconds`.
    public var balanceInterval: Duration = .seconds(300)
    /// `leader.imbalance.per.broker.percentage`.
    public var balanceLimit = 10
    /// `file.delete.delay.ms`: how long the files of a replica that left take space.
    public var deletionDelay: Duration = .seconds(60)
    /// Until the controllers act on a changed cordon.
    public var cordonActsAfter: Duration = .milliseconds(120)
    /// A round trip between two brokers, and what a broker needs to answer a fetch.
    public var roundTrip: Duration = .milliseconds(1)
    /// `replica.fetch.response.max.bytes`.
    public var fetchResponse: Int64 = 10 << 20
    /// `replica.fetch.max.bytes`: of one partition in one response.
    public var fetchPartition: Int64 = 1 << 20
    /// How much of a throttle's window can be used at once: raising a rate by 12 MB/s let 75 MB through at once.
    public var throttleBurst: Duration = .seconds(6)
    /// The window over which a throttle's rate is averaged: 11 samples of a second.
    public var throttleWindow: Duration = .seconds(10)
    /// The line of a host to which nobody gave another.
    public var line = BytesPerSecond(125_000_000)
    /// The file system of a directory to which nobody gave another.
    public var volume = ByteCount(100 << 30)
    /// Whether the feature `eligible.leader.replicas` is on (KIP-966), as in clusters that began with 4.1 or later.
    public var eligibleLeaderReplicas = true
    /// Whether the metadata's version has cordons (4.3-IV0 and later, KIP-1066).
    public var cordons = true
    /// Whether a request can forbid another number of replicas (AlterPartitionReassignments v1).
    public var keepsReplicationFactor = true
    /// What one request moves at most; the surplus fails one by one.
    public var partitionsPerRequest = 10_000

    /// Kafka 4.3 on hosts with a line of 1 Gbit/s.
    public init() {}
}
