import OperationModel
import Operations

/// What goes along with every operation of a fleet: the operator's hooks, and the mail at its end.
struct WorkerCompanion: OperationCompanion {
    let id: OperationID
    let hooks: Hooks
    let telling: OperationTelling
    let memory: JournalMemory

    func stageEnded(_ step: StepRecord, _ progress: OperationProgress) async -> [OperationRemark] {
        await hooks.after("after-stage", id: id, progress: progress, stage: step.id)
    }

    func ending(_ ending: OperationEnding, _ progress: OperationProgress) async -> [OperationRemark] {
        // Paused is not ended: whoever goes on with it comes by here again.
        if case .paused = ending { return [] }
        let remarks = await hooks.after("after-\(progress.plan.command)", id: id, progress: progress, ending: ending)
        await telling.announce(id, memory)
        return remarks
    }
}
