import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

extension CommandContext {
    /// What every command that moves data does: prepare, refuse or show, ask, start.
    /// - Parameters:
    ///   - command: its name.
    ///   - changes: what changing commands may be told.
    ///   - question: what the operator is asked, made from the cluster's name.
    ///   - prepare: looks at the cluster and plans; changes nothing.
    /// - Returns: how the operation ended, or why none was started.
    /// - Throws: what keeps it from being looked at, prepared or started.
    func move(
        _ command: String, _ changes: ChangeValues, question: (ClusterName) -> String,
        prepare: @escaping @Sendable (FleetSession, FleetConfiguration) async throws -> MovePreparation
    ) async throws -> ExitStatus {
        let configuration = try configuration()
        let place = place(of: configuration)
        if !changes.isDryRun, let journal = try place.existingJournal() {
            // Said before anything is looked at: what another operation has half done would look like damage.
            try OperationLauncher.refuseLeased(configuration.specification.cluster.name, in: journal)
        }
        let (preparation, images) = try await beforeChange(.hosts(of: configuration)) {
            try await withSession(configuration) { session in
                let preparation = try await prepare(session, configuration)
                return (preparation, try await session.imagesThere(for: preparation.plan?.steps ?? []))
            }
        }
        guard preparation.blockers.isEmpty else {
            for text in preparation.notes { note(text) }
            let report = OperationReport(refused: command, blockers: preparation.blockers)
            show(report)
            return report.exit
        }
        guard let made = preparation.plan else {
            for text in preparation.notes { note(text) }
            show(OperationReport(nothingToDo: command))
            return .done
        }
        let settled = try await settled(
            made, moves: preparation.moves, notes: preparation.notes, took: preparation.planTook, configuration)
        guard let plan = settled.plan else { return settled.status }
        var moves = preparation.moves
        if case .apply(let file, _) = purpose { moves = file.moves }
        let notes = try preparation.notes + leftHalfWay(plan.cluster, place)
        let report = MoveReport(plan: plan, moves: moves, notes: notes, alreadySo: images)
        if changes.isDryRun {
            show(report)
            return .done
        }
        if changes.isConfirmed {
            for text in notes { note(text) }
            note(report.summary)
        } else {
            note(Document(report.blocks))
        }
        guard try confirm(question(plan.cluster), changes) else { return .refused }
        return try await start(plan, configuration, changes)
    }

    /// What a new operation takes from one that was stopped: the way on.
    private func leftHalfWay(_ cluster: ClusterName, _ place: FleetPlace) throws -> [String] {
        guard let left = try place.existingJournal()?.resumable(cluster) else { return [] }
        return [
            "operation \(left.id) (\(left.plan.commandLine)) was left half way, and can't be gone on with once this one has "
                + "changed the cluster: gantry operation resume \(left.id) ends it first, gantry operation abort \(left.id) "
                + "gives it up"
        ]
    }
}
