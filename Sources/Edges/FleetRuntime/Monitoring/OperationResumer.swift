import FleetModel
import HealthRules
import Monitoring
import Observation
import OperationModel
import Processes

/// Looks again and again whether the operation that was begun last lost its worker, and goes on with it where `Resumption` says
/// so: when the techhost is back, and while the daemon runs.
actor OperationResumer {
    /// What an operation that lost its worker has in force is told of after twenty seconds: by then another is at it.
    private static let longestPause: Duration = .seconds(10)

    private let place: FleetPlace
    private let log: LogFile
    /// Whether the daemon does anything at all, or only tells.
    nonisolated let resumes: Bool
    private var store: (any OperationStore)?
    /// What was decided upon last, which stays so while nothing is written behind it.
    private var settled: Settled?
    /// Why the journal could not be worked with, as it was told last.
    private var problem: String?
    /// Workers that this process has started, to be waited for once they have ended.
    private var children: [ProcessIdentity] = []
    /// What is wrong with an operation that is left as it is.
    private(set) var finding: Finding?

    /// A resumer for the fleet in `place`; without `resumes` it only tells.
    init(place: FleetPlace, log: LogFile, resumes: Bool) {
        (self.place, self.log, self.resumes) = (place, log, resumes)
    }

    /// Looks every `interval`, or more often, until the task is cancelled; `mail` hands a mail over.
    func run(
        _ fleet: FleetSpecification, every interval: Duration, clock: any FleetClock,
        mail: @escaping @Sendable (_ subject: String, _ body: String) async -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                if let letter = await look(fleet) {
                    // A server that is down holds the looking up by nothing.
                    group.addTask { await mail(letter.subject, letter.body) }
                }
                try? await clock.sleep(for: min(interval, Self.longestPause))
            }
        }
    }

    /// Looks once, and does what is to be done.
    /// - Returns: the mail that says so; nil where there is nothing to say.
    func look(_ fleet: FleetSpecification) async -> (subject: String, body: String)? {
        children.removeAll { DetachedProcess.reap($0) }
        do {
            let letter = try await act(fleet)
            problem = nil
            return letter
        } catch {
            let words = Self.words(error)
            if problem != words { log.say("resume-failed", level: "warning", at: .wall, [("reason", words)]) }
            problem = words
            return nil
        }
    }

    private struct Settled: Equatable {
        var operation: OperationID
        var sequence: Int64
        var mode: Resumption.Mode
    }

    private func act(_ fleet: FleetSpecification) async throws -> (subject: String, body: String)? {
        guard let store = try journal() else { return nil }
        let cluster = fleet.cluster.name
        let mode: Resumption.Mode = resumes ? (fleet.move.resume == .auto ? .auto : .ask) : .watch
        let lease = try store.lease(of: cluster)
        guard lease?.holder.isAlive != true, let id = try store.newest() else {
            (settled, finding) = (nil, nil)
            return nil
        }
        if let settled, settled.operation == id, settled.mode == mode,
            try store.events(of: id, after: settled.sequence, limit: 1).isEmpty
        {
            return nil
        }
        let record = try store.operation(id)
        let holder = OperationProgress.fold(record.plan, try store.events(of: id)).holder
        let isGone = holder?.isAlive != true
        // Read once it is known to be gone: what a worker wrote last is then surely among it.
        let progress = OperationProgress.fold(record.plan, try store.events(of: id))
        let isAtWork = !isGone || progress.holder != holder
        let decision =
            record.plan.cluster != cluster
            ? .nothing
            : Resumption.decide(
                progress,
                Resumption.Circumstances(
                    isAtWork: isAtWork,
                    techhostWentDown: holder?.isFromBeforeDowntime == true,
                    heartbeat: lease?.operation == id && lease?.holder == holder ? lease?.heartbeat : nil, mode: mode))
        settled = isAtWork ? nil : Settled(operation: id, sequence: progress.sequence, mode: mode)
        func lost(_ loss: Resumption.Loss) -> LostWorker {
            LostWorker(operation: id, command: record.plan.commandLine, loss: loss, next: progress.wayOn(id))
        }
        switch decision {
        case .nothing:
            finding = nil
            return nil
        case .leave(let loss, let reason):
            let finding = lost(loss).finding(reason, log: place.log(of: id))
            self.finding = finding
            log.say(
                "operation-interrupted", level: "warning", at: .wall,
                [
                    ("operation", id.rawValue), ("command", record.plan.commandLine), ("remedy", finding.remedy),
                    ("reason", finding.evidence),
                ])
            return nil
        case .resume(let loss):
            settled = nil
            let lost = lost(loss)
            do {
                return try await resume(lost, record, fleet, store)
            } catch StoreError.leased {
                // Somebody else goes on with it, or has begun another one, in this moment.
                return nil
            } catch {
                finding = lost.finding(failed: Self.words(error), log: place.log(of: id))
                throw error
            }
        }
    }

    private func resume(
        _ lost: LostWorker, _ record: OperationRecord, _ fleet: FleetSpecification, _ store: any OperationStore
    ) async throws -> (subject: String, body: String)? {
        let now = { @Sendable [place] in place.now(in: fleet) }
        let launched = try OperationLauncher(store: store, place: place, now: now).resume(
            record.id, because: lost.loss.cause)
        let worker = launched.worker
        children.append(ProcessIdentity(pid: worker.pid, startTicks: worker.startTicks, bootID: worker.bootID))
        let name: [(key: String, value: String?)] = [
            ("operation", record.id.rawValue), ("command", record.plan.commandLine),
        ]
        log.say("operation-resumed", at: .wall, name + [("pid", "\(worker.pid)"), ("reason", lost.loss.words)])
        let isTaken: Bool
        // Where that can't be seen, or the daemon ends meanwhile, the worker has its way all the same.
        do { isTaken = try await OperationFollower(store: store, id: record.id).untilTaken(by: worker) } catch {
            isTaken = true
        }
        guard isTaken else {
            // The lease is this process's still, and nobody else could take it.
            try store.release(launched.lease)
            let (failed, file) = ("its worker ended before it began", place.log(of: record.id))
            finding = lost.finding(failed: failed, log: file)
            log.say("resume-failed", level: "warning", at: .wall, name + [("reason", "\(failed): tail \(file)")])
            return nil
        }
        finding = nil
        return lost.letter(fleet.cluster.name, resumed: now(), worker: worker.pid)
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case StoreError.unavailable(let what, let file, let reason, _): "\(what) failed, \(file): \(reason)"
        case StoreError.full(let file, let reason): "\(file) can't be written: \(reason)"
        default: "\(error)"
        }
    }

    // MARK: The journal

    private func journal() throws(StoreError) -> (any OperationStore)? {
        if store == nil { store = try place.existingJournal() }
        return store
    }
}
