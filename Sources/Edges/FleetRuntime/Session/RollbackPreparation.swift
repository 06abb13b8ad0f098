public import FleetConfiguration
import FleetModel
import HealthRules
import Operations
public import OperationModel

extension FleetSession {
    /// Looks at everything and plans the way back from an operation. Changes nothing.
    /// - Parameters:
    ///   - record: the operation that is given up.
    ///   - isAtRest: false while its own moves may be under way still.
    ///   - reason: the operator's reason.
    ///   - canary: whether records are sent as a check.
    ///   - directory: the fleet directory.
    /// - Returns: what would be done, or what forbids it; without plan and blockers everything is as it was.
    /// - Throws: `StoreError` of the journal; `StepFailure` where the operation's plan can't be read.
    public func prepareRollback(
        of record: OperationRecord, isAtRest: Bool, reason: String?, canary: Bool, directory: FleetDirectory
    ) async throws -> MovePreparation {
        var preparation = MovePreparation()
        let status = try await status(canary: false, directory: directory)
        guard let layout = status.layout else {
            preparation.blockers = [.notBootstrapped(fleet)]
            return preparation
        }
        var settings = OperationSettings()
        if let journal = try place.existingJournal() {
            settings = OperationProgress.fold(record.plan, try journal.events(of: record.id)).settings
        }
        let rollback = try Rollback(of: record, settings: settings, snapshot: status.snapshot, isAtRest: isAtRest)
        preparation.blockers = rollback.blockers
        preparation.notes = rollback.notes
        guard rollback.blockers.isEmpty, !rollback.routes.isEmpty else { return preparation }
        preparation.plan = try rollback.plan(
            of: record, layout: layout, reason: reason, canary: canary,
            known: status.findings.map(CheckStage.KnownFinding.init))
        return preparation
    }
}
