public import OperationModel

/// Goes along with an operation without being part of it: told of its stages and its ending, before that is journaled.
///
/// A worker that dies meanwhile is followed by one that tells of the same ending again.
public protocol OperationCompanion: Sendable {
    /// A stage has ended with the check of `step`, well or not.
    func stageEnded(_ step: StepRecord, _ progress: OperationProgress) async -> [OperationRemark]
    /// The operation is about to end so.
    func ending(_ ending: OperationEnding, _ progress: OperationProgress) async -> [OperationRemark]
}

/// What a companion has to say.
public enum OperationRemark: Hashable, Sendable {
    /// Kept in the journal.
    case note(String)
    /// The same, and the operation ends with warnings.
    case warning(String)

    /// The event that keeps it.
    public var event: OperationEvent {
        switch self {
        case .note(let text): .note(nil, text)
        case .warning(let text): .warning(text)
        }
    }
}
