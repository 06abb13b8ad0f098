import FleetModel

extension HealthRules {
    private static let partitionExamples = 3

    static let partitionRules: [HealthRule] = [
        HealthRule("partitions-offline", "every partition has a leader") { context, rule in
            partitions(context, rule, .critical, "have no leader", remedy: "start the brokers that hold them") {
                $0.leader == nil
            }
        },
        HealthRule("partitions-under-min-isr", "producers with acks=all are served") { context, rule in
            partitions(
                context, rule, .critical, "have fewer in-sync replicas than min.insync.replicas",
                remedy: "bring the brokers that hold their replicas back"
            ) { $0.leader != nil && $0.isUnderMinInSync }
        },
        HealthRule("partitions-under-replicated", "every replica is in sync that is not just being added") {
            context, rule in
            partitions(
                context, rule, .warning, "have a replica that is not in sync",
                remedy:
                    "wait where a broker has just come back; otherwise gantry clusterstatus names the brokers to bring back"
            ) { $0.leader != nil && !$0.isUnderMinInSync && $0.isUnderReplicated }
        },
        HealthRule("reassignment-orphan", "data moves only by an operation of ours") { context, rule in
            guard !context.operationRunning, let moves = context.snapshot.cluster.value?.reassignments.value else {
                return []
            }
            let own = moves.filter { context.left?.partitions.contains($0.partition) == true }
            let others = moves.filter { context.left?.partitions.contains($0.partition) != true }
            var findings: [Finding] = []
            if !others.isEmpty {
                findings.append(
                    rule.finding(
                        .warning, counted(others.count, "partition"),
                        "are being moved, and no operation of gantry is running: "
                            + examples(others.map { $0.partition.description }),
                        remedy: "wait for whoever moves them; kafka-reassign-partitions.sh --list shows them"))
            }
            if !own.isEmpty, let left = context.left {
                findings.append(
                    rule.finding(
                        .warning, left.subject,
                        "\(counted(own.count, "partition", "is", "are")) being moved by \(left.command), which \(left.state): "
                            + examples(own.map { $0.partition.description }),
                        remedy: left.remedy))
            }
            return findings
        },
        HealthRule("throttle-leftover", "no replication throttle is left behind") { context, rule in
            guard !context.operationRunning, let throttles = context.snapshot.cluster.value?.throttles.value,
                !throttles.isEmpty, context.snapshot.cluster.value?.reassignments.value?.isEmpty == true
            else { return [] }
            func subjects(isOwn: Bool) -> (count: Int, names: [String]) {
                let found = throttles.filter { (context.left?.throttled.contains($0.subject) == true) == isOwn }
                return (
                    found.count,
                    found.map(\.subject).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
                )
            }
            let (own, others) = (subjects(isOwn: true), subjects(isOwn: false))
            var findings: [Finding] = []
            if others.count > 0 {
                findings.append(
                    rule.finding(
                        .warning, counted(others.count, "setting"),
                        "throttle replication while nothing is being moved, which slows the next recovery: "
                            + examples(others.names),
                        remedy: "delete leader/follower.replication.throttled.* there with kafka-configs.sh"))
            }
            if own.count > 0, let left = context.left {
                findings.append(
                    rule.finding(
                        .warning, left.subject,
                        "\(counted(own.count, "setting")) of \(left.command), which \(left.state), "
                            + "\(own.count == 1 ? "throttles" : "throttle") replication while nothing is being moved, "
                            + "which slows the next recovery: \(examples(own.names))",
                        remedy: left.remedy))
            }
            return findings
        },
    ]

    private static func partitions(
        _ context: HealthContext, _ rule: HealthRule, _ severity: Severity, _ words: String, remedy: String,
        where matches: (PartitionObservation) -> Bool
    ) -> [Finding] {
        guard let table = context.snapshot.cluster.value?.partitions.value else { return [] }
        var count = 0
        var names: [String] = []
        for row in table.rows where !row.topic.isCanary && matches(row) {
            count += 1
            if names.count <= partitionExamples { names.append(row.name.description) }
        }
        guard count > 0 else { return [] }
        return [
            rule.finding(
                severity, counted(count, "partition"),
                "\(words): \(examples(names, of: count))", remedy: remedy)
        ]
    }

    static func examples(_ names: [String], of count: Int? = nil) -> String {
        let count = count ?? names.count
        let shown = names.prefix(partitionExamples).joined(separator: ", ")
        return count > partitionExamples ? "\(shown) and \(count - partitionExamples) more" : shown
    }
}
