import FleetModel
import Observation
public import OperationModel
import Operations
import Synchronization

/// An operation, tried on a copy of its fleet in virtual time: hours of it take seconds, and nothing else is touched.
public struct Rehearsal: Sendable {
    private let plan: OperationPlan
    private let memory: [String: String]
    private let limit: Duration
    private let state: FleetState
    private let takenAt: Timestamp
    private let commands: HostCommands
    private let isCancelled = CancellationFlag()

    /// A rehearsal of `plan`.
    /// - Parameters:
    ///   - plan: the operation, as it would be started.
    ///   - fleet: what its fleet looks like now.
    ///   - memory: the journal's values that operations read: layout and retired ids.
    ///   - limit: how long it may take in virtual time: one that hangs is ended there.
    /// - Throws: `SimulationProblem` where the fleet can't be copied.
    public init(
        _ plan: OperationPlan, on fleet: ObservedFleet, memory: [String: String], limit: Duration
    ) throws(SimulationProblem) {
        self.plan = plan
        self.memory = memory
        self.limit = limit
        commands = HostCommands(fleet.specification)
        takenAt = fleet.snapshot.takenAt
        state = try FleetState(copying: fleet)
    }

    /// Ends `run` early, from any thread.
    public func cancel() { isCancelled.set() }

    /// Runs the operation to its end, on this thread.
    /// - Throws: `SimulationProblem` when it could not be run at all; `CancellationError`.
    public func run() throws -> RehearsalResult {
        // The time of day is the fleet's: an operation may be told in which hours data may move.
        let time = VirtualTime(epoch: takenAt.advanced(by: .zero - state.now), startingAt: state.now)
        let keeper = MemoryKeeper(state, uptime: { time.uptime() })
        let fleet = SimulatedFleet(cluster: plan.cluster, keeper: keeper, clock: time)
        let store = MemoryStore()
        let id = OperationID(createdAt: time.now(), salt: 0)
        let lease = try prepare(store, id, at: time.now())
        let world = OperationWorld(
            hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet,
            control: fleet, memory: StoreMemory(store: store, lease: lease), clock: time, commands: commands)
        let pictures = Pictures()
        pictures.add(keeper.withState { $0.picture() })
        let ending = time.run {
            await withTaskGroup(of: OperationEnding?.self) { group in
                group.addTask { try? await OperationEngine(store: store, world: world).run(lease) }
                group.addTask {
                    await watch(time, pictures) { keeper.withState { $0.picture() } }
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first
            }
        }
        if isCancelled.isSet { throw CancellationError() }
        pictures.add(keeper.withState { $0.picture() })
        let events = try store.events(of: id, after: 0, limit: .max)
        return RehearsalResult(
            pictures.all, .fold(plan, events), epoch: time.now().advanced(by: .zero - time.uptime()),
            ending: ending ?? nil)
    }

    /// The journal of the copy, with what its operations read.
    private func prepare(_ store: MemoryStore, _ id: OperationID, at now: Timestamp) throws(StoreError) -> Lease {
        try store.create(id, plan: plan, at: now)
        let lease = try store.acquireLease(
            cluster: plan.cluster, operation: id,
            holder: Holder(techhost: "rehearsal", pid: 1, bootID: "", startTicks: 0, user: "rehearsal"),
            replacing: nil, at: now)
        for (key, value) in memory { try store.setValue(value, for: key, under: lease) }
        return lease
    }

    /// Between two looks at first: leaders move within a second.
    private static let firstInterval: Duration = .seconds(1)
    /// After so many looks the interval doubles: a long operation needs no more of them than a few hundred.
    private static let looksAnInterval = 60

    /// Looks at the fleet again and again, until the limit or a cancellation.
    private func watch(_ time: VirtualTime, _ pictures: Pictures, _ look: @Sendable () -> FleetPicture) async {
        var interval = Self.firstInterval
        let end = time.uptime() + limit
        while time.uptime() < end, !isCancelled.isSet {
            for _ in 0..<Self.looksAnInterval {
                guard (try? await time.sleep(for: interval)) != nil, !isCancelled.isSet else { return }
                pictures.add(look())
            }
            interval = interval * 2
        }
    }
}

/// The memory of operations, in the store of the copy.
private struct StoreMemory: FleetMemory {
    let store: MemoryStore
    let lease: Lease

    func value(_ key: String) async throws -> String? { try store.value(key) }
    func setValue(_ value: String, for key: String) async throws {
        try store.setValue(value, for: key, under: lease)
    }
}

/// What was seen so far.
private final class Pictures: Sendable {
    private let state = Mutex<[FleetPicture]>([])
    var all: [FleetPicture] { state.withLock { $0 } }
    func add(_ picture: FleetPicture) { state.withLock { $0.append(picture) } }
}

/// Whether somebody wants an end of it.
private final class CancellationFlag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
