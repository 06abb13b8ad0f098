public import FleetModel

/// Everything there is in a simulated fleet at one instant: a value, which can be kept in a file and taken up again.
public struct FleetState: Sendable {
    /// How far time has come, since the beginning of the simulation.
    public private(set) var now: Duration = .zero
    /// The hosts.
    public var hosts: [HostName: SimulatedHost] = [:]
    /// What was done since this process has the state, in order: `format 10.0.0.11:/data/orders/1`. Not kept in files.
    public var effects: [String] = []

    /// A fleet without hosts.
    public init() {}

    /// Hosts that are not there yet appear, bare: with an sshd and Docker, and no more.
    public mutating func admit(_ names: some Sequence<HostName>) {
        for name in names where hosts[name] == nil { hosts[name] = SimulatedHost() }
    }

    /// Lets time pass until `instant`; what lies in the past changes nothing.
    public mutating func advance(to instant: Duration) {
        now = max(now, instant)
    }
}

extension FleetState: Codable {
    private enum CodingKeys: String, CodingKey { case now, hosts }

    /// Reads the state from a file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        now = try container.decode(Duration.self, forKey: .now)
        hosts = try container.decode([HostName: SimulatedHost].self, forKey: .hosts)
    }

    /// Writes the state for a file.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(now, forKey: .now)
        try container.encode(hosts, forKey: .hosts)
    }
}
