public import FleetModel

/// How good a plan is, and how that is known.
public struct PlanReport: Hashable, Sendable {
    /// One broker before and after.
    public struct Broker: Hashable, Sendable {
        /// What the request makes of a broker.
        public enum Role: String, Hashable, Sendable {
            /// It may receive.
            case target
            /// It is to be empty.
            case leaving
            /// It keeps what it has and receives nothing.
            case bystander
        }

        /// The broker.
        public var id: NodeID
        /// Its machine.
        public var host: String?
        /// Its rack.
        public var rack: String?
        /// What the request makes of it.
        public var role: Role
        /// Bytes before.
        public var bytesBefore: ByteCount
        /// Bytes after.
        public var bytesAfter: ByteCount
        /// Replicas before.
        public var replicasBefore: Int
        /// Replicas after.
        public var replicasAfter: Int
        /// Partitions led before.
        public var leadersBefore: Int
        /// Partitions led after.
        public var leadersAfter: Int
        /// Its fair share of bytes; nil for a broker outside the sharing.
        public var fair: ByteCount?
        /// The band around the share: what `bytesAfter` should lie in.
        public var low: ByteCount
        /// The upper end of the band.
        public var high: ByteCount
        /// The most it holds at any time while data moves.
        public var peak: ByteCount
        /// What it may hold; nil without a known capacity.
        public var ceiling: ByteCount?

        /// A broker of these figures.
        public init(
            id: NodeID, host: String?, rack: String?, role: Role, bytesBefore: ByteCount, bytesAfter: ByteCount,
            replicasBefore: Int, replicasAfter: Int,
            leadersBefore: Int, leadersAfter: Int, fair: ByteCount?, low: ByteCount, high: ByteCount, peak: ByteCount,
            ceiling: ByteCount?
        ) {
            self.id = id
            self.host = host
            self.rack = rack
            self.role = role
            self.bytesBefore = bytesBefore
            self.bytesAfter = bytesAfter
            self.replicasBefore = replicasBefore
            self.replicasAfter = replicasAfter
            self.leadersBefore = leadersBefore
            self.leadersAfter = leadersAfter
            self.fair = fair
            self.low = low
            self.high = high
            self.peak = peak
            self.ceiling = ceiling
        }
    }

    /// A broker that ends outside its band, and why.
    public struct MissedBand: Hashable, Sendable {
        /// The broker.
        public var broker: NodeID
        /// How far outside.
        public var by: ByteCount
        /// Whether the reason proves that no plan does better with these bands.
        public var proved: Bool
        /// Why.
        public var reason: String

        /// `broker` misses its band for `reason`.
        public init(broker: NodeID, by: ByteCount, proved: Bool, reason: String) {
            (self.broker, self.by, self.proved, self.reason) = (broker, by, proved, reason)
        }
    }

    /// Lists that put replicas onto fewer hosts or racks than they could.
    public struct Audit: Hashable, Sendable {
        /// Partitions that share hosts without need, before.
        public var hostsBefore: Int
        /// After.
        public var hostsAfter: Int
        /// Partitions that share racks without need, before.
        public var racksBefore: Int
        /// After.
        public var racksAfter: Int

        /// An audit of these counts.
        public init(hostsBefore: Int, hostsAfter: Int, racksBefore: Int, racksAfter: Int) {
            self.hostsBefore = hostsBefore
            self.hostsAfter = hostsAfter
            self.racksBefore = racksBefore
            self.racksAfter = racksAfter
        }
    }

    /// Bytes that are copied, detours for want of disk included.
    public var bytes: ByteCount
    /// No plan that does what was asked copies less.
    public var lowerBound: ByteCount
    /// Replicas that are copied.
    public var replicasMoved: Int
    /// Of `bytes`, those that go a way round because no disk had room for the direct one.
    public var detourBytes: ByteCount
    /// How long the copying takes in the fluid simulation, with the brokers' ports as given.
    public var makespan: Duration
    /// No schedule of these moves is faster.
    public var makespanBound: Duration
    /// Each broker before and after, by id.
    public var brokers: [Broker]
    /// Brokers outside their band.
    public var missedBands: [MissedBand]
    /// The tolerance of the bands: what was asked for, or the smallest that is not disproved.
    public var tolerance: PerMille
    /// The smallest tolerance with which every band is met by this plan.
    public var achievedTolerance: PerMille
    /// Copies that the simulation keeps under way at each port at least: what the executor should do.
    public var window: Int
    /// Proof about leaders.
    public var leaders: LeaderCertificate
    /// Hosts and racks before and after.
    public var audit: Audit
    /// What the reader should know besides, a line each.
    public var notes: [String]

    /// A report of these parts.
    public init(
        bytes: ByteCount, lowerBound: ByteCount, replicasMoved: Int, detourBytes: ByteCount, makespan: Duration,
        makespanBound: Duration, brokers: [Broker], missedBands: [MissedBand], tolerance: PerMille,
        achievedTolerance: PerMille, window: Int, leaders: LeaderCertificate, audit: Audit, notes: [String]
    ) {
        self.bytes = bytes
        self.lowerBound = lowerBound
        self.replicasMoved = replicasMoved
        self.detourBytes = detourBytes
        self.makespan = makespan
        self.makespanBound = makespanBound
        self.brokers = brokers
        self.missedBands = missedBands
        self.tolerance = tolerance
        self.achievedTolerance = achievedTolerance
        self.window = window
        self.leaders = leaders
        self.audit = audit
        self.notes = notes
    }
}
