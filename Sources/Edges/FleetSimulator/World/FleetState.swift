public import FleetModel

/// Everything there is in a simulated fleet at one instant: a value, which can be kept in a file and taken up again.
///
/// Time passes in it only by `advance(to:)`, from one thing that happens to the next: in how many steps makes no
/// difference, so that commands which look more often see no other fleet.
public struct FleetState: Sendable {
    /// How far time has come, since the beginning of the simulation.
    public private(set) var now: Duration = .zero
    /// The hosts.
    public var hosts: [HostName: SimulatedHost] = [:]
    /// What a packet takes to a host and back; a command takes several of them.
    public var roundTrip: Duration = .zero
    /// Digests of images that were built in the techhost's Docker, by reference.
    var techhostImages: [String: String] = [:]
    /// Kafka.
    public var kafka: SimulatedKafka
    /// What decides everything that is chance.
    public internal(set) var chance: SeededGenerator
    /// What was done since this process has the state, in order: `format 10.0.0.11:/data/orders/1`. Not kept in files.
    public var effects: [String] = []
    var agenda = Agenda()
    /// Counts the troubles of hosts.
    var troubleNumber = 0

    /// A fleet without hosts.
    public init(seed: UInt64 = 1) {
        chance = SeededGenerator(seed: seed)
        kafka = SimulatedKafka(seed: seed)
    }

    /// Hosts that are not there yet appear, bare: with an sshd, Docker, and a disk for each data directory.
    public mutating func admit(_ specifications: some Sequence<HostSpecification>) {
        for host in specifications {
            if hosts[host.host] == nil { hosts[host.host] = SimulatedHost(data: host.data) }
            for path in host.data where hosts[host.host]?.disks[path] == nil {
                hosts[host.host]?.disks[path] = SimulatedDisk()
            }
        }
    }

    /// Lets time pass until `instant`; what lies in the past changes nothing.
    public mutating func advance(to instant: Duration) {
        while let due = nextInstant(), due <= instant {
            now = max(now, due)
            kafka.advance(to: now)
            noticeEnds()
            while let event = agenda.take(at: now) { happen(event) }
        }
        now = max(now, instant)
        kafka.advance(to: now)
    }

    private mutating func nextInstant() -> Duration? {
        switch (agenda.next, kafka.nextInstant()) {
        case (let own?, let other?): min(own, other)
        case (let own, let other): own ?? other
        }
    }

    private mutating func happen(_ event: Agenda.Event) {
        switch event {
        case .restart(let host, let node, let run): restart(node, on: host, after: run)
        case .graceEnds(let host, let node, let run): graceEnds(node, on: host, run: run)
        case .powerEnds(let host, let trouble): powerEnds(host, trouble: trouble)
        case .isUp(let host, let trouble): isUp(host, trouble: trouble)
        case .troubleEnds(let host, let trouble, let number): troubleEnds(host, trouble, number: number)
        }
    }

    /// Chance begins anew from `seed`; what has happened stays.
    public mutating func reseed(_ seed: UInt64) { chance = SeededGenerator(seed: seed) }

    /// So many bytes of chance.
    mutating func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: chance.next() >> 32) }
    }
}

extension FleetState: Codable {
    private enum CodingKeys: String, CodingKey {
        case now, hosts, kafka, chance, agenda, troubles, images, roundTrip = "round_trip"
    }

    /// Reads the state from a file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        now = try container.decode(Duration.self, forKey: .now)
        hosts = try container.decode([HostName: SimulatedHost].self, forKey: .hosts)
        kafka = try container.decode(SimulatedKafka.self, forKey: .kafka)
        chance = try container.decode(SeededGenerator.self, forKey: .chance)
        agenda = try container.decode(Agenda.self, forKey: .agenda)
        troubleNumber = try container.decode(Int.self, forKey: .troubles)
        roundTrip = try container.decodeIfPresent(Duration.self, forKey: .roundTrip) ?? .zero
        techhostImages = try container.decodeIfPresent([String: String].self, forKey: .images) ?? [:]
    }

    /// Writes the state for a file.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(now, forKey: .now)
        try container.encode(hosts, forKey: .hosts)
        try container.encode(kafka, forKey: .kafka)
        try container.encode(chance, forKey: .chance)
        try container.encode(agenda, forKey: .agenda)
        try container.encode(troubleNumber, forKey: .troubles)
        if roundTrip > .zero { try container.encode(roundTrip, forKey: .roundTrip) }
        if !techhostImages.isEmpty { try container.encode(techhostImages, forKey: .images) }
    }
}

/// Chance that is the same on every run: SplitMix64 (Steele, Lea, Flood 2014).
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable, Codable {
    private var state: UInt64

    /// The sequence of `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
