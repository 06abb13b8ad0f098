import FleetModel
import PlacementPlanning

/// `gantry plan check`: a reassignment that another tool made, judged by the rules that plans are judged by.
struct ReassignmentCheck {
    static let name = "check"

    private static let argument = Argument<FilePath>(
        "FILE", .one, "the reassignment, as kafka-reassign-partitions.sh takes it or its --generate prints it")
    private static let words = Argument<String>(
        "COMMAND", .any, "what it is meant to do, as gantry plan takes it: what it moves is then judged by that")

    /// For help alone: `gantry plan` reads its words.
    static let definition = CommandDefinition(
        name, "judge a reassignment that another tool made", arguments: [argument, words],
        options: PlacementSource.options + [PlanCommand.rollback], changes: [.accept],
        details: [
            "Plans nothing and changes nothing: it judges FILE by the rules that gantry's own plans keep, on the running cluster "
                + "or on --snapshot, and says what it copies, against the least that COMMAND needs, and where each broker ends.",
            "--rollback-json writes the reassignment that restores the lists as they are now.",
        ],
        choices: .init(
            "exit status",
            [
                .init("0", "it keeps every rule"),
                .init("1", "it keeps them, and moves more than COMMAND needs or leaves a broker outside its band"),
                .init("4", "it breaks a rule, each named with its remedy; or FILE is no reassignment"),
                .init("64", "wrong usage"),
            ]),
        examples: [
            .init(
                "gantry plan check move.json removebroker 5 --snapshot state.json --rollback-json back.json",
                "what another tool proposes, before it is executed")
        ], isAudited: false)

    private let file: FilePath
    /// What it is meant to do; nil: its lists are judged alone.
    private let request: PlanRequest?

    /// Reads FILE, then the command that it is for, if any.
    init(_ words: [String], help: String) throws(CommandError) {
        guard let path = words.first, let file = FilePath(argument: path) else {
            throw .usage("FILE is missing", reason: "check wants the reassignment to judge", next: help)
        }
        self.file = file
        request = words.count > 1 ? try PlanRequest(Array(words.dropFirst()), help: help) : nil
    }

    func run(
        on source: PlacementSource, rollback: FilePath?, in context: CommandContext
    ) async throws -> ExitStatus {
        try WholeFile.refuseSame(read: source.files + [file.path], written: [rollback?.path])
        let rows = try WholeFile.parsed(file.path) { try KafkaFiles.reassignment($0) }
        guard !rows.isEmpty else {
            throw CommandError(
                "empty-reassignment", "there is nothing to judge", object: file.path,
                reason: "it names no partition, and Kafka's tool refuses it too",
                next: "name the file that kafka-reassign-partitions.sh is to execute", exit: .refused)
        }
        let (input, options) = try await source.placement(in: context)
        let event = try request?.event(in: input)
        let judgement = try ReassignmentJudgement(rows, input, for: event, options)
        if let rollback { try WholeFile.write(KafkaFiles.rollback(rows, input), to: rollback.path) }
        let report = ReassignmentCheckReport(
            file: file.path, event: event, judgement: judgement, hasNoSizes: input.hasNoSizes,
            notes: input.notes + (request?.notes(in: input) ?? []))
        context.show(report)
        return report.exit
    }
}

/// The answer of `gantry plan check`.
struct ReassignmentCheckReport: Report {
    let file: String
    let event: PlacementEvent?
    let judgement: ReassignmentJudgement
    /// Whether nobody told the size of any partition: bytes and times are then no facts.
    let hasNoSizes: Bool
    let notes: [String]

    var exit: ExitStatus {
        judgement.violations.isEmpty ? judgement.shortcomings.isEmpty ? .done : .warning : .refused
    }

    private var findings: [(severity: String, tone: Tone, violation: PlanViolation)] {
        judgement.violations.map { ("critical", .bad, $0) } + judgement.shortcomings.map { ("warning", .notice, $0) }
    }

    var json: JSONValue {
        let brokers = judgement.brokers.map { broker -> JSONValue in
            [
                "id": JSONValue(broker.id), "bytes_before": JSONValue(broker.bytesBefore),
                "bytes_after": JSONValue(broker.bytesAfter), "replicas_before": JSONValue(broker.replicasBefore),
                "replicas_after": JSONValue(broker.replicasAfter), "leaders_before": JSONValue(broker.leadersBefore),
                "leaders_after": JSONValue(broker.leadersAfter), "peak_bytes": JSONValue(broker.peak),
            ]
        }
        let findings = findings.map { finding -> JSONValue in
            [
                "rule": .string(finding.violation.rule), "severity": .string(finding.severity),
                "subject": .string(finding.violation.object), "evidence": .string(finding.violation.message),
                "remedy": .string(remedy(finding.violation.rule)),
            ]
        }
        return .object(
            JSONObject([
                ("file", .string(file)), ("event", event.map { .string($0.description) } ?? .null),
                ("keeps_rules", .bool(judgement.violations.isEmpty)), ("lists", JSONValue(judgement.changes.count)),
                ("unchanged", JSONValue(judgement.unchanged)),
                ("replicas_moved", JSONValue(judgement.replicasMoved)), ("bytes", JSONValue(judgement.bytes)),
                ("lower_bound_bytes", judgement.lowerBound.map { JSONValue($0) } ?? .null),
                ("makespan_bound_ms", JSONValue(milliseconds: judgement.makespanBound)),
                ("leader_changes", JSONValue(judgement.leaderChanges)), ("findings", .array(findings)),
                ("notes", .array(notes.map { .string($0) })), ("brokers", .array(brokers)),
            ]))
    }

    var document: Document {
        var pairs = [Pair("file", "reassignment", Cell(file))]
        if let event { pairs.append(Pair("event", "judged as", Cell(event.description))) }
        pairs += [
            Pair("lists", "lists that change", Cell(judgement.changes.count)),
            Pair("replicas_moved", "replicas to copy", Cell(judgement.replicasMoved)),
            Pair("bytes", "bytes to copy", sizes.known(Cell(judgement.bytes))),
        ]
        if let bound = judgement.lowerBound {
            pairs.append(Pair("lower_bound_bytes", "least possible", sizes.known(Cell(bound))))
        }
        let time = judgement.makespanBound
        pairs += [
            Pair(
                "makespan_bound_ms", "time, at least",
                sizes.known(Cell(TimeText.span(time), exact: String(JSONValue(milliseconds: time).integer ?? 0)))),
            Pair("leader_changes", "leaders that change", Cell(judgement.leaderChanges)),
        ]
        var blocks: [Document.Block] = [.pairs(pairs), .table(brokers)]
        if !findings.isEmpty {
            blocks.append(
                .findings(
                    findings.map {
                        FindingRow(
                            Cell($0.severity, $0.tone), rule: $0.violation.rule, subject: $0.violation.object,
                            evidence: $0.violation.message, remedy: remedy($0.violation.rule))
                    }))
        }
        if !notes.isEmpty { blocks.append(.lines(notes)) }
        let verdict: Cell =
            switch exit {
            case .done: Cell("it keeps every rule", .good)
            case .warning: Cell("it keeps every rule, and could be better: gantry plan makes one that is", .notice)
            default: Cell("it breaks rules: do not execute it", .bad)
            }
        return Document(blocks + [.text(verdict)])
    }

    private var sizes: SizeCells { SizeCells(areUnknown: hasNoSizes) }

    private var brokers: Table {
        let most = ByteCount(judgement.brokers.map { max($0.bytesBefore, $0.bytesAfter) }.max() ?? 0)
        func bytes(_ size: Int64) -> Cell { sizes.bytes(ByteCount(size), of: most) }
        return Table(
            "broker",
            [
                .init("id", "broker", isNumber: true), .init("bytes_before", "bytes before", isNumber: true),
                .init("bytes_after", "bytes after", isNumber: true),
                .init("leaders_before", "leaders before", isNumber: true),
                .init("leaders_after", "leaders after", isNumber: true),
                .init("peak_bytes", "most meanwhile", isNumber: true),
            ],
            judgement.brokers.map {
                [
                    Cell($0.id.rawValue), bytes($0.bytesBefore), bytes($0.bytesAfter), Cell($0.leadersBefore),
                    Cell($0.leadersAfter),
                    hasNoSizes ? Cell("unknown", .unknown, exact: "") : Cell(ByteCount($0.peak)),
                ]
            })
    }

    /// The smallest change of the file that mends a rule.
    private func remedy(_ rule: String) -> String {
        switch rule {
        case "from": "take it out of the file, or plan on a snapshot of today"
        case "factor": "name as many brokers as it has replicas, or check it as 'replicationfactor COUNT'"
        case "target": "name a live broker that may receive"
        case "leaving": "name another broker in its place"
        case "host": "name a broker of another host"
        case "rack": "name a broker of another rack"
        case "pinned": "take it out of the file"
        case "source": "bring a broker that holds it back first"
        case "disk": "name another broker, or execute the file in parts; gantry moves so that no disk overflows"
        case "unasked": "leave these replicas where they are"
        default: "gantry plan rebalance --reassignment-json FILE makes one that evens out"
        }
    }
}
