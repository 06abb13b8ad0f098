import FleetModel
public import HealthRules
public import OperationModel
import PlacementPlanning

extension LeftInForce {
    /// What the operation behind `progress` may have left in force; nil where it is known to have taken everything back.
    ///
    /// Only a worker that was cut off leaves moves behind, dead or ended at once; of any other the record of moves tells what
    /// could not be taken back. A cordon stays until the operation is done or given up.
    /// - Parameters:
    ///   - id: the operation, which nobody carries out.
    ///   - progress: how it was left.
    ///   - record: the journal's record of moves.
    ///   - canGoOn: whether it can be gone on with.
    public init?(_ id: OperationID, _ progress: OperationProgress, record: String?, canGoOn: Bool) {
        let record = record.flatMap { $0.isEmpty ? nil : try? JSONValue(parsing: $0).decoded(as: MoveRecord.self) }
        let state: String
        let isCutOff: Bool
        switch progress.ending {
        case .done: return nil
        case nil: (state, isCutOff) = ("was interrupted", true)
        case .stoppedAtOnce: (state, isCutOff) = ("was stopped at once", true)
        case .superseded: (state, isCutOff) = ("was interrupted", true)
        case .stopped: (state, isCutOff) = ("was stopped", false)
        case .paused: (state, isCutOff) = ("is paused", false)
        case .failed: (state, isCutOff) = ("failed", false)
        case .aborted: (state, isCutOff) = ("was given up", false)
        }
        let begun = progress.plan.steps.filter { progress.begun.contains($0.id) }
        let cordoned: [NodeID] =
            if case .aborted = progress.ending { [] } else {
                begun.filter { $0.kind == CordonBroker.kind }
                    .compactMap { ((try? StepCatalog.step($0)) as? CordonBroker)?.broker }
            }
        guard isCutOff || record != nil || !cordoned.isEmpty else { return nil }
        var partitions = Set((record?.replanned ?? []).map(\.partition))
        for step in begun where isCutOff || record != nil {
            // A step that this version can't read moves nothing that could be told to be ours.
            switch try? StepCatalog.step(step) {
            case let move as MoveData: partitions.formUnion((try? move.readPlan())?.changes.map(\.partition) ?? [])
            case let back as RestoreLists: partitions.formUnion(back.routes.map(\.partition))
            default: break
            }
        }
        let owners =
            (record?.brokers ?? []).map { ConfigurationOwner.broker($0.broker) }
            + (record?.topics ?? []).map { .topic($0.topic) }
        self.init(
            operation: id.rawValue, command: progress.plan.commandLine, state: state, partitions: partitions,
            throttled: Set(owners.map(\.description)), cordoned: Set(cordoned), canGoOn: canGoOn)
    }
}
