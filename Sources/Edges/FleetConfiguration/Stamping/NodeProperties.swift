import FleetModel

/// The properties of one node: KAFKA.md section 1 names the set that suffices, the operator's settings are added to it.
struct NodeProperties {
    /// Settings that follow from the layout and that a running node has since learnt from the quorum, or that count
    /// for topics not yet made: a change of them is no reason to restart a node.
    static let volatile: Set<String> = [
        "controller.quorum.bootstrap.servers", "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor", "transaction.state.log.min.isr",
        "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr",
    ]

    let groups: [Properties.Group]
    private let header: [String]
    private let given: Set<String>

    init(of node: NodePlacement, on host: HostSpecification, layout: ClusterLayout, fleet: FleetSpecification) {
        header = [
            "Node \(node.id), a \(node.role.rawValue) of cluster \(fleet.cluster.name), on \(host.host).",
            "Written by gantry and overwritten by it: change 'kafka' in defaults.cfg instead.",
        ]
        let isBroker = node.role == .broker
        let listener = isBroker ? "PLAINTEXT" : "CONTROLLER"
        var identity = [("node.id", "\(node.id)"), ("process.roles", node.role.rawValue)]
        if isBroker { identity.append(("broker.rack", host.rack)) }
        let given = Set(fleet.kafka.map(\.name))
        self.given = given
        groups = [
            Properties.Group(comment: "Who it is", settings: identity),
            Properties.Group(
                // Every address of the host, unless one is chosen: its name may resolve to a loopback address there, as
                // Debian has it.
                comment: "Where it listens, and how others reach it",
                settings: [
                    ("listeners", "\(listener)://\(Self.bound(node))"),
                    ("advertised.listeners", "\(listener)://\(node.endpoint)"),
                    ("controller.listener.names", "CONTROLLER"),
                    (
                        "controller.quorum.bootstrap.servers",
                        layout.controllers.map(\.endpoint.description).joined(separator: ",")
                    ),
                ]),
            Properties.Group(
                comment: "Where it keeps its data",
                settings: [("log.dirs", node.dataDirectories.joined(separator: ","))]),
            Properties.Group(
                comment: "Kafka's own topics, as safe as this number of brokers allows",
                settings: isBroker ? Self.internalTopics(layout, fleet).filter { !given.contains($0.name) } : []),
            Properties.Group(
                comment: "From 'kafka' of defaults.cfg",
                settings: fleet.kafka.map { ($0.name, $0.value) }.sorted { $0.0 < $1.0 }),
        ]
    }

    /// Where it listens: at the address that was chosen for it, where that is one and no name.
    private static func bound(_ node: NodePlacement) -> String {
        guard let address = node.address,
            address.contains(":") || address.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e })
        else { return ":\(node.port)" }
        return node.endpoint.description
    }

    /// Kafka's defaults are 3 replicas, which fewer brokers cannot carry.
    private static func internalTopics(
        _ layout: ClusterLayout, _ fleet: FleetSpecification
    ) -> [(name: String, value: String)] {
        let factor = max(1, min(3, layout.brokers.count))
        var settings: [(name: String, value: String)] = []
        var topics = [("offsets.topic", ""), ("transaction.state.log", "transaction.state.log.min.isr")]
        // Share groups (KIP-932) came with 4.0.
        if fleet.cluster.version >= KafkaVersion(major: 4, minor: 0, patch: 0) {
            topics.append(("share.coordinator.state.topic", "share.coordinator.state.topic.min.isr"))
        }
        for (topic, minimum) in topics {
            let replicas = "\(topic).replication.factor"
            settings.append((replicas, "\(factor)"))
            guard !minimum.isEmpty else { continue }
            let own = fleet.kafkaValue(replicas).flatMap { Int($0) } ?? factor
            settings.append((minimum, "\(max(1, min(2, own - 1)))"))
        }
        return settings
    }

    var text: String { Properties(header: header, groups: groups).text }

    /// 0600 where a value is a secret, such as a plug-in's password.
    var mode: UInt16 { given.contains(where: KafkaSettings.isSecret) ? 0o600 : 0o644 }

    func add(to fingerprint: inout Fingerprint) {
        for setting in groups.flatMap(\.settings).sorted(by: { $0.name < $1.name })
        where given.contains(setting.name) || !Self.volatile.contains(setting.name) {
            fingerprint.add("\(setting.name)=\(setting.value)".utf8)
        }
    }
}
