public import FleetModel
public import OperationModel

/// The operation so far as one JSON document: what hooks read.
public enum OperationDocument {
    /// The document.
    /// - Parameters:
    ///   - hook: which hook gets it: `before-removehost`.
    ///   - id: the operation; nil before it has begun.
    ///   - progress: how far it has come.
    ///   - stage: the step that ended the stage, where a stage ended.
    ///   - ending: how it is about to end, where it is.
    /// - Returns: one object, as `hooks.d/README` shows it.
    public static func json(
        hook: String, id: OperationID?, progress: OperationProgress, stage: StepID? = nil,
        ending: OperationEnding? = nil
    ) -> JSONValue {
        let plan = progress.plan
        let (state, reason) = words(id, ending)
        return [
            "hook": .string(hook), "cluster": JSONValue(plan.cluster), "cluster_id": .string(plan.clusterID.rawValue),
            "operation": id.map { .string($0.rawValue) } ?? .null, "command": .string(plan.command),
            "arguments": .array(plan.arguments.map(JSONValue.string)),
            "reason": plan.reason.map { .string($0) } ?? .null, "state": .string(state),
            "ending_reason": reason.map { .string($0) } ?? .null,
            "started_at": progress.startedAt.map { JSONValue($0) } ?? .null,
            "stage": stage.map { .string($0.rawValue) } ?? .null,
            "warnings": .array(progress.warnings.map(JSONValue.string)),
            "steps": .array(plan.steps.indices.map { step($0, progress) }),
        ]
    }

    private static func step(_ index: Int, _ progress: OperationProgress) -> JSONValue {
        let (step, state) = (progress.plan.steps[index], progress.states[index])
        return [
            "id": .string(step.id.rawValue), "title": .string(step.title), "subject": .string(step.subject),
            "host": step.host.map { JSONValue($0) } ?? .null,
            "state": .string(StageTable.word(state).replacing(" ", by: "_")),
            "took_ms": progress.times[index].took.map { JSONValue(milliseconds: $0) } ?? .null,
            "failure": state.failure.map { .string("\($0.object): \($0.reason)") } ?? .null,
        ]
    }

    private static func words(_ id: OperationID?, _ ending: OperationEnding?) -> (String, String?) {
        switch ending {
        case .done: ("done", nil)
        case .stopped(let reason), .stoppedAtOnce(let reason): ("stopped", reason)
        case .paused(let reason): ("paused", reason)
        case .failed(let reason): ("failed", reason)
        case .aborted(let reason): ("aborted", reason)
        case .superseded(let other): ("aborted", "superseded by operation \(other)")
        case nil: (id == nil ? "planned" : "running", nil)
        }
    }
}

extension String {
    fileprivate func replacing(_ old: Character, by new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
