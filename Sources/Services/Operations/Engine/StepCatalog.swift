import FleetModel
public import OperationModel

/// The kinds of steps there are; turns steps into a plan's records and back.
public enum StepCatalog {
    private static let types: [any Step.Type] = [
        RecordLayout.self, PlaceFiles.self, BringImage.self, FormatNode.self, StartNodes.self, AwaitQuorum.self,
        AwaitBroker.self, CheckCluster.self, CordonBroker.self, MoveData.self, VerifyEmpty.self, StopNode.self,
        UnregisterBroker.self, RetireIdentity.self, RemoveNode.self, DeleteData.self, CheckStage.self,
        RestoreLists.self, RemoveVoter.self, TellControllers.self, CleanHost.self, ProveDead.self, GiveUp.self,
        AddVoter.self, RememberLayout.self, StopSafely.self, PlaceNode.self, StartAgain.self,
        LeadAgain.self,
        InstallService.self, RemoveService.self, ChangeHost.self, UndoHostChange.self,
    ]

    /// Whether the step of `record` is the check at the end of a stage.
    static func endsStage(_ record: StepRecord) -> Bool {
        types.first { $0.kind == record.kind }?.endsStage ?? false
    }

    /// The record of `step`, waiting for `dependencies`.
    public static func record(_ step: some Step, after dependencies: [StepID]) throws(StepFailure) -> StepRecord {
        do {
            return StepRecord(
                id: step.id, kind: type(of: step).kind, subject: step.subject, host: step.host, title: step.title,
                dependencies: dependencies, payload: try JSONValue(encoding: step).sorted.text(),
                followsThrough: type(of: step).followsThrough)
        } catch {
            throw unreadable(type(of: step).kind, "\(error)")
        }
    }

    /// The step behind `record`.
    /// - Throws: a failure that names a newer gantry as the remedy when the kind or its payload is not known.
    public static func step(_ record: StepRecord) throws(StepFailure) -> any Step {
        guard let type = types.first(where: { $0.kind == record.kind }) else {
            throw unreadable(record.kind, "this version of gantry has no such step")
        }
        do {
            return try JSONValue(parsing: record.payload).decoded(as: type)
        } catch {
            throw unreadable(record.kind, "\(error)")
        }
    }

    private static func unreadable(_ kind: String, _ reason: String) -> StepFailure {
        StepFailure(
            code: "step-unreadable", what: "reading the plan", object: "step \(kind)", reason: reason,
            remedy: "use the version of gantry that made the plan; gantry operation show names it")
    }
}
