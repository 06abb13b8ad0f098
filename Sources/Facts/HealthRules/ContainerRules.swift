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
                    remedy: "gantry bootstrap (finishes what is missing; touches nothing that runs)")
            }
        },
        HealthRule("container-out-of-memory", "no container was killed for memory") { context, rule in
            context.snapshot.containers.compactMap { host, container in
                guard container.oomKilled, container.state == .running else { return nil }
                return rule.finding(
                    .warning, subject(container), "its last run on \(host) was killed for memory",
                    remedy: "raise memory or lower heap of \(host) in defaults.cfg")
            }
        },
        HealthRule("container-leftover", "every labelled container belongs to a wanted node") { context, rule in
            guard let expected = context.expected else { return [] }
            return context.snapshot.containers.compactMap { host, container in
                guard let node = container.node else {
                    return rule.finding(
                        .warning, "container \(container.name)",
                        "carries the cluster's label on \(host) and no node id",
                        remedy: context.commands.line("docker inspect \(container.name)", on: host))
                }
                guard expected.node(node) == nil else { return nil }
                let retired = context.retired.contains(node)
                return rule.finding(
                    retired && container.state == .running ? .critical : .warning, subject(container),
                    retired
                        ? "was removed for good, and its container is back on \(host) (\(container.state))"
                        : "has a container on \(host) (\(container.state)) and is no node of this cluster's layout",
                    remedy: retired && context.emptied.contains(host)
                        ? "gantry bootstrap stops and removes it"
                        : context.commands.line("docker stop -t 330 \(container.name)", on: host))
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
            func line(_ command: String) -> String {
                context.commands.line("docker \(command) \(container.name)", on: host)
            }
            let remedy =
                switch container.state {
                case .paused: line("unpause")
                case .restarting: line("logs --tail 50")
                default: "gantry bootstrap starts it again; \(line("logs --tail 50")) says why"
                }
            return rule.finding(.critical, subject(container), words, remedy: remedy)
        }
    }

    static func subject(_ container: ContainerObservation) -> String {
        guard let node = container.node else { return "container \(container.name)" }
        return subject(container.role ?? .broker, node)
    }

    static func subject(_ role: NodeRole, _ node: NodeID) -> String { "\(role.rawValue) \(node)" }
}
