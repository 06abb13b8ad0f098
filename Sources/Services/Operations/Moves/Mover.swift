import FleetModel
import Observation
import OperationModel
import PlacementPlanning

/// Carries moves out: looks, asks `MoveExecution`, and does what it says. Holds the throttle while data moves, and leaves
/// none behind, however it ends.
struct Mover {
    /// Kafka may be silent for so long while a controller or a network comes back; nothing is lost meanwhile.
    private static let patience: Duration = .seconds(300)
    /// What is under way may end within this time after a request to stop; then it is taken back.
    private static let grace: Duration = .seconds(60)
    /// Taking moves back is a matter of the controller alone.
    private static let cancelLimit: Duration = .seconds(60)

    let context: StepContext
    let layout: ClusterLayout
    /// What is planned anew is planned for; nil where the order is all there is.
    let plan: MovePlan?
    var options: MoveOptions
    var execution: MoveExecution
    var keeper: ThrottleKeeper
    /// Replicas in each directory as of the last whole look, which says where Kafka puts the next one.
    private var replicaCounts: [NodeID: [String: Int]] = [:]
    private var silentSince: Duration?
    var telling = MoveTelling()
    /// Somebody asked for an end.
    var isAsked = false
    /// Since when nothing begins any more.
    var endingSince: Duration?

    init(
        _ context: StepContext, plan: MovePlan, emptying: [NodeID]? = nil, dead: [NodeID] = [], layout: ClusterLayout,
        options: MoveOptions
    ) async throws(StepFailure) {
        var order = MoveOrder(plan)
        if let emptying { order.goal = .empty(emptying) }
        try await self.init(context, order, plan: plan, dead: Set(dead), layout: layout, options: options)
    }

    /// Moves as `order` says; without a plan, what can't go its way stays where it is.
    init(
        _ context: StepContext, _ order: MoveOrder, plan: MovePlan? = nil, dead: Set<NodeID> = [],
        layout: ClusterLayout, options: MoveOptions
    ) async throws(StepFailure) {
        self.context = context
        self.layout = layout
        self.plan = plan
        var options = options
        if let throttle = await context.settings().throttle { options.throttle = throttle }
        self.options = options
        execution = MoveExecution(order, options, dead: dead)
        keeper = try await ThrottleKeeper(context, layout, order)
        if !keeper.record.replanned.isEmpty {
            execution.adopt(MoveOrder(goal: order.goal, routes: keeper.record.replanned), for: [])
        }
    }

    private var control: any ClusterControl { context.world.control }
    var clock: any FleetClock { context.world.clock }

    // MARK: - Running

    /// Moves until all is where it belongs.
    /// - Returns: a few words for the journal.
    mutating func run() async throws(StepFailure) -> String {
        do throws(StepFailure) {
            try await move()
        } catch {
            // Left to whoever resumes where it can't be done now: the record stays in the journal.
            if error != .cutOff, !error.isLeftOnRequest { try await stopSafely(after: error) }
            throw error
        }
        try await keeper.release()
        return telling.summary(execution.progress)
    }

    private mutating func move() async throws(StepFailure) {
        // An earlier worker may have died with a throttle in force that is not wanted any more.
        if options.throttle == nil { try await keeper.letGo() }
        while true {
            try await hear()
            try await takeUpSettings()
            if let since = endingSince, clock.uptime() - since >= Self.grace { try await takeBack() }
            guard let seen = try await look() else {
                try await wait(MoveOptions.shortestPoll)
                continue
            }
            for action in execution.next(seen) {
                switch action {
                case .done:
                    guard isAsked else {
                        guard endingSince != nil else { return }
                        try await rest()
                        break
                    }
                    await tell(isLast: true)
                    try await keeper.release()
                    throw .leftOnRequest
                case .stop(let problem): throw StepFailure(problem)
                case .wait(let time):
                    await tell()
                    try await wait(time)
                default: try await act(action)
                }
            }
        }
    }

    private mutating func act(_ action: MoveAction) async throws(StepFailure) {
        switch action {
        case .say(let words): await context.note(words)
        case .throttle(let wish): try await keeper.hold(wish)
        case .lead(let targets): try await lead(targets)
        case .submit(let targets): await submit(targets)
        case .cancel(let partitions): await cancel(partitions)
        case .replan(let partitions): try await replan(partitions)
        case .revive(let broker): await revive(broker)
        case .wait, .done, .stop: break
        }
    }

    /// Everything that the next decision needs; nil while Kafka is silent.
    private mutating func look() async throws(StepFailure) -> MoveObservation? {
        let at = clock.uptime()
        let wantsListing = execution.wantsListing(at: at)
        do throws(ClusterProblem) {
            let moves = try await control.reassignments(layout)
            let start = clock.uptime()
            let seen = await context.world.cluster.observe(layout, detail: wantsListing ? .listing : .minimal)
            guard let cluster = seen.value, let brokers = cluster.brokers.value else {
                throw ClusterProblem(
                    code: "kafka-silent", mayHaveBeenApplied: false,
                    reason: seen.reason ?? seen.value?.brokers.reason ?? "no broker answers",
                    remedy: "gantry clusterstatus")
            }
            guard cluster.clusterID == layout.clusterID else { throw otherClusterProblem(cluster.clusterID) }
            if wantsListing, let reason = cluster.partitions.reason {
                throw ClusterProblem(
                    code: "kafka-silent", mayHaveBeenApplied: false, reason: reason, remedy: "gantry clusterstatus")
            }
            let listingTook = clock.uptime() - start
            silentSince = nil
            let live = Set(brokers.filter { !$0.fenced }.map(\.id))
            var result = MoveObservation(
                at: clock.uptime(), reassignments: moves, live: live,
                listing: wantsListing ? cluster.partitions.value : nil,
                listingTook: listingTook)
            await measure(&result, whole: wantsListing)
            return result
        } catch {
            if error.code == "cluster-id-mismatch" {
                throw context.failure(error, what: "looking", object: "the cluster")
            }
            let since = silentSince ?? at
            if silentSince == nil { await context.note("Kafka does not answer: \(error.reason); waiting for it") }
            silentSince = since
            guard at - since < Self.patience else {
                throw context.failure(error, what: "looking at the moves", object: "the cluster")
            }
            return nil
        }
    }

    private func otherClusterProblem(_ found: ClusterID) -> ClusterProblem {
        let failure = otherCluster(found, layout)
        return ClusterProblem(
            code: failure.code, mayHaveBeenApplied: false, reason: failure.reason, remedy: failure.remedy)
    }

    /// Bytes of new replicas and room in directories. At a listing all replicas are asked for, since their number in each
    /// directory says where Kafka puts the next one.
    private mutating func measure(_ seen: inout MoveObservation, whole: Bool) async {
        let underway = execution.underway
        let brokers = Set(underway.values).union(whole ? execution.receivers : []).intersection(seen.live).sorted()
        guard !brokers.isEmpty else { return }
        let logs = await control.replicaLogs(
            of: brokers, partitions: whole ? nil : underway.keys.sorted(), layout)
        for (broker, found) in logs {
            guard case .known(var directories) = found else { continue }
            for place in directories.indices {
                let path = directories[place].directory.path
                if whole {
                    replicaCounts[broker, default: [:]][path] = directories[place].directory.replicas
                } else {
                    directories[place].directory.replicas = replicaCounts[broker]?[path] ?? 0
                }
                for log in directories[place].replicas where underway[log.partition] == broker {
                    seen.copied[log.partition] = log.size
                }
                directories[place].replicas = []
            }
            seen.directories[broker] = .known(directories)
        }
    }

    // MARK: - Acting

    /// Orders lists and elects their first replicas. One that can't lead now stays led as it is: the moves do not need it.
    private func lead(_ targets: [ReplicaTarget]) async throws(StepFailure) {
        let start = clock.uptime()
        while let problem = await leadOnce(targets) {
            await context.note("asking for leaders: \(problem.reason)")
            // Whoever resumes asks again.
            guard await context.request() == nil else { return }
            guard clock.uptime() - start < Self.patience else {
                throw context.failure(problem, what: "asking for leaders", object: "the cluster")
            }
            try await wait(MoveOptions.shortestPoll)
        }
    }

    /// A request without an answer is made again, since where only the order changes nothing else would: both can be had
    /// twice without harm.
    /// - Returns: what kept them from being answered.
    private func leadOnce(_ targets: [ReplicaTarget]) async -> ClusterProblem? {
        do throws(ClusterProblem) {
            let ordered = try await control.reassign(targets, changingReplicationFactor: false, layout)
            let elected = try await control.electPreferredLeaders(ordered.done, layout)
            let refused = ordered.refused.count + elected.refused.count
            if refused > 0, let first = (ordered.refused + elected.refused).first {
                await context.note(
                    "\(refused) of \(counted(targets.count, "leader")) \(refused == 1 ? "stays where it is" : "stay where they are"): \(first.subject): \(first.reason)"
                )
            }
            return nil
        } catch { return error }
    }

    private mutating func submit(_ targets: [ReplicaTarget]) async {
        let partitions = targets.map(\.partition)
        do throws(ClusterProblem) {
            let outcome = try await control.reassign(targets, changingReplicationFactor: false, layout)
            execution.submitted(
                partitions,
                refused: Dictionary(
                    outcome.refused.map { ($0.subject, (code: $0.code, reason: $0.reason)) },
                    uniquingKeysWith: { first, _ in first }))
            if let first = outcome.refused.first {
                await context.note(
                    "\(counted(outcome.refused.count, "move", "was", "were")) refused: \(first.subject): \(first.reason)"
                )
            }
        } catch {
            // It may have been applied all the same: what is under way is read back before anything is asked for again.
            await context.note(
                "asking for \(counted(targets.count, "move")): \(error.reason); reading back what was begun")
            execution.submitted(partitions, refused: [:])
        }
    }

    /// Starts a broker again whose process ended before its data was off it. Only where its host shows a container that does
    /// not run: what is alive is left alone, and a host that does not answer is left to come back.
    private func revive(_ broker: NodeID) async {
        guard let node = layout.node(broker) else { return }
        do throws(StepFailure) {
            guard let container = try await node.container(context), !container.isAlive else {
                return await context.note("broker \(broker) leaves and does not serve; its container is left alone")
            }
            do throws(HostProblem) {
                try await context.world.containers.start(
                    [ContainerName.service(of: node)], of: context.cluster, on: node.host)
            } catch {
                throw context.failure(error, what: "starting it again", object: "broker \(broker)")
            }
            await context.note(
                "broker \(broker) died before its data was off it (\(container.state)"
                    + (container.exitCode.map { ", exit code \($0)" } ?? "") + "): it was started again")
        } catch {
            await context.note("broker \(broker) leaves and does not serve: \(error.object): \(error.reason)")
        }
    }

    private func cancel(_ partitions: [TopicPartition]) async {
        do throws(ClusterProblem) {
            let outcome = try await control.cancelReassignments(partitions, layout)
            if let first = outcome.refused.first {
                await context.note("\(first.subject) can't be taken back: \(first.reason)")
            }
        } catch {
            await context.note("taking \(counted(partitions.count, "move")) back: \(error.reason)")
        }
    }

    static func examples(_ partitions: [TopicPartition]) -> String {
        let shown = partitions.prefix(3).map(\.description).joined(separator: ", ")
        return partitions.count > 3 ? "\(shown) and \(partitions.count - 3) more" : shown
    }

    // MARK: - Ending early

    /// Takes back what is under way and the throttle, after a failure that is kept for its words.
    private mutating func stopSafely(after failure: StepFailure) async throws(StepFailure) {
        do throws(StepFailure) {
            try await takeBack()
            try await keeper.release()
        } catch {
            var both = failure
            both.reason +=
                "; and what was begun can't be taken back now (\(error.reason)): gantry operation resume or abort does"
            throw both
        }
    }

    /// Takes back what is under way; what can't be, because none of its originals lives, goes on by itself.
    private mutating func takeBack() async throws(StepFailure) {
        execution.isEnding = true
        let start = clock.uptime()
        var told = false
        while true {
            if let seen = try await look() {
                for case .cancel(let partitions) in execution.next(seen) { await cancel(partitions) }
                let partitions = execution.cancellable()
                guard !partitions.isEmpty else { return }
                if !told { await context.note("taking back \(counted(partitions.count, "move")) under way") }
                told = true
                await cancel(partitions)
            }
            guard clock.uptime() - start < Self.cancelLimit else {
                throw StepFailure(
                    code: "moves-under-way", what: "taking moves back", object: "the cluster",
                    reason:
                        "after \(Self.cancelLimit.components.seconds) s \(execution.movingCount) are still under way",
                    remedy: "gantry operation abort tries again")
            }
            try await wait(MoveOptions.shortestPoll)
        }
    }

    /// Leaves the cluster as an operation that is given up must leave it.
    mutating func abandon() async throws(StepFailure) -> String? {
        guard !keeper.record.isEmpty || !execution.items.isEmpty else { return nil }
        try await takeBack()
        try await keeper.release()
        return "nothing of it is under way, and no throttle of it is left"
    }

    func wait(_ time: Duration) async throws(StepFailure) {
        guard time > .zero else { return }
        do {
            try await clock.sleep(for: time)
        } catch {
            throw .cutOff
        }
    }
}

extension StepFailure {
    fileprivate init(_ problem: MoveProblem) {
        self.init(
            code: problem.code, what: "moving data", object: problem.object, reason: problem.reason,
            remedy: problem.remedy)
    }
}
