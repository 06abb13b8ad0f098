import FleetModel
import HealthRules
import Observation
public import OperationModel

/// Carries an operation out: decides with `Scheduler`, journals intent and outcome around every effect, and leaves
/// an ending behind unless it is killed or fenced.
public struct OperationEngine: Sendable {
    /// Steps under way at once: hosts are worked on side by side, bounded by what sshd and two cores bear.
    public static let width = 64
    /// How often requests from outside are looked for in the journal: the time an operator waits for `pause`.
    public static let requestInterval: Duration = .milliseconds(500)
    /// How often the lease is renewed; taken over after ten minutes without (PRODUCT.md section 4).
    public static let heartbeatInterval: Duration = .seconds(20)

    private let store: any OperationStore
    private let world: OperationWorld
    private let hostLeases: HostLeases?
    private let companion: (any OperationCompanion)?

    /// An engine over `store` that acts on `world`, and holds `hostLeases` while it does; `companion` is told of
    /// stages and ending.
    public init(
        store: any OperationStore, world: OperationWorld, hostLeases: HostLeases? = nil,
        companion: (any OperationCompanion)? = nil
    ) {
        self.companion = companion
        self.store = store
        self.world = world
        self.hostLeases = hostLeases
    }

    /// Runs the lease's operation until its ending, which is journaled and returned.
    ///
    /// Cancelling the task stops at once: steps under way are cut off with their intent in the journal and no ending,
    /// which the next run probes. The lease is not given back here.
    /// - Parameters:
    ///   - lease: the right to the operation.
    ///   - givingUp: begins no step, and takes back what an earlier worker left: an abort of an operation that nobody was at.
    /// - Returns: its ending.
    /// - Throws: `StoreError` when the journal refuses, after which nothing more is done; `CancellationError`.
    public func run(_ lease: Lease, givingUp: Bool = false) async throws -> OperationEnding {
        let plan = try store.operation(lease.operation).plan
        if let defect = plan.defect {
            let ending = OperationEnding.failed(reason: defect)
            try store.append(.ended(ending), under: lease, at: world.clock.now())
            return ending
        }
        let recorder = Recorder(store: store, lease: lease, plan: plan, clock: world.clock)
        try await recorder.catchUp()
        try await recorder.append(.started(lease.holder))
        if givingUp { try await recorder.append(.requested(.abort)) }
        guard let hostLeases else { return try await work(recorder, lease) }
        let now = world.clock.now()
        let held = HostLease(
            operation: lease.operation, command: plan.commandLine, holder: lease.holder, since: now,
            reason: plan.reason, heartbeat: now)
        var blockers = await hostLeases.take(held)
        // What takes back places nothing: it may go on where another cluster has come to stand meanwhile.
        if blockers.isEmpty, !givingUp {
            blockers = await hostLeases.otherClusters(than: plan.clusterID, closing: lease.operation)
            if !blockers.isEmpty { await hostLeases.release(held) }
        }
        if let blocker = blockers.first {
            return try await recorder.end(.stopped(reason: "\(blocker.object): \(blocker.reason); \(blocker.remedy)"))
        }
        let ending = try await work(recorder, lease, hostLeases, held)
        await hostLeases.release(held)
        return ending
    }

    /// Shows life on the hosts.
    /// - Throws: `StoreError.fenced` once another one holds a host.
    private func beat(_ hostLeases: HostLeases, _ held: HostLease, _ lease: Lease) async throws {
        while true {
            try await world.clock.sleep(for: HostLeases.interval)
            guard await hostLeases.renew(held).isEmpty else { throw StoreError.fenced(lease) }
        }
    }

    private func work(
        _ recorder: Recorder, _ lease: Lease, _ hostLeases: HostLeases? = nil, _ held: HostLease? = nil
    ) async throws -> OperationEnding {
        let plan = recorder.plan
        return try await withThrowingTaskGroup(of: Turn.self) { group in
            group.addTask { try await watch(recorder, lease) }
            if let hostLeases, let held {
                group.addTask {
                    try await beat(hostLeases, held, lease)
                    return .requested
                }
            }
            defer { group.cancelAll() }
            var running: Set<StepID> = []
            var left: Set<StepID> = []
            while true {
                switch Scheduler.decide(await recorder.progress, running: running, width: Self.width, left: left) {
                case .end(var ending):
                    if case .aborted = ending { ending = try await giveUp(ending, recorder) }
                    for remark in await companion?.ending(ending, recorder.progress) ?? [] {
                        try await recorder.keep(remark)
                    }
                    return try await recorder.end(ending)
                case .run(let steps):
                    for id in steps {
                        guard let record = plan.steps.first(where: { $0.id == id }) else { continue }
                        running.insert(id)
                        group.addTask { .ended(id, try await perform(record, recorder)) }
                    }
                }
                switch try await group.next() {
                case .ended(let id, let outcome):
                    running.remove(id)
                    guard let outcome else {
                        left.insert(id)
                        break
                    }
                    try await recorder.keep(outcome, of: id)
                    try await tellOfStage(id, recorder)
                case .requested:
                    group.addTask { try await watch(recorder, lease) }
                case nil: break
                }
                try Task.checkCancellation()
            }
        }
    }

    private func tellOfStage(_ id: StepID, _ recorder: Recorder) async throws {
        guard let companion, let record = recorder.plan.steps.first(where: { $0.id == id }),
            StepCatalog.endsStage(record)
        else { return }
        for remark in await companion.stageEnded(record, recorder.progress) {
            try await recorder.keep(remark)
        }
    }

    private enum Turn: Sendable {
        /// Without an outcome it left off on request: its intent stays, and the next worker probes it.
        case ended(StepID, StepOutcome?)
        case requested
    }

    private func context(of step: StepID, _ recorder: Recorder) -> StepContext {
        StepContext(
            world: world, cluster: recorder.plan.cluster,
            note: { note in
                // A note that can't be kept is no reason to fail the step: the next append will say so.
                _ = try? await recorder.append(.note(step, note))
            }, request: { await recorder.progress.request }, settings: { await recorder.progress.settings },
            show: { progress in
                var progress = progress
                progress.step = step
                await recorder.show(progress)
            })
    }

    /// Takes back what steps left behind, the last one first. Where that fails the operation is not given up: an abort can
    /// be asked for again.
    private func giveUp(_ ending: OperationEnding, _ recorder: Recorder) async throws -> OperationEnding {
        let begun = await recorder.progress.begun
        for record in recorder.plan.steps.reversed() where begun.contains(record.id) {
            do throws(StepFailure) {
                let words = try await StepCatalog.step(record).abandon(context(of: record.id, recorder))
                if let words { try? await recorder.append(.note(record.id, words)) }
            } catch {
                if let fatal = await recorder.fatal { throw fatal }
                try Task.checkCancellation()
                return .stopped(
                    reason: "giving up: \(error.object): \(error.reason); then gantry operation abort again")
            }
            if let fatal = await recorder.fatal { throw fatal }
        }
        return ending
    }

    /// One step: probe, and where it is needed intent and effect. The outcome is journaled by the caller.
    private func perform(_ record: StepRecord, _ recorder: Recorder) async throws -> StepOutcome? {
        let context = context(of: record.id, recorder)
        do throws(StepFailure) {
            let step = try StepCatalog.step(record)
            let probe = try await untilGivenUp(recorder) { () throws(StepFailure) in try await step.probe(context) }
            if case .satisfied(let note) = probe { return .unchanged(note: note) }
            try await recorder.intend(record.id)
            guard type(of: step).onlyLooks else { return .done(note: try await step.apply(context)) }
            return .done(
                note: try await untilGivenUp(recorder) { () throws(StepFailure) in try await step.apply(context) })
        } catch {
            if let fatal = await recorder.fatal { throw fatal }
            try Task.checkCancellation()
            return error.isLeftOnRequest ? nil : .failed(error.withWaysOut(of: record, in: recorder.plan))
        }
    }

    /// What `look` sees; where the operation is to be given up meanwhile, the look is cut off: it has no effect that would
    /// have to be whole.
    private func untilGivenUp<Seen: Sendable>(
        _ recorder: Recorder, _ look: @escaping @Sendable () async throws(StepFailure) -> Seen
    ) async throws(StepFailure) -> Seen {
        let seen = await withTaskGroup(of: Result<Seen, StepFailure>?.self) { group in
            group.addTask {
                do throws(StepFailure) { return .success(try await look()) } catch { return .failure(error) }
            }
            group.addTask {
                while await recorder.progress.request != .abort {
                    guard (try? await world.clock.sleep(for: Self.requestInterval)) != nil else { return nil }
                }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let seen else { throw .leftOnRequest }
        return try seen.get()
    }

    /// Returns when somebody has asked for something; keeps the lease alive meanwhile.
    private func watch(_ recorder: Recorder, _ lease: Lease) async throws -> Turn {
        var renewed = world.clock.uptime()
        while true {
            try await world.clock.sleep(for: Self.requestInterval)
            let before = await recorder.progress.request
            if world.clock.uptime() - renewed >= Self.heartbeatInterval {
                try await recorder.renew()
                renewed = world.clock.uptime()
            }
            try await recorder.catchUp()
            if await recorder.progress.request != before { return .requested }
        }
    }
}

extension StepFailure {
    /// What to do where the host of nodes that leave does not answer: it may be gone by now, and is then taken out as dead.
    fileprivate func withWaysOut(of step: StepRecord, in plan: OperationPlan) -> StepFailure {
        guard unreachable, let host = step.host, plan.command.hasPrefix("remove") else { return self }
        var failure = self
        failure.remedy = WaysOut.silent(host, "\(remedy), then gantry operation resume")
        return failure
    }
}
