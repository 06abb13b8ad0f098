/// Something that is wrong with a host as a whole: `heal` puts each right.
public enum HostTrouble: String, Hashable, Sendable, Codable, CaseIterable {
    /// It has no power.
    case poweredOff = "powered-off"
    /// It is on its way down and up again.
    case rebooting
    /// Nothing comes through its network.
    case cutOff = "cut-off"
    /// Its sshd does not listen.
    case refusesSSH = "refuses-ssh"
    /// Packets to its sshd are lost on the way.
    case silentSSH = "silent-ssh"
    /// Its host key is not the known one.
    case otherHostKey = "other-host-key"
    /// Everything on it takes longer, and its network carries less.
    case slow
    /// Docker was stopped.
    case dockerStopped = "docker-stopped"
    /// Something that is not Kafka's fills its disks.
    case diskFull = "disk-full"
}

/// All that is wrong with a host.
public struct HostTroubles: Hashable, Sendable {
    /// Each with the number that tells it from an earlier one of its kind: what was to end that does not end this.
    private var numbers: [HostTrouble: Int] = [:]

    /// Nothing is wrong.
    public init() {}

    /// Those that there are, in the order of their kinds.
    public var all: [HostTrouble] { HostTrouble.allCases.filter { numbers[$0] != nil } }

    /// Whether there is this one.
    public func has(_ trouble: HostTrouble) -> Bool { numbers[trouble] != nil }

    mutating func add(_ trouble: HostTrouble, number: Int) { numbers[trouble] = number }
    mutating func remove(_ trouble: HostTrouble) { numbers[trouble] = nil }
    func number(of trouble: HostTrouble) -> Int? { numbers[trouble] }

    /// How long each command takes longer on a slow host.
    static let slowness: Duration = .seconds(2)
    /// ssh's ConnectTimeout.
    static let connectTimeout: Duration = .seconds(10)

    /// Whether the machine runs.
    var isUp: Bool { !has(.poweredOff) && !has(.rebooting) }
    /// Whether nodes on it can be reached by others.
    var isOnNetwork: Bool { isUp && !has(.cutOff) }

    /// Why SSH gets no further.
    enum Unreachable { case silent, refused, otherKey }

    var unreachable: Unreachable? {
        if !isOnNetwork || has(.silentSSH) { return .silent }
        if has(.refusesSSH) { return .refused }
        return has(.otherHostKey) ? .otherKey : nil
    }
}

extension HostTroubles: Codable {
    private struct Entry: Codable {
        var trouble: HostTrouble
        var number: Int
    }

    /// Reads them from a file.
    public init(from decoder: any Decoder) throws {
        for entry in try [Entry](from: decoder) { numbers[entry.trouble] = entry.number }
    }

    /// Writes them for a file.
    public func encode(to encoder: any Encoder) throws {
        try all.map { Entry(trouble: $0, number: numbers[$0] ?? 0) }.encode(to: encoder)
    }
}
