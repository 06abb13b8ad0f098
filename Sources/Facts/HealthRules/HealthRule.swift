public import FleetModel

/// One rule: looks at the world as observed beside the world as wanted, and says what is wrong.
///
/// To add one: write a function in the file of its subject that returns findings, and name it in `HealthRules.all`.
public struct HealthRule: Sendable {
    /// The stable id that findings carry.
    public let id: String
    /// What the rule watches, for the documentation.
    public let title: String
    private let evaluate: @Sendable (HealthContext, HealthRule) -> [Finding]

    init(_ id: String, _ title: String, _ evaluate: @escaping @Sendable (HealthContext, HealthRule) -> [Finding]) {
        self.id = id
        self.title = title
        self.evaluate = evaluate
    }

    /// What this rule finds.
    public func findings(in context: HealthContext) -> [Finding] { evaluate(context, self) }

    func finding(
        _ severity: Severity, _ subject: String, _ evidence: String, remedy: String, on host: HostName? = nil
    ) -> Finding {
        Finding(rule: id, severity: severity, subject: subject, evidence: evidence, remedy: remedy, host: host)
    }
}

/// What the rules look at.
public struct HealthContext: Sendable {
    /// The cluster's name.
    public let cluster: ClusterName
    /// The nodes that should be there; nil when nobody knows (no journal, nothing on the hosts).
    public let expected: ClusterLayout?
    /// Ids that were removed for good.
    public let retired: Set<NodeID>
    /// Hosts that an operation emptied: nobody misses them.
    public let emptied: Set<HostName>
    /// What was seen.
    public internal(set) var snapshot: Snapshot
    /// Whether an operation of ours is at work, so that moves and throttles are its.
    public internal(set) var operationRunning: Bool
    /// What an operation of ours that nobody carries out has left in force; nil: nothing, as far as the journal tells.
    public let left: LeftInForce?
    /// The fleet as the operator wants it now; nil where nobody asks about drift.
    public let fleet: FleetSpecification?
    /// The digest of each node's configuration as it would be rendered now; unknown where the template can't be read.
    public let configuration: Known<[NodeID: String]>
    /// How operators run what a remedy names.
    public let commands: HostCommands
    /// Mail that could not be sent so far.
    public let mail: MailBacklog
    /// What is wrong on the techhost besides.
    public let techhost: TechhostTroubles
    /// The state of every broker that is wanted, registered or running.
    public internal(set) var brokers: [BrokerStatus]

    /// A context of these parts.
    public init(
        cluster: ClusterName, expected: ClusterLayout?, retired: Set<NodeID> = [], emptied: Set<HostName> = [],
        snapshot: Snapshot,
        operationRunning: Bool = false, left: LeftInForce? = nil, configuration: Known<[NodeID: String]> = .known([:]),
        fleet: FleetSpecification? = nil, commands: HostCommands = HostCommands(), mail: MailBacklog = MailBacklog(),
        techhost: TechhostTroubles = TechhostTroubles()
    ) {
        (self.fleet, self.commands, self.mail, self.techhost) = (fleet, commands, mail, techhost)
        self.left = left
        self.configuration = configuration
        self.cluster = cluster
        // One that carries nodes again is missed again.
        self.emptied = emptied.subtracting(expected?.nodes.map(\.host) ?? [])
        self.expected = expected
        self.retired = retired
        self.snapshot = snapshot
        self.operationRunning = operationRunning
        self.brokers = BrokerStatus.all(expected: expected, snapshot: snapshot)
    }

    /// Whether every host that somebody misses answers.
    var reachesAllHosts: Bool {
        snapshot.hosts.allSatisfy { host in
            if case .unreachable = host.state { emptied.contains(host.host) } else { true }
        }
    }

    /// The host of a node, where anybody knows it.
    func host(of node: NodeID) -> HostName? {
        expected?.node(node)?.host ?? brokers.first { $0.id == node }?.host
    }

    /// Whether `broker` may be serving, as far as Docker tells: Kafka shows a killed one unfenced for some seconds.
    func mayServe(_ broker: NodeID) -> Bool {
        guard let status = brokers.first(where: { $0.id == broker }) else { return true }
        return status.state != .stopped && status.state != .missing
    }
}

/// All rules, in the order in which their findings are shown within one severity.
public enum HealthRules {
    /// Every rule there is; hosts come first, since most of the rest may follow from them.
    public static let all: [HealthRule] =
        hostRules + clusterRules + containerRules + brokerRules + quorumRules + partitionRules + storageRules
        + configurationRules + techhostRules

    /// What the rules about configuration find: what bootstrap leaves as it is.
    public static func drift(in context: HealthContext) -> [Finding] {
        configurationRules.flatMap { $0.findings(in: context) }
    }

    /// What all rules find, the worst first; what follows from a host's finding names it and stands behind it.
    public static func findings(in context: HealthContext) -> [Finding] {
        let found = all.flatMap { $0.findings(in: context) }.map { finding in
            var finding = finding
            if let host = finding.host, let state = context.snapshot.host(host)?.state, state != .ok {
                finding.follows = subject(host)
            }
            return finding
        }
        return Severity.allCases.sorted(by: >).flatMap { severity in found.filter { $0.severity == severity } }
    }

    static func subject(_ host: HostName) -> String { "host \(host)" }
}
