import FleetConfiguration
import FleetModel
import HealthRules
import Monitoring
import Observation
import OperationModel

/// The fleet as a whole, for the daemon: what `clusterstatus` looks at, and the operation that is under way. What was removed
/// for good and is back is stopped where it is seen, as the removal would have done had its host been there.
actor SessionHealth: HealthSource {
    private let session: FleetSession
    private let directory: FleetDirectory
    private let canary: Bool
    private let mistake: String?
    private let resumer: OperationResumer
    private let log: LogFile
    private var journal: (any OperationStore)?
    /// The operation that was seen last, so that only its new events are read.
    private var known: (id: OperationID, progress: OperationProgress)?

    /// Looks by `session`; `mistake` is what is wrong with `defaults.cfg` now, nil where `session` is what it says.
    init(
        session: FleetSession, directory: FleetDirectory, canary: Bool, mistake: String?, resumer: OperationResumer,
        log: LogFile
    ) {
        self.session = session
        self.mistake = mistake
        self.directory = directory
        self.canary = canary
        self.resumer = resumer
        self.log = log
    }

    func look() async throws -> HealthContext {
        let context = try await session.look(canary: canary, directory: directory, mistake: mistake)
        guard resumer.resumes else { return context }
        for (returned, problem) in await session.stopReturned(in: context) {
            log.say(
                problem == nil ? "returned-stopped" : "returned-runs", level: problem == nil ? "info" : "warning",
                at: .wall,
                [("host", returned.host.rawValue), ("container", returned.container.name), ("reason", problem)])
        }
        return context
    }

    func operationLeft() async -> Finding? { await resumer.finding }

    /// Nil also where the journal can't be read: then what is seen counts.
    func operationAtWork() async -> OperationAtWork? {
        do throws(StoreError) { return try atWork() } catch { return nil }
    }

    private func atWork() throws(StoreError) -> OperationAtWork? {
        if journal == nil { journal = try session.place.existingJournal() }
        guard let journal, let lease = try journal.lease(of: session.fleet.cluster.name), lease.holder.isAlive else {
            known = nil
            return nil
        }
        var progress: OperationProgress
        if let known, known.id == lease.operation {
            progress = known.progress
        } else {
            do throws(StoreError) {
                progress = OperationProgress(plan: try journal.operation(lease.operation).plan)
            } catch {
                // The lease is taken before the operation is kept.
                return OperationAtWork(id: lease.operation, command: "", subjects: [])
            }
        }
        for event in try journal.events(of: lease.operation, after: progress.sequence) { progress.apply(event) }
        known = (lease.operation, progress)
        return OperationAtWork(id: lease.operation, progress: progress)
    }
}
