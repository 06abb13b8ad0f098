import FleetModel
import Observation
import OperationModel

/// The one writer of an operation's events, and the progress that they make.
actor Recorder {
    nonisolated let plan: OperationPlan
    /// Where there is no room in the journal, as if a stop had been asked for.
    var progress: OperationProgress { full == nil ? kept : kept.stopping() }
    /// The store's refusal that ends the run at once: steps only know their own kind of failure.
    private(set) var fatal: StoreError?

    private var kept: OperationProgress
    /// Set once the journal had no room: nothing more begins, and what is under way comes to a safe end.
    private var full: StoreError?
    private let store: any OperationStore
    private let lease: Lease
    private let clock: any FleetClock

    init(store: any OperationStore, lease: Lease, plan: OperationPlan, clock: any FleetClock) {
        self.store = store
        self.lease = lease
        self.plan = plan
        self.clock = clock
        kept = OperationProgress(plan: plan)
    }

    /// Takes in what the journal holds and this process has not seen.
    func catchUp() throws(StoreError) {
        for event in try store.events(of: lease.operation, after: kept.sequence) { kept.apply(event) }
    }

    func append(_ event: OperationEvent) throws(StoreError) {
        do {
            let journaled = try store.append(event, under: lease, at: clock.now())
            // Requests may have come between: they are taken in, in their place.
            if journaled.sequence != kept.sequence + 1 { try catchUp() } else { kept.apply(journaled) }
        } catch {
            note(error)
            throw error
        }
    }

    func intend(_ step: StepID) throws(StepFailure) {
        do {
            try append(.intent(step))
        } catch {
            // What can't be journaled is not begun.
            if full != nil { throw .leftOnRequest }
            throw StepFailure(
                code: "journal", what: "journaling the intent", object: "step \(step)", reason: "\(error)",
                remedy: "gantry operation list")
        }
    }

    /// Keeps how a step ended. In a journal without room it stays begun, and whoever resumes probes it.
    func keep(_ outcome: StepOutcome, of step: StepID) throws(StoreError) {
        do { try append(.outcome(step, outcome)) } catch { if full == nil { throw error } }
    }

    /// Keeps what a companion said; a journal without room loses it.
    func keep(_ remark: OperationRemark) throws(StoreError) {
        do { try append(remark.event) } catch { if full == nil { throw error } }
    }

    /// Keeps the ending; a journal without room keeps none, and the ending says so.
    func end(_ ending: OperationEnding) throws(StoreError) -> OperationEnding {
        do {
            try append(.ended(ending))
            return ending
        } catch {
            guard case .full(let file, let reason) = error else { throw error }
            return .stopped(reason: "\(file) can't be written (\(reason)): make room on the techhost's disk")
        }
    }

    /// Says that the holder still works.
    func renew() throws(StoreError) {
        do { try store.renew(lease, at: clock.now()) } catch {
            note(error)
            if full == nil { throw error }
        }
    }

    /// Keeps how far a step is for those who watch. What can't be kept is not missed.
    func show(_ progress: StepProgress) {
        guard full == nil, fatal == nil, let text = try? JSONValue(encoding: progress).text() else { return }
        do { try store.setValue(text, for: StepProgress.key(of: lease.operation), under: lease) } catch { note(error) }
    }

    private func note(_ error: StoreError) {
        if case .full = error { full = error } else { fatal = error }
    }
}
