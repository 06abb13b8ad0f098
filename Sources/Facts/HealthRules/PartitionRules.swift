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
            guard !context.operationRunning, let moves = context.snapshot.cluster.value?.reassignments.value,
                !moves.isEmpty
            else { return [] }
            return [
                rule.finding(
                    .warning, counted(moves.count, "partition"),
                    "are being moved, and no operation of gantry is running: "
                        + examples(moves.map { $0.partition.description }),
                    remedy: "wait for whoever moves them; kafka-reassign-partitions.sh --list shows them")
            ]
        },
        HealthRule("throttle-leftover", "no replication throttle is left behind") { context, rule in
            guard !context.operationRunning, let throttles = context.snapshot.cluster.value?.throttles.value,
                !throttles.isEmpty, context.snapshot.cluster.value?.reassignments.value?.isEmpty == true
            else { return [] }
            let subjects = throttles.map(\.subject).reduce(into: [String]()) {
                if !$0.contains($1) { $0.append($1) }
            }
            return [
                rule.finding(
                    .warning, counted(throttles.count, "setting"),
                    "throttle replication while nothing is being moved, which slows the next recovery: "
                        + examples(subjects),
                    remedy: "delete leader/follower.replication.throttled.* there with kafka-configs.sh")
            ]
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
