import FleetModel
import Monitoring
import OperationModel

/// An operation that the techhost's end interrupted, met by a daemon that starts with the techhost.
struct InterruptedOperation {
    let fleet: FleetSpecification
    let place: FleetPlace
    let log: LogFile

    /// Goes on with it where `move.resume` says so; says in the log what was done, and what is left to be done.
    /// - Returns: what a mail should say; nil where there is nothing.
    func resume() -> (subject: String, body: String)? {
        do throws(StoreError) {
            guard let store = try place.existingJournal(), let record = try interrupted(in: store) else { return nil }
            let name = "operation \(record.id): \(record.plan.commandLine)"
            guard fleet.move.resume == .auto else {
                log.say(
                    "operation-interrupted", level: "warning", at: .wall,
                    [
                        ("operation", record.id.rawValue), ("command", record.plan.commandLine),
                        ("remedy", "gantry operation resume \(record.id)"),
                    ])
                return (
                    "[gantry \(fleet.cluster.name)] \(record.plan.commandLine): interrupted, and waits",
                    "\(name)\n\nThe techhost went down while it was at work. move.resume is ask, so that it waits for:\n\n"
                        + "  gantry operation resume \(record.id)\n"
                )
            }
            let launched = try OperationLauncher(
                store: store, place: place, now: { [fleet, place] in place.now(in: fleet) }
            ).resume(record.id)
            log.say(
                "operation-resumed", at: .wall,
                [
                    ("operation", record.id.rawValue), ("command", record.plan.commandLine),
                    ("pid", "\(launched.worker.pid)"),
                ])
            return (
                "[gantry \(fleet.cluster.name)] \(record.plan.commandLine): goes on after the techhost was down",
                "\(name)\n\nThe techhost went down while it was at work. It goes on by itself (move.resume: auto); watch it with:"
                    + "\n\n  gantry operation attach \(record.id)\n"
            )
        } catch {
            log.say("resume-failed", level: "warning", at: .wall, [("reason", "\(error)")])
            return nil
        }
    }

    /// The newest operation, where its worker is proven gone before its end and nobody else is at work.
    private func interrupted(in store: any OperationStore) throws(StoreError) -> OperationRecord? {
        if let lease = try store.lease(of: fleet.cluster.name), lease.holder.isAlive { return nil }
        guard let record = try store.operations(limit: 1).first else { return nil }
        let progress = OperationProgress.fold(record.plan, try store.events(of: record.id))
        guard let holder = progress.holder, progress.status(holderIsAlive: holder.isAlive) == .interrupted else {
            return nil
        }
        return record
    }
}
