import FleetModel
import OperationModel
import PlacementPlanning

/// An operation's plan as a file: the move part as `gantry plan` writes it, every step, and the state it was made from.
struct OperationPlanFile: Sendable {
    /// Every step.
    var plan: OperationPlan
    /// The command line that made it, for the proof before it is applied.
    var words: [String]
    /// What it was made from.
    var state: PlannedState
    /// When.
    var madeAt: Timestamp
    /// What the reader should know besides.
    var notes: [String]

    /// The plans of its moves.
    var moves: [MovePlan] {
        plan.steps.filter { OperationPlan.movingKinds.contains($0.kind) }.compactMap { step in
            guard let text = (try? JSONValue(parsing: step.payload))?["plan"]?.string,
                let document = try? JSONValue(parsing: text)
            else { return nil }
            return try? PlanFile.read(document)
        }
    }

    // MARK: Writing

    /// The whole file.
    /// - Throws: `JSONError` of a value that can't be written, which is a defect.
    func document(took: Duration?) throws(JSONError) -> JSONValue {
        var object = moveDocument(took: took)
        object["topics"] = .array(
            state.partitions.map { ["topic": .string($0.topic), "partitions": JSONValue($0.count)] })
        object["operation"] = [
            "command": .string(plan.commandLine), "words": .array(words.map { .string($0) }),
            "cluster": .string(plan.cluster.rawValue), "cluster_id": .string(plan.clusterID.rawValue),
            "made_at": .string(madeAt.description), "made_at_ms": .integer(madeAt.milliseconds),
            "plan": Self.renamed(try JSONValue(encoding: plan), Self.names),
            "state": Self.renamed(try JSONValue(encoding: state), Self.names),
        ]
        object["operation_digest"] = .string(Self.digest(object))
        return .object(object)
    }

    /// The names that parts of a plan and of a state have in code, and in documents, which are `snake_case`.
    private static let names = [("clusterID", "cluster_id"), ("failurePolicy", "failure_policy")]

    private static func renamed(_ value: JSONValue, _ names: [(String, String)]) -> JSONValue {
        guard let object = value.object else { return value }
        return .object(
            JSONObject(
                object.members.map { member in
                    (names.first { $0.0 == member.name }?.1 ?? member.name, member.value)
                }))
    }

    /// Over all that stands in the file but the digest itself, in an order of its own.
    private static func digest(_ object: JSONObject) -> String {
        var object = object
        object["operation_digest"] = nil
        return TextDigest.of(JSONValue.object(object).sorted.text())
    }

    private func moveDocument(took: Duration?) -> JSONObject {
        let moves = moves
        let documents = moves.map { PlanFile.document($0, took: took).object ?? JSONObject() }
        let stateDigest = TextDigest.of((try? JSONValue(encoding: state).sorted.text()) ?? "")
        guard var object = documents.first else {
            return JSONObject([
                ("digest", .string(stateDigest)), ("event", .string(plan.commandLine)),
                ("request", .object(JSONObject())),
                ("input_digest", .string(stateDigest)), ("lower_bound_bytes", 0), ("bytes", 0), ("replicas_moved", 0),
                ("makespan_ms", 0), ("makespan_bound_ms", 0), ("notes", .array(notes.map { .string($0) })),
                ("brokers", .array([])), ("partitions", .array([])),
                (
                    "leaders",
                    .object(
                        JSONObject([
                            ("most", 0), ("fewest", 0), ("changes", 0), ("crowded", .array([])), ("sparse", .array([])),
                            ("first", .array([])),
                        ]))
                ),
                ("waves", .array([])),
            ])
        }
        object["notes"] = .array((moves.flatMap(\.report.notes) + notes).map { .string($0) })
        guard moves.count > 1 else { return object }
        // Several stages: the sums, and each list from before the first to behind the last.
        object["digest"] = .string(TextDigest.of(moves.map(\.digest).joined(separator: " ")))
        object["event"] = .string(plan.commandLine)
        func sum(_ value: (MovePlan) -> ByteCount) -> JSONValue {
            JSONValue(moves.reduce(ByteCount.zero) { $0 + value($1) })
        }
        object["bytes"] = sum(\.report.bytes)
        object["lower_bound_bytes"] = sum(\.report.lowerBound)
        object["replicas_moved"] = JSONValue(moves.reduce(0) { $0 + $1.report.replicasMoved })
        object["makespan_ms"] = JSONValue(milliseconds: moves.reduce(.zero) { $0 + $1.report.makespan })
        object["makespan_bound_ms"] = JSONValue(milliseconds: moves.reduce(.zero) { $0 + $1.report.makespanBound })
        object["waves"] = .array(documents.flatMap { $0["waves"]?.array ?? [] })
        object["partitions"] = .array(Self.composed(moves))
        object["stages"] = .array(documents.map { .object($0) })
        return object
    }

    private static func composed(_ moves: [MovePlan]) -> [JSONValue] {
        var lists: [TopicPartition: (from: [NodeID], to: [NodeID])] = [:]
        for change in moves.flatMap(\.changes) {
            lists[change.partition] = (lists[change.partition]?.from ?? change.from, change.to)
        }
        return lists.sorted { $0.key < $1.key }.map { partition, list in
            [
                "topic": .string(partition.topic), "partition": JSONValue(partition.partition),
                "from": .array(list.from.map { JSONValue($0) }), "replicas": .array(list.to.map { JSONValue($0) }),
            ]
        }
    }

    // MARK: Reading

    /// The newest shape that this version reads is the only one there has been.
    static func read(_ bytes: [UInt8], path: String) throws(CommandError) -> OperationPlanFile {
        func refusal(_ code: String, _ reason: String, next: String) -> CommandError {
            CommandError(
                code, "the plan can't be applied", object: path, reason: reason, next: next, exit: .refused)
        }
        let again = "name a plan that gantry plan COMMAND… -o FILE has written, or make one anew"
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw refusal("plan-unreadable", error.description, next: again)
        }
        guard let object = value.object else {
            throw refusal("plan-unreadable", "it holds no JSON object", next: again)
        }
        guard let operation = object["operation"]?.object, let digest = object["operation_digest"]?.string else {
            let event = (try? PlanFile.read(value))?.event
            throw refusal(
                "plan-without-operation",
                "it is a plan of moves alone: "
                    + (event?.hasOperation ?? true
                        ? "made from a snapshot, or with options that only the planner has"
                        : "no operation of gantry is planned like this"),
                next: event?.wayToExecute
                    ?? "gantry plan COMMAND… -o FILE on the running cluster makes one that can be applied")
        }
        guard digest == Self.digest(object) else {
            throw refusal(
                "plan-edited", "its digest does not fit what stands in it: it was edited or damaged", next: again)
        }
        do {
            guard let plan = operation["plan"], let state = operation["state"],
                let words = operation["words"]?.array?.compactMap(\.string), !words.isEmpty,
                let madeAt = operation["made_at_ms"]?.integer
            else { throw refusal("plan-unreadable", "a part of it is missing", next: again) }
            let file = OperationPlanFile(
                plan: try Self.renamed(plan, Self.names.map { ($0.1, $0.0) }).decoded(as: OperationPlan.self),
                words: words,
                state: try Self.renamed(state, Self.names.map { ($0.1, $0.0) }).decoded(as: PlannedState.self),
                madeAt: Timestamp(milliseconds: madeAt), notes: [])
            if let defect = file.plan.defect { throw refusal("plan-unreadable", defect, next: again) }
            return file
        } catch let error as CommandError {
            throw error
        } catch {
            throw refusal("plan-unreadable", "\(error)", next: "use the version of gantry that made it, or: \(again)")
        }
    }
}
