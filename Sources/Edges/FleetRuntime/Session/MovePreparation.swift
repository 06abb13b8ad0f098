import FleetConfiguration
public import FleetModel
public import HealthRules
import OperationJournal
public import OperationModel
import Operations
public import PlacementPlanning

/// Everything about an operation that moves data that can be known before anything is changed.
public struct MovePreparation: Sendable {
    /// What forbids it and was not waived; empty when it can be done.
    public var blockers: [Blocker] = []
    /// What the operator should know besides.
    public var notes: [String] = []
    /// What moves, a plan a stage.
    public var moves: [MovePlan] = []
    /// From what was seen to the finished and verified plan of the moves; nil where it was not measured.
    public var planTook: Duration?
    /// What will be done; nil when it is forbidden, or done already.
    public var plan: OperationPlan?

    /// Nothing, or nothing but what forbids it.
    public init(blockers: [Blocker] = []) { self.blockers = blockers }

    /// Bytes that are copied in all.
    public var bytes: ByteCount { moves.reduce(.zero) { $0 + $1.report.bytes } }
}

/// What every operation that moves data may be told.
public struct MoveRequest: Sendable {
    /// The command's arguments, for the journal.
    public var arguments: [String]
    /// The operator's reason.
    public var reason: String?
    /// The brokers that may receive; nil: all.
    public var onto: ClosedRange<NodeID>?
    /// The throttle instead of `move.throttle`; nil inside: none.
    public var throttle: BytesPerSecond??
    /// Hours in which data may move; nil: all.
    public var hours: DailyHours?
    /// Blockers that are waived.
    public var accepted: [Acceptance]
    /// Whether records are sent as a check.
    public var canary: Bool

    /// A request of these parts.
    public init(
        hours: DailyHours? = nil, arguments: [String], reason: String?, onto: ClosedRange<NodeID>?,
        throttle: BytesPerSecond??,
        accepted: [Acceptance], canary: Bool
    ) {
        self.hours = hours
        self.arguments = arguments
        self.reason = reason
        self.onto = onto
        self.throttle = throttle
        self.accepted = accepted
        self.canary = canary
    }
}

extension FleetSession {
    /// What every preparation begins with.
    enum Opening {
        /// Nothing can be prepared.
        case forbidden(Blocker)
        /// What was seen, with the nodes of the cluster.
        case seen(ClusterStatus, ClusterLayout)

        /// A preparation of nothing, with what forbids it.
        var preparation: MovePreparation {
            if case .forbidden(let blocker) = self { MovePreparation(blockers: [blocker]) } else { MovePreparation() }
        }
    }

    /// Looks at everything, where no operation was left half way.
    func opening(_ directory: FleetDirectory) async throws(StoreError) -> Opening {
        if let blocker = try leftovers() { return .forbidden(blocker) }
        let status = try await status(canary: false, directory: directory)
        guard let layout = status.layout else { return .forbidden(.notBootstrapped(fleet)) }
        return .seen(status, layout)
    }

    /// What an operation that was left half way still holds in the cluster: it is gone on with, or given up, first.
    func leftovers() throws(StoreError) -> Blocker? {
        let cluster = fleet.cluster.name
        guard let journal = try place.existingJournal(), let moves = try journal.value(MoveMemory.key(of: cluster)),
            !moves.isEmpty
        else { return nil }
        if let blocker = try atWork() { return blocker }
        guard let left = try journal.leftMoving(cluster) else {
            return Blocker(
                code: "operation-interrupted", object: "cluster \(cluster)",
                reason: "an operation was left with moves or throttles in force", remedy: "gantry operation list")
        }
        let name = "operation \(left.id) (\(left.plan.commandLine))"
        if let later = try journal.changed(since: left) {
            return Blocker(
                code: "operation-interrupted", object: name,
                reason: "it was left with moves or throttles in force, and operation \(later.id) "
                    + "(\(later.plan.commandLine)) has changed the cluster since",
                remedy: "gantry operation abort \(left.id)")
        }
        return Blocker(
            code: "operation-interrupted", object: name,
            reason: "it was left with moves or throttles in force; to give it up and have them taken back, abort it "
                + "instead of resuming it",
            remedy: "gantry operation resume \(left.id)")
    }

    /// The operation that works on the cluster now, whose moves are no leftovers.
    func atWork() throws(StoreError) -> Blocker? {
        guard let lease = try place.existingJournal()?.lease(of: fleet.cluster.name), lease.holder.isAlive else {
            return nil
        }
        return Blocker(
            code: "leased", object: "cluster \(fleet.cluster.name)",
            reason: "operation \(lease.operation) is at work on it",
            remedy: "wait until it is done: gantry operation attach \(lease.operation)")
    }

    /// Ids that are never used again, and hosts that an operation emptied, as the journal knows them.
    func retired() throws(StoreError) -> RetiredMemory {
        RetiredMemory(
            text: try place.existingJournal()?.value(RetiredMemory.key(of: fleet.cluster.name)) ?? "")
    }

    /// What never comes back, as the journal and the hosts remember it.
    func retired(_ surveys: [HostSurvey]) throws(StoreError) -> RetiredMemory {
        let answers = surveys.compactMap { try? $0.answers.get() }
        return try retired().adding(answers.flatMap(\.retired), answers.flatMap(\.emptied))
    }

    func moveOptions(_ request: MoveRequest) -> MoveOptions {
        MoveOptions(throttle: request.throttle ?? fleet.move.throttle, hours: request.hours)
    }
}
