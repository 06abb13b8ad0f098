import FleetModel

extension HealthRules {
    /// What runs beside what the fleet directory says now.
    static let configurationRules: [HealthRule] = [
        HealthRule("config-drift", "every node runs with the configuration that the fleet directory gives now") {
            context, rule in
            guard let wanted = context.configuration.value else {
                return [
                    rule.finding(
                        .warning, "configuration", context.configuration.reason ?? "it can't be rendered",
                        remedy: "mend k/docker-compose.yml or defaults.cfg: gantry bootstrap --dry-run shows the place")
                ]
            }
            let drifted = context.snapshot.containers.map(\.container).filter { container in
                guard let node = container.node, let runs = container.configDigest, let now = wanted[node] else {
                    return false
                }
                return runs != now
            }
            return [NodeRole.broker, .controller].compactMap { drift(of: $0, among: drifted, rule) }
        },
        HealthRule("host-unlisted", "every host that carries nodes is in virthosts") { context, rule in
            guard let fleet = context.fleet, let layout = context.expected else { return [] }
            return Set(layout.nodes.map(\.host)).filter { fleet.host($0) == nil }.sorted().map { host in
                let nodes = layout.nodes(on: host).map { "\($0.role.rawValue) \($0.id)" }.joined(separator: ", ")
                return rule.finding(
                    .warning, "host \(host)", "it carries \(nodes) and is not in virthosts, so it can't be looked at",
                    remedy: "list it in virthosts again: a host leaves the cluster before it leaves the list")
            }
        },
        HealthRule("layout-drift", "nodes lie where the fleet directory would put them now") { context, rule in
            guard let fleet = context.fleet, let layout = context.expected else { return [] }
            return fleet.hosts.compactMap { host in layoutDrift(host, layout.nodes(on: host.host), rule) }
                + controllerDrift(fleet, layout, rule)
        },
    ]

    private static func layoutDrift(
        _ host: HostSpecification, _ nodes: [NodePlacement], _ rule: HealthRule
    ) -> Finding? {
        let brokers = nodes.filter { $0.role == .broker }
        var differences: [String] = []
        for (name, wanted, group) in [
            ("broker", host.ports.broker, brokers),
            ("controller", host.ports.controller, nodes.filter { $0.role == .controller }),
        ] {
            // A port that was taken was stepped over: only one below the first was surely chosen by another setting.
            guard let first = group.map(\.port).min(), first < wanted else { continue }
            differences.append("its first \(name) port is \(first), and ports: says \(wanted)")
        }
        if let stray = brokers.first(where: {
            Set($0.dataDirectories.map(Self.root)) != Set(host.data(ofBrokerAt: $0.port))
        }) {
            let has = stray.dataDirectories.map(Self.root).joined(separator: ", ")
            differences.append(
                "broker \(stray.id) has its data in \(has), and data: says "
                    + host.data(ofBrokerAt: stray.port).joined(separator: ", "))
        }
        if let stray = nodes.first(where: { $0.address != host.address }) {
            differences.append(
                "\(stray.role.rawValue) \(stray.id) is reached at \(stray.endpoint.host), and defaults.cfg says "
                    + (host.address ?? host.host.rawValue))
        }
        guard !differences.isEmpty else { return nil }
        return rule.finding(
            .warning, "host \(host.host)", differences.joined(separator: "; "),
            remedy: "nodes keep ports, directories and addresses for life: set them back in defaults.cfg")
    }

    private static func controllerDrift(
        _ fleet: FleetSpecification, _ layout: ClusterLayout, _ rule: HealthRule
    ) -> [Finding] {
        let (has, wanted) = (layout.controllers.count, fleet.cluster.controllers)
        guard has > wanted else { return [] }
        return [
            rule.finding(
                .warning, "cluster", "it has \(counted(has, "controller")), and controllers: says \(wanted)",
                remedy: "set controllers: \(has) in defaults.cfg; a quorum is not made smaller")
        ]
    }

    /// The data directory of `defaults.cfg` above `DATA/CLUSTER/NODE`.
    private static func root(_ directory: String) -> String {
        let parts = directory.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return parts.count < 2 ? "/" : parts.joined(separator: "/")
    }

    /// One finding a role: a setting that was changed is changed for all of them, and one restart applies it.
    private static func drift(
        of role: NodeRole, among containers: [ContainerObservation], _ rule: HealthRule
    ) -> Finding? {
        let nodes = containers.filter { $0.role == role }.compactMap(\.node).sorted()
        guard !nodes.isEmpty else { return nil }
        let names = nodes.map(\.description).joined(separator: ", ")
        let run = nodes.count == 1 ? "it runs" : "they run"
        return rule.finding(
            .warning, "\(role.rawValue)\(nodes.count == 1 ? "" : "s") \(names)",
            "\(run) with another configuration than defaults.cfg and the template give now",
            remedy: "gantry restart --changed applies it, one node at a time")
    }
}
