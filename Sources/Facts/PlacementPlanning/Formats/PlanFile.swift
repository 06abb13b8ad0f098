public import FleetModel

/// A plan as a file: PRODUCT.md's `{"digest", "event", "lower_bound_bytes", "bytes", …, "partitions", "leaders", "waves"}`
/// and all that is needed to verify and execute it elsewhere.
public enum PlanFile {
    /// Names by which a plan is known that stands in another file's place: no other file here has them.
    static let ownNames: Set = ["digest", "input_digest", "lower_bound_bytes", "operation_digest", "waves"]

    /// The plan as a document.
    ///
    /// - Parameters:
    ///   - plan: what is written.
    ///   - took: time from parsed input to finished plan, `plan_ms`; nil where it was not measured.
    /// - Returns: the document.
    public static func document(_ plan: MovePlan, took: Duration? = nil) -> JSONValue {
        let report = plan.report
        var object = JSONObject([
            ("digest", .string(plan.digest)), ("event", .string(plan.event.description)),
            ("request", request(plan.event, plan.options)), ("input_digest", .string(plan.inputDigest)),
            ("lower_bound_bytes", JSONValue(report.lowerBound)), ("bytes", JSONValue(report.bytes)),
            ("replicas_moved", JSONValue(report.replicasMoved)),
        ])
        if let took { object["plan_ms"] = .number(milliseconds(took)) }
        object["makespan_ms"] = JSONValue(milliseconds: report.makespan)
        object["makespan_bound_ms"] = JSONValue(milliseconds: report.makespanBound)
        object["window"] = JSONValue(report.window)
        object["detour_bytes"] = JSONValue(report.detourBytes)
        object["tolerance"] = JSONValue(report.tolerance.thousandths)
        object["achieved_tolerance"] = JSONValue(report.achievedTolerance.thousandths)
        object["audit"] = .object(
            JSONObject([
                ("hosts_before", JSONValue(report.audit.hostsBefore)),
                ("hosts_after", JSONValue(report.audit.hostsAfter)),
                ("racks_before", JSONValue(report.audit.racksBefore)),
                ("racks_after", JSONValue(report.audit.racksAfter)),
            ]))
        object["notes"] = .array(report.notes.map { .string($0) })
        object["missed_bands"] = .array(report.missedBands.map(missed))
        object["brokers"] = .array(report.brokers.map(broker))
        object["partitions"] = .array(plan.changes.map(change))
        object["leaders"] = leaders(plan)
        object["waves"] = waves(plan)
        return .object(object)
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
    }

    private static func ids(_ ids: [NodeID]) -> JSONValue { .array(ids.map { JSONValue($0) }) }

    private static func names(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    private static func request(_ event: PlacementEvent, _ options: PlanningOptions) -> JSONValue {
        var object = JSONObject()
        switch event {
        case .drain(let brokers, let onto):
            object["kind"] = "drain"
            object["brokers"] = ids(brokers)
            if case .only(let targets) = onto { object["onto"] = ids(targets) }
        case .rebalance(let among):
            object["kind"] = "rebalance"
            if case .only(let targets) = among { object["onto"] = ids(targets) }
        case .replace(let old, let new):
            object["kind"] = "replace"
            object["brokers"] = ids([old, new])
        case .replicationFactor(let topics, let factor):
            object["kind"] = "replication_factor"
            object["factor"] = JSONValue(factor)
            if case .only(let chosen) = topics { object["topics"] = names(chosen) }
        case .repairSpread: object["kind"] = "repair_spread"
        case .leaders: object["kind"] = "leaders"
        }
        object["profile"] = .string(options.profile.rawValue)
        object["tolerance"] = JSONValue(options.tolerance.thousandths)
        object["headroom"] = JSONValue(options.headroom.thousandths)
        object["pinned_topics"] = names(options.pinnedTopics)
        object["excluded_topics"] = names(options.excludedTopics)
        if case .only(let partitions) = options.partitions {
            object["partitions"] = .array(
                partitions.map { ["topic": .string($0.topic), "partition": JSONValue($0.partition)] })
        }
        object["without_leaders"] = ids(options.withoutLeaders)
        object["accept_narrower_spread"] = .array(options.narrower.map(\.rawValue).sorted().map(JSONValue.string))
        return .object(object)
    }

    private static func missed(_ band: PlanReport.MissedBand) -> JSONValue {
        .object(
            JSONObject([
                ("broker", JSONValue(band.broker)), ("by_bytes", JSONValue(band.by)),
                ("proved", JSONValue(band.proved)), ("reason", .string(band.reason)),
            ]))
    }

    private static func broker(_ broker: PlanReport.Broker) -> JSONValue {
        var object = JSONObject([
            ("id", JSONValue(broker.id)), ("role", .string(broker.role.rawValue)),
            ("bytes_before", JSONValue(broker.bytesBefore)),
            ("bytes_after", JSONValue(broker.bytesAfter)), ("replicas_before", JSONValue(broker.replicasBefore)),
            ("replicas_after", JSONValue(broker.replicasAfter)), ("leaders_before", JSONValue(broker.leadersBefore)),
            ("leaders_after", JSONValue(broker.leadersAfter)), ("low_bytes", JSONValue(broker.low)),
            ("high_bytes", JSONValue(broker.high)), ("peak_bytes", JSONValue(broker.peak)),
        ])
        object["host"] = broker.host.map { JSONValue($0) }
        object["rack"] = broker.rack.map { JSONValue($0) }
        object["fair_bytes"] = broker.fair.map { JSONValue($0) }
        object["ceiling_bytes"] = broker.ceiling.map { JSONValue($0) }
        return .object(object)
    }

    private static func change(_ change: MovePlan.ListChange) -> JSONValue {
        .object(
            JSONObject([
                ("topic", .string(change.partition.topic)), ("partition", JSONValue(change.partition.partition)),
                ("from", ids(change.from)), ("replicas", ids(change.to)),
            ]))
    }

    private static func leaders(_ plan: MovePlan) -> JSONValue {
        let certificate = plan.report.leaders
        return .object(
            JSONObject([
                ("most", JSONValue(certificate.most)), ("fewest", JSONValue(certificate.fewest)),
                ("changes", JSONValue(certificate.changes)), ("crowded", ids(certificate.crowded)),
                ("sparse", ids(certificate.sparse)),
                (
                    "first",
                    .array(
                        plan.leadersFirst.map { step in
                            let partition = plan.changes[step.change].partition
                            return .object(
                                JSONObject([
                                    ("topic", .string(partition.topic)),
                                    ("partition", JSONValue(partition.partition)), ("leader", JSONValue(step.leader)),
                                ]))
                        })
                ),
            ]))
    }

    private static func waves(_ plan: MovePlan) -> JSONValue {
        var waves: [[JSONValue]] = []
        for (index, move) in plan.moves.enumerated() {
            while waves.count < move.wave { waves.append([]) }
            let partition = plan.changes[move.change].partition
            var object = JSONObject([
                ("order", JSONValue(index)), ("topic", .string(partition.topic)),
                ("partition", JSONValue(partition.partition)),
            ])
            object["add"] = move.adding.map { JSONValue($0) }
            object["source"] = move.source.map { JSONValue($0) }
            object["replicas"] = ids(move.target)
            object["bytes"] = JSONValue(move.bytes)
            object["start_ms"] = JSONValue(milliseconds: move.start)
            object["end_ms"] = JSONValue(milliseconds: move.end)
            waves[move.wave - 1].append(.object(object))
        }
        return .array(
            waves.enumerated().map { index, moves in
                .object(JSONObject([("wave", JSONValue(index + 1)), ("moves", .array(moves))]))
            })
    }
}
