import FleetModel
import OperationModel
import Testing

@testable import FleetSimulator
@testable import Operations

/// Faults of every kind at times that a seed decides: the same seed, the same faults. Each passes by itself, as far as it
/// is one of a host; containers that were killed are started again like an operator would.
struct FaultSchedule {
    struct Entry: Sendable {
        let at: Duration
        let words: String
        let act: @Sendable (inout FleetState) -> Void
    }

    /// In the order of their times, from now on.
    let entries: [Entry]
    /// After so many journal writes the first worker dies; nil: it does not.
    let deathAfter: Int?

    /// Between 1 and 6 faults within `span`.
    init(seed: UInt64, layout: ClusterLayout, within span: Duration) {
        var chance = SeededGenerator(seed: seed)
        func seconds(_ range: ClosedRange<Int>) -> Duration { .seconds(Int.random(in: range, using: &chance)) }
        deathAfter = Bool.random(using: &chance) ? Int.random(in: 1...60, using: &chance) : nil
        var entries: [Entry] = []
        for _ in 0..<Int.random(in: 1...6, using: &chance) {
            let name = FaultName.all[Int.random(in: FaultName.all.indices, using: &chance)]
            let at = span * Int.random(in: 0...1000, using: &chance) / 1000
            switch name.target {
            case .host(let trouble):
                let hosts = Set(layout.nodes.map(\.host)).sorted()
                let host = hosts[Int.random(in: hosts.indices, using: &chance)]
                let time: Duration? = trouble == .rebooting ? nil : seconds(3...120)
                entries.append(
                    Entry(at: at, words: "\(name.name) \(host) for \(time.map { "\($0)" } ?? "its time")") {
                        $0.afflict(host, with: trouble, for: time)
                    })
            case .node(let role, let fault):
                let nodes = role == .broker ? layout.brokers : layout.controllers
                let node = nodes[Int.random(in: nodes.indices, using: &chance)].id
                entries.append(
                    Entry(at: at, words: "\(name.name) \(node)") { $0.inflict(.container(fault, node)) })
                guard fault == .pause else { continue }
                entries.append(Entry(at: at + seconds(3...60), words: "unpause \(node)") { $0.unpause(node) })
            }
        }
        self.entries = entries.sorted { $0.at < $1.at }
    }

    var description: String {
        (entries.map { "\($0.at) \($0.words)" } + (deathAfter.map { ["the worker dies after \($0) writes"] } ?? []))
            .joined(separator: "; ")
    }
}

/// An operation under a schedule of faults, resumed until it is done.
struct FaultPlay {
    let time: VirtualTime
    let store: MemoryStore
    let fleet: SimulatedFleet
    let cluster: ClusterName
    let id: OperationID
    let schedule: FaultSchedule
    /// The world of a worker with this lease.
    let world: (Lease) -> OperationWorld
    /// Whether a container that a fault killed would be started again by hand: not one that the operation took out.
    let isWanted: (NodeID) -> Bool

    /// Workers that an operator would start before giving up: one more than there are faults, with room to spare.
    private static let mostWorkers = 12
    /// Longer than any operation here takes with all the faults.
    private static let patience: Duration = .seconds(4 * 3600)

    /// - Returns: how each worker left it; nil: it died.
    func run() throws -> [OperationEnding?] {
        var endings: [OperationEnding?] = []
        let start = time.uptime()
        var left = schedule.entries[...]
        store.die(afterWrites: schedule.deathAfter)
        for pid in 1...Self.mostWorkers {
            let (ending, played) = try work(pid: Int32(pid), left, from: start)
            left = left.dropFirst(played)
            endings.append(ending)
            store.die(afterWrites: nil)
            try mend()
            if ending == .done { break }
        }
        return endings
    }

    private func work(
        pid: Int32, _ faults: ArraySlice<FaultSchedule.Entry>, from start: Duration
    ) throws -> (OperationEnding?, Int) {
        let present = try store.lease(of: cluster)
        let lease = try store.acquireLease(
            cluster: cluster, operation: id,
            holder: Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root"),
            replacing: present?.token, at: time.now())
        let engine = OperationEngine(store: store, world: world(lease))
        let (time, fleet) = (time, fleet)
        let outcome = time.run {
            await withTaskGroup(of: (OperationEnding?, Int?).self) { group in
                group.addTask { (try? await engine.run(lease), nil) }
                group.addTask {
                    var played = 0
                    for fault in faults {
                        let wait = start + fault.at - time.uptime()
                        guard (try? await time.sleep(for: max(.zero, wait))) != nil else { break }
                        fleet.withState { fault.act(&$0) }
                        played += 1
                    }
                    try? await time.sleep(for: Self.patience)
                    return (nil, played)
                }
                let first = await group.next()
                group.cancelAll()
                let second = await group.next()
                return (first?.0 ?? second?.0, first?.1 ?? second?.1 ?? 0)
            }
        }
        return try #require(outcome)
    }

    /// What an operator does when an operation stopped: puts hosts right, starts what was killed, waits until it serves.
    private func mend() throws {
        fleet.withState { state in
            for host in state.hosts.keys.sorted() { state.heal(host) }
        }
        let time = time
        _ = time.run { try? await time.sleep(for: .seconds(40)) }
        fleet.withState { state in
            for host in state.hosts.keys.sorted() {
                for container in state.containers(on: host)
                where !container.isRunning && container.startedAt != nil && isWanted(container.node) {
                    state.start(container.node, on: host)
                }
            }
        }
        _ = time.run { try? await time.sleep(for: .seconds(60)) }
    }
}
