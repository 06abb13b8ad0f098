public import FleetModel

extension PlanFile {
    /// Reads a plan that `document` wrote.
    ///
    /// - Throws: `PlanningRefusal` for a document of another shape, and for one whose digest is not that of its
    ///   contents: it was edited, or damaged.
    public static func read(_ document: JSONValue) throws(PlanningRefusal) -> MovePlan {
        var reader = PlanFileReader(document)
        return try reader.plan()
    }
}

/// Takes a document apart; every step names the path of what is missing.
private struct PlanFileReader {
    private let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    private func failure(_ path: String, _ wanted: String) -> PlanningRefusal {
        PlanningRefusal(
            code: "format", "the plan's '\(path)' is not \(wanted)", remedy: "write the plan again with `gantry plan`")
    }

    private func member(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> JSONValue {
        guard let found = value[name] else { throw failure(name, "there") }
        return found
    }

    private func integer(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> Int64 {
        guard let number = try member(value, name).integer else { throw failure(name, "a whole number") }
        return number
    }

    private func count(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> Int {
        let number = try integer(value, name)
        guard number >= 0, number <= Int64(Int32.max) else { throw failure(name, "a count") }
        return Int(number)
    }

    private func bytes(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> ByteCount {
        ByteCount(try integer(value, name))
    }

    private func text(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> String {
        guard let text = try member(value, name).string else { throw failure(name, "a text") }
        return text
    }

    private func list(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> [JSONValue] {
        guard let list = try member(value, name).array else { throw failure(name, "a list") }
        return list
    }

    private func id(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> NodeID {
        guard let id = NodeID(integer: value) else { throw failure(name, "a broker's id") }
        return id
    }

    private func ids(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> [NodeID] {
        var ids: [NodeID] = []
        for element in try list(value, name) { ids.append(try id(element, name)) }
        return ids
    }

    private func names(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> [String] {
        var names: [String] = []
        for element in try list(value, name) {
            guard let text = element.string else { throw failure(name, "a list of names") }
            names.append(text)
        }
        return names
    }

    private func partition(_ value: JSONValue) throws(PlanningRefusal) -> TopicPartition {
        TopicPartition(
            topic: try text(value, "topic"), partition: Int32(truncatingIfNeeded: try count(value, "partition")))
    }

    private func time(_ value: JSONValue, _ name: String) throws(PlanningRefusal) -> Duration {
        .milliseconds(max(0, try integer(value, name)))
    }

    mutating func plan() throws(PlanningRefusal) -> MovePlan {
        let (event, options) = try request()
        var changes: [MovePlan.ListChange] = []
        var indexOf: [TopicPartition: Int] = [:]
        for row in try list(document, "partitions") {
            let change = MovePlan.ListChange(
                partition: try partition(row), from: try ids(row, "from"), to: try ids(row, "replicas"))
            indexOf[change.partition] = changes.count
            changes.append(change)
        }
        func index(_ row: JSONValue) throws(PlanningRefusal) -> Int {
            let partition = try partition(row)
            guard let index = indexOf[partition] else { throw failure("\(partition)", "among the partitions") }
            return index
        }
        let leaders = try member(document, "leaders")
        var first: [MovePlan.LeaderStep] = []
        for row in try list(leaders, "first") {
            first.append(.init(change: try index(row), leader: try id(try member(row, "leader"), "leader")))
        }
        var moves: [(order: Int, move: MovePlan.Move)] = []
        for wave in try list(document, "waves") {
            let number = try count(wave, "wave")
            for row in try list(wave, "moves") {
                let move = MovePlan.Move(
                    change: try index(row), adding: row["add"].flatMap(NodeID.init(integer:)),
                    source: row["source"].flatMap(NodeID.init(integer:)), target: try ids(row, "replicas"),
                    bytes: try bytes(row, "bytes"), wave: number, start: try time(row, "start_ms"),
                    end: try time(row, "end_ms"))
                moves.append((try count(row, "order"), move))
            }
        }
        moves.sort { $0.order < $1.order }
        let plan = MovePlan(
            event: event, options: options, changes: changes, leadersFirst: first, moves: moves.map(\.move),
            report: try report(leaders), inputDigest: try text(document, "input_digest"))
        guard try text(document, "digest") == plan.digest else {
            throw PlanningRefusal(
                code: "digest", "the plan's digest is not that of its contents: it was edited or damaged",
                remedy: "plan again, and apply the file as it was written")
        }
        return plan
    }

    private func selection(_ request: JSONValue) throws(PlanningRefusal) -> BrokerSelection {
        request["onto"] == nil ? .all : .only(try ids(request, "onto"))
    }

    private func request() throws(PlanningRefusal) -> (PlacementEvent, PlanningOptions) {
        let request = try member(document, "request")
        let event: PlacementEvent
        switch try text(request, "kind") {
        case "drain": event = .drain(brokers: try ids(request, "brokers"), onto: try selection(request))
        case "rebalance": event = .rebalance(among: try selection(request))
        case "replace":
            let brokers = try ids(request, "brokers")
            guard brokers.count == 2 else { throw failure("brokers", "two brokers") }
            event = .replace(old: brokers[0], new: brokers[1])
        case "replication_factor":
            event = .replicationFactor(
                topics: request["topics"] == nil ? .all : .only(try names(request, "topics")),
                factor: try count(request, "factor"))
        case "repair_spread": event = .repairSpread
        case "leaders": event = .leaders
        default: throw failure("request.kind", "known")
        }
        guard let profile = PlanningOptions.Profile(rawValue: try text(request, "profile")) else {
            throw failure("request.profile", "known")
        }
        var partitions = PartitionSelection.all
        if request["partitions"] != nil {
            var chosen: [TopicPartition] = []
            for row in try list(request, "partitions") { chosen.append(try partition(row)) }
            partitions = .only(chosen)
        }
        let options = PlanningOptions(
            profile: profile, tolerance: PerMille(try integer(request, "tolerance")),
            headroom: PerMille(try integer(request, "headroom")), pinnedTopics: try names(request, "pinned_topics"),
            excludedTopics: try names(request, "excluded_topics"), partitions: partitions,
            withoutLeaders: try ids(request, "without_leaders"),
            narrower: try narrower(request))
        return (event, options)
    }

    /// A list of what may be narrower; files of older versions say yes or no to all of it.
    private func narrower(_ request: JSONValue) throws(PlanningRefusal) -> Set<SpreadDomain> {
        if let all = try member(request, "accept_narrower_spread").bool { return all ? Set(SpreadDomain.allCases) : [] }
        var domains: Set<SpreadDomain> = []
        for name in try names(request, "accept_narrower_spread") {
            guard let domain = SpreadDomain(rawValue: name) else {
                throw failure("request.accept_narrower_spread", "hosts or racks")
            }
            domains.insert(domain)
        }
        return domains
    }

    private func report(_ leaders: JSONValue) throws(PlanningRefusal) -> PlanReport {
        var brokers: [PlanReport.Broker] = []
        for row in try list(document, "brokers") {
            guard let role = PlanReport.Broker.Role(rawValue: try text(row, "role")) else {
                throw failure("role", "known")
            }
            brokers.append(
                .init(
                    id: try id(try member(row, "id"), "id"), host: row["host"]?.string, rack: row["rack"]?.string,
                    role: role, bytesBefore: try bytes(row, "bytes_before"),
                    bytesAfter: try bytes(row, "bytes_after"), replicasBefore: try count(row, "replicas_before"),
                    replicasAfter: try count(row, "replicas_after"), leadersBefore: try count(row, "leaders_before"),
                    leadersAfter: try count(row, "leaders_after"),
                    fair: row["fair_bytes"]?.integer.map { ByteCount($0) }, low: try bytes(row, "low_bytes"),
                    high: try bytes(row, "high_bytes"), peak: try bytes(row, "peak_bytes"),
                    ceiling: row["ceiling_bytes"]?.integer.map { ByteCount($0) }))
        }
        var missed: [PlanReport.MissedBand] = []
        for row in try list(document, "missed_bands") {
            missed.append(
                .init(
                    broker: try id(try member(row, "broker"), "broker"), by: try bytes(row, "by_bytes"),
                    proved: try member(row, "proved").bool ?? false, reason: try text(row, "reason")))
        }
        let audit = try member(document, "audit")
        return PlanReport(
            bytes: try bytes(document, "bytes"), lowerBound: try bytes(document, "lower_bound_bytes"),
            replicasMoved: try count(document, "replicas_moved"), detourBytes: try bytes(document, "detour_bytes"),
            makespan: try time(document, "makespan_ms"), makespanBound: try time(document, "makespan_bound_ms"),
            brokers: brokers, missedBands: missed, tolerance: PerMille(try integer(document, "tolerance")),
            achievedTolerance: PerMille(try integer(document, "achieved_tolerance")),
            window: try count(document, "window"),
            leaders: LeaderCertificate(
                most: try count(leaders, "most"), fewest: try count(leaders, "fewest"),
                crowded: try ids(leaders, "crowded"), sparse: try ids(leaders, "sparse"),
                changes: try count(leaders, "changes")),
            audit: .init(
                hostsBefore: try count(audit, "hosts_before"), hostsAfter: try count(audit, "hosts_after"),
                racksBefore: try count(audit, "racks_before"), racksAfter: try count(audit, "racks_after")),
            notes: try names(document, "notes"))
    }
}

extension NodeID {
    fileprivate init?(integer value: JSONValue) {
        guard let number = value.integer, let narrow = Int32(exactly: number) else { return nil }
        self.init(rawValue: narrow)
    }
}
