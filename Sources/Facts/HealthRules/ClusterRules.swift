import FleetModel

extension HealthRules {
    static let clusterRules: [HealthRule] = [
        HealthRule("cluster-unreachable", "at least one node answers") { context, rule in
            guard
                let reason = context.snapshot.cluster.reason ?? context.snapshot.cluster.value?.brokers.reason
            else { return [] }
            // Where every host was seen and Kafka does not answer, it is down; otherwise that could not be found out.
            let allSeen = context.snapshot.hosts.allSatisfy { $0.state == .ok }
            let bootstrapped = context.expected != nil || !context.snapshot.containers.isEmpty
            return [
                rule.finding(
                    allSeen && bootstrapped ? .critical : .unknown, "cluster \(context.cluster)", reason,
                    remedy: bootstrapped ? "see the findings of its hosts and containers" : "gantry bootstrap")
            ]
        },
        HealthRule("cluster-id-mismatch", "everything belongs to the journal's cluster") { context, rule in
            guard let expected = context.expected?.clusterID else { return [] }
            var findings: [Finding] = []
            if let answered = context.snapshot.cluster.value?.clusterID, answered != expected {
                findings.append(
                    rule.finding(
                        .critical, "cluster \(context.cluster)",
                        "its brokers answer as cluster \(answered); the journal knows \(expected)",
                        remedy: "check virthosts in defaults.cfg: these hosts carry another cluster"))
            }
            for (host, container) in context.snapshot.containers {
                guard let id = container.clusterID, id != expected else { continue }
                findings.append(
                    rule.finding(
                        .critical, subject(container),
                        "its container on \(host) belongs to cluster \(id); the journal knows \(expected)",
                        remedy: context.commands.line("docker inspect \(container.name)", on: host)))
            }
            return findings
        },
        HealthRule("no-controller", "the quorum has a leader") { context, rule in
            guard let cluster = context.snapshot.cluster.value, cluster.controller == nil,
                cluster.quorum.value != nil
            else { return [] }
            return [
                rule.finding(
                    .critical, "quorum", "no controller is active: topics, leaders and brokers can't change",
                    remedy: "bring a majority of the controllers up: see their containers above")
            ]
        },
    ]
}
