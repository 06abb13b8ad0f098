public import FleetModel
public import HealthRules

/// What one machine is, beside its Docker: read from the lines of the inspection script, each a key and its values.
///
/// What a line did not say, or said in words that make no sense, stays nil or empty: the clause about it is then unknown
/// and never passed.
public struct MachineFacts: Hashable, Sendable, Codable {
    /// `debian 12`.
    public var system: String?
    /// `uname -r`.
    public var kernel: String?
    /// The kernel's id of this boot: no two machines share one.
    public var bootID: String?
    /// Processors that it may use.
    public var cores: Int?
    /// Main memory.
    public var memory: ByteCount?
    /// Swap.
    public var swap: ByteCount?
    /// Its name by itself, and the addresses that its own look-up of it gives.
    public var name: String?
    /// What its own name resolves to there.
    public var nameAddresses: [String] = []
    /// Its addresses, each with its interface.
    public var addresses: [String: String] = [:]
    /// The MTU of each interface.
    public var mtu: [String: Int] = [:]
    /// How far its clock is from the techhost's, at least; negative: behind.
    public var skew: Duration?
    /// Whether something keeps its clock right; nil where nobody says.
    public var isSynchronised: Bool?
    /// The difference from UTC as `date +%z` writes it: `+0200`.
    public var zone: String?
    /// Its default locale, and what is wrong with it.
    public var locale: String?
    /// The complaint of a program that was given that locale; nil: none.
    public var localeProblem: String?
    /// Kernel values by name: `vm.max_map_count`.
    public var kernelValues: [String: Int64] = [:]
    /// Open files that a process of a container may have: the hard limit of what starts them.
    public var containerFiles: Int64?
    /// `/etc/docker/daemon.json`; nil where there is none.
    public var daemonSettings: String?
    /// Whether systemd starts Docker with the machine; nil where it could not be asked.
    public var startsDocker: Bool?
    /// The file system under each data directory.
    public var disks: [DiskFacts] = []
    /// Mount points of fstab at which nothing is mounted.
    public var unmounted: [String] = []
    /// Devices that defaults.cfg wants formatted: what is on them, nil where it could not be found out, empty: blank.
    public var devices: [String: String] = [:]
    /// Firewalls that filter what comes in: `ufw`, `firewalld`, `nftables`, `iptables`.
    public var firewalls: [String] = []
    /// Programs that are there, of those that gantry looks for.
    public var programs: Set<String> = []

    /// Nothing is known.
    public init() {}

    /// The largest number of lines that are read: hundreds of addresses and disks.
    private static let mostLines = 5000

    /// Reads lines of a key and its values. A line that is not understood is passed over.
    public init(lines: some Sequence<[String]>) {
        for line in lines.prefix(Self.mostLines) {
            guard let key = line.first else { continue }
            let values = Array(line.dropFirst())
            guard let first = values.first, !first.isEmpty else { continue }
            read(key, first, values)
        }
    }

    private mutating func read(_ key: String, _ first: String, _ values: [String]) {
        let second = values.count > 1 && !values[1].isEmpty ? values[1] : nil
        switch key {
        case "system": system = [first, second].compactMap { $0 }.joined(separator: " ")
        case "kernel": kernel = first
        case "boot": bootID = first
        case "cores": cores = Int(first).flatMap { $0 > 0 ? $0 : nil }
        case "memory": memory = Self.kibibytes(first)
        case "swap": swap = Self.kibibytes(first)
        case "name": (name, nameAddresses) = (first, values.dropFirst().filter { !$0.isEmpty })
        case "address": if let second { addresses[second] = first }
        case "mtu": if let value = second.flatMap({ Int($0) }), value > 0 { mtu[first] = value }
        case "synchronised": isSynchronised = Self.truth(first)
        case "zone": zone = first
        case "locale": (locale, localeProblem) = (first, second)
        case "kernel-value": if let second, let value = Self.number(second) { kernelValues[first] = value }
        case "files": containerFiles = first == "unlimited" ? .max : Self.number(first)
        case "daemon": daemonSettings = values.joined(separator: " ")
        case "unit": if first == "docker" { startsDocker = second.map { $0.hasPrefix("enabled") } }
        case "disk": if let disk = DiskFacts(values) { disks.append(disk) }
        case "unmounted": unmounted.append(first)
        case "device": devices[first] = second ?? ""
        case "firewall": firewalls.append(first)
        case "program": programs.insert(first)
        default: break
        }
    }

    private static func truth(_ text: String) -> Bool? { text == "yes" ? true : text == "no" ? false : nil }

    /// Numbers of the kernel are unsigned: what is beyond ours is as good as the largest.
    private static func number(_ text: String) -> Int64? {
        Int64(text) ?? UInt64(text).map { _ in .max }
    }

    private static func kibibytes(_ text: String) -> ByteCount? {
        guard let number = Int64(text), number >= 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1024)
        return ByteCount(overflow ? .max : bytes)
    }

    /// The skew that a clock has at least which said `now` while ours went from `began` to `ended`.
    public static func skew(of now: Timestamp, between began: Timestamp, and ended: Timestamp) -> Duration {
        if now.milliseconds < began.milliseconds { return .milliseconds(now.milliseconds - began.milliseconds) }
        if now.milliseconds > ended.milliseconds { return .milliseconds(now.milliseconds - ended.milliseconds) }
        return .zero
    }
}

/// The file system under one data directory.
public struct DiskFacts: Hashable, Sendable, Codable {
    /// The data directory.
    public var path: String
    /// Where the file system is mounted.
    public var mountPoint: String
    /// `ext4`.
    public var kind: String
    /// Its mount options.
    public var options: [String]
    /// Inodes in all; 0 where the file system makes them as it needs them.
    public var inodes: Int64
    /// Inodes free.
    public var freeInodes: Int64
    /// Whether the system's own root lies on it.
    public var isSystems: Bool

    /// A file system of these facts.
    public init(
        path: String, mountPoint: String, kind: String, options: [String], inodes: Int64, freeInodes: Int64,
        isSystems: Bool
    ) {
        self.path = path
        self.mountPoint = mountPoint
        self.kind = kind
        self.options = options
        self.inodes = inodes
        self.freeInodes = freeInodes
        self.isSystems = isSystems
    }

    /// `PATH MOUNTPOINT KIND OPTIONS INODES FREE system|own`; nil where that is not what it says.
    init?(_ values: [String]) {
        guard values.count >= 7, values[0].hasPrefix("/"), values[1].hasPrefix("/"), let inodes = Int64(values[4]),
            let free = Int64(values[5]), inodes >= 0, free >= 0
        else { return nil }
        self.init(
            path: values[0], mountPoint: values[1], kind: values[2],
            options: values[3].split(separator: ",").map(String.init), inodes: inodes, freeInodes: free,
            isSystems: values[6] == "system")
    }
}

/// What the techhost is.
public struct TechhostFacts: Hashable, Sendable {
    /// The machine.
    public var machine: MachineFacts
    /// Where the state directory, or its nearest parent that exists, lies.
    public var state: DiskObservation?
    /// Open files that a process may have.
    public var files: Int64?
    /// The words of `ssh -V`; nil where there is no ssh.
    public var ssh: String?
    /// What each host's name resolves to there; addresses resolve to themselves.
    public var names: [HostName: [String]]
    /// What of the fleet directory leads nowhere.
    public var errands = TechhostErrands()

    /// A techhost of these facts.
    public init(
        machine: MachineFacts, state: DiskObservation?, files: Int64?, ssh: String?, names: [HostName: [String]]
    ) {
        self.machine = machine
        self.state = state
        self.files = files
        self.ssh = ssh
        self.names = names
    }
}

/// What the fleet directory names on the techhost or beyond it, and what of that is not there.
public struct TechhostErrands: Hashable, Sendable {
    /// Why the image archive can't be used; nil where it can, or none is named.
    public var archive: String?
    /// Why mail does not leave; nil where it does, or nobody wants any.
    public var mail: String?
    /// Programs of the operator's that are not run.
    public var idlePrograms: [IdleProgram]

    /// These; nothing is wrong unless given.
    public init(archive: String? = nil, mail: String? = nil, idlePrograms: [IdleProgram] = []) {
        (self.archive, self.mail, self.idlePrograms) = (archive, mail, idlePrograms)
    }
}
