import FleetModel

extension HealthRules {
    static let containerRules: [HealthRule] = [
        HealthRule("broker-container-dead", "every broker's container runs") { context, rule in
            dead(.broker, context, rule)
        },
        HealthRule("controller-container-dead", "every controller's container runs") { context, rule in
            dead(.controller, context, rule)
        },
        HealthRule("container-missing", "every wanted node has a container") { context, rule in
            (context.expected?.nodes ?? []).compactMap { node in
                guard context.snapshot.host(node.host)?.state == .ok,
                    !context.snapshot.containers.contains(where: { $0.container.node == node.id })
                else { return nil }
                return rule.finding(
                    .critical, subject(node.role, node.id), "\(node.host) has no container of it",
                    remedy: "gantry bootstrap (finishes what is missing; touches nothing that runs)", on: node.host)
            }
        },
        HealthRule("container-out-of-memory", "no container was killed for memory") { context, rule in
            context.snapshot.containers.compactMap { host, container in
                guard container.oomKilled, container.state == .running else { return nil }
                return rule.finding(
                    .warning, subject(container), "its last run on \(host) was killed for memory",
                    remedy: "raise memory or lower heap of \(host) in defaults.cfg", on: host)
            }
        },
        HealthRule("container-restarting", "no container dies again and again") { context, rule in
            context.snapshot.containers.compactMap { host, container in
                // Between two attempts it does not run, which is said already.
                guard container.state == .running, container.isCrashLooping(at: context.snapshot.takenAt) else {
                    return nil
                }
                return rule.finding(
                    .warning, subject(container),
                    "Docker has restarted its container on \(host) \(container.restarts) times; "
                        + "the present run has just begun",
                    remedy: context.commands.line("docker logs --tail 200 \(container.name)", on: host)
                        + " shows why it ends",
                    on: host)
            }
        },
        HealthRule("image-drift", "nodes of one image reference run one and the same image") { context, rule in
            var known: [String: [String: [String]]] = [:]
            for (host, container) in context.snapshot.containers where !container.imageID.isEmpty {
                known[container.image, default: [:]][container.imageID, default: []]
                    .append("\(subject(container)) on \(host)")
            }
            return known.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { reference, images in
                // The image of most nodes is taken for the right one.
                let sorted = images.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
                let others = sorted.dropFirst().flatMap(\.value).sorted()
                let more = others.count > 3 ? " and \(others.count - 3) more" : ""
                return rule.finding(
                    .warning, "image \(reference)",
                    "\(others.prefix(3).joined(separator: ", "))\(more) run another image of that name than the other nodes",
                    remedy: "gantry image list tells which; gantry image distribute, then gantry restart those nodes")
            }
        },
        HealthRule("container-leftover", "every labelled container belongs to a wanted node") { context, rule in
            guard let expected = context.expected else { return [] }
            return context.snapshot.containers.compactMap { host, container in
                guard let node = container.node else {
                    return rule.finding(
                        .warning, "container \(container.name)",
                        "carries the cluster's label on \(host) and no node id",
                        remedy: context.commands.line("docker inspect \(container.name)", on: host), on: host)
                }
                guard expected.node(node) == nil else { return nil }
                let retired = context.retired.contains(node)
                let broker = context.snapshot.cluster.value?.broker(node)
                if !retired, broker.map({ !$0.fenced }) ?? false {
                    return rule.finding(
                        .warning, subject(container),
                        "serves the cluster from \(host) and is no node of this fleet's layout",
                        remedy:
                            "do not stop it: look for the fleet directory that runs it, and there: gantry clusterstatus",
                        on: host)
                }
                // Kafka lets one back in that was unregistered, and places new partitions on it.
                let replicas = container.role == .broker ? context.brokers.first { $0.id == node }?.partitions ?? 0 : 0
                if retired, replicas > 0 {
                    return rule.finding(
                        .critical, subject(container),
                        "was removed for good, its container is back on \(host) (\(container.state)), and "
                            + counted(replicas, "replica", "is", "are") + " assigned to it: do not stop it",
                        remedy: "gantry removebroker \(node) drains and stops it", on: host)
                }
                return rule.finding(
                    retired && container.state == .running ? .critical : .warning, subject(container),
                    retired
                        ? "was removed for good, and its container is back on \(host) (\(container.state))"
                        : "has a container on \(host) (\(container.state)) and is no node of this cluster's layout",
                    remedy: retired && context.emptied.contains(host)
                        ? "gantry bootstrap stops and removes it"
                        : context.commands.line("docker stop -t 330 \(container.name)", on: host), on: host)
            }
        },
    ]

    private static func dead(_ role: NodeRole, _ context: HealthContext, _ rule: HealthRule) -> [Finding] {
        context.snapshot.containers.compactMap { host, container in
            guard container.role == role, container.state != .running, let node = container.node,
                context.expected.map({ $0.node(node) != nil }) ?? true
            else { return nil }
            var words = "its container on \(host) is \(container.state)"
            if let code = container.exitCode, container.state != .paused { words += ", exit code \(code)" }
            if container.oomKilled {
                words += ", killed for memory"
            } else if container.exitCode == 137 {
                words += " (an unclean stop: SIGKILL)"
            }
            if let reason = container.startError { words += "; Docker could not start it: \(reason)" }
            if container.restarts > 0 { words += ", after \(counted(container.restarts, "restart"))" }
            func line(_ command: String) -> String {
                context.commands.line("docker \(command) \(container.name)", on: host)
            }
            // Bootstrap sees to all hosts, and refuses where one can't be reached.
            let starts = context.reachesAllHosts ? "gantry bootstrap" : "gantry restart \(node)"
            let remedy =
                switch container.state {
                case .paused: line("unpause")
                case .restarting: line("logs --tail 50")
                default: "\(starts) starts it again; \(line("logs --tail 50")) says why"
                }
            return rule.finding(.critical, subject(container), words, remedy: remedy, on: host)
        }
    }

    static func subject(_ container: ContainerObservation) -> String {
        guard let node = container.node else { return "container \(container.name)" }
        return subject(container.role ?? .broker, node)
    }

    static func subject(_ role: NodeRole, _ node: NodeID) -> String { "\(role.rawValue) \(node)" }
}
