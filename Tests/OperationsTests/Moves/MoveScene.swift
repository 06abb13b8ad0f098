import FleetModel
import Testing

@testable import Operations

func id(_ number: Int32) -> NodeID {
    guard let id = NodeID(rawValue: number) else { fatalError("\(number) is no id") }
    return id
}

func partition(_ number: Int32, _ topic: String = "t") -> TopicPartition {
    TopicPartition(topic: topic, partition: number)
}

/// A cluster reduced to lists, played by hand: what a test of the executor's decisions looks at and changes.
struct MoveScene {
    struct Row {
        var replicas: [Int32]
        var leader: Int32
        var inSync: [Int32]
    }

    var rows: [TopicPartition: Row] = [:]
    var moves: [TopicPartition: (adding: [Int32], removing: [Int32])] = [:]
    var live: Set<Int32>
    var now: Duration = .zero
    var copied: [TopicPartition: ByteCount] = [:]
    var directories: [NodeID: Known<[LogDirectoryContents]>] = [:]
    var execution: MoveExecution
    /// What was said, in order.
    var said: [String] = []

    init(_ order: MoveOrder, brokers: ClosedRange<Int32>, throttle: Int64? = nil, foreign: MoveOptions.Foreign = .wait)
    {
        live = Set(brokers)
        execution = MoveExecution(
            order, MoveOptions(throttle: throttle.map { BytesPerSecond($0) }, foreign: foreign))
        for route in order.routes {
            let list = route.from.map(\.rawValue)
            rows[route.partition] = Row(replicas: list, leader: list[0], inSync: list)
        }
    }

    /// Time passes and the executor looks; the listing is there when it asks for one.
    mutating func look(after time: Duration = .seconds(1)) -> [MoveAction] {
        now += time
        var seen = MoveObservation(
            at: now,
            reassignments: moves.map { partition, move in
                ReassignmentObservation(
                    partition: partition, replicas: (rows[partition]?.replicas ?? []).map(id),
                    adding: move.adding.map(id), removing: move.removing.map(id))
            }, live: Set(live.map(id)), copied: copied, directories: directories)
        if execution.wantsListing(at: now) { seen.listing = listing() }
        var actions = execution.next(seen)
        if actions == [.wait(.zero)], seen.listing == nil {
            seen.listing = listing()
            actions = execution.next(seen)
        }
        for case .say(let words) in actions { said.append(words) }
        return actions
    }

    func listing() -> PartitionTable {
        var table = PartitionTable()
        var topic = ""
        for (name, row) in rows.sorted(by: { $0.key < $1.key }) {
            if name.topic != topic {
                topic = name.topic
                table.beginTopic(TopicObservation(name: topic))
            }
            table.append(partition: name.partition, leader: row.leader, replicas: row.replicas, inSync: row.inSync)
        }
        return table
    }

    // MARK: - Kafka

    /// Does what Kafka does with the actions, apart from copying.
    mutating func apply(_ actions: [MoveAction]) {
        for action in actions {
            switch action {
            case .submit(let targets):
                for target in targets { submit(target) }
                execution.submitted(targets.map(\.partition), refused: [:])
            case .lead(let targets):
                for target in targets {
                    rows[target.partition]?.replicas = target.replicas.map(\.rawValue)
                    if let first = target.replicas.first?.rawValue { rows[target.partition]?.leader = first }
                }
            case .cancel(let partitions): for partition in partitions { cancel(partition) }
            default: continue
            }
        }
    }

    mutating func submit(_ target: ReplicaTarget) {
        guard var row = rows[target.partition] else { return }
        let wanted = target.replicas.map(\.rawValue)
        let adding = wanted.filter { !row.replicas.contains($0) }
        let removing = row.replicas.filter { !wanted.contains($0) }
        row.replicas = wanted + removing
        rows[target.partition] = row
        moves[target.partition] = (adding, removing)
    }

    /// The move of `partition` ends well.
    mutating func finish(_ partition: TopicPartition) {
        guard let move = moves.removeValue(forKey: partition), var row = rows[partition] else { return }
        row.replicas.removeAll { move.removing.contains($0) }
        row.inSync = row.replicas
        if !row.replicas.contains(row.leader) { row.leader = row.replicas[0] }
        rows[partition] = row
        copied[partition] = nil
    }

    mutating func cancel(_ partition: TopicPartition) {
        guard let move = moves.removeValue(forKey: partition) else { return }
        rows[partition]?.replicas.removeAll { move.adding.contains($0) }
    }

    /// The executor goes on until it asks for another plan: for which partitions.
    mutating func playUntilReplanned(rounds: Int = 20) -> [TopicPartition] {
        var replanned: [TopicPartition] = []
        for _ in 0..<rounds where replanned.isEmpty {
            let actions = look()
            replanned = actions.replanned
            apply(actions)
        }
        return replanned
    }

    /// Everything that is under way ends, again and again, until the executor is done.
    mutating func playToEnd(rounds: Int = 100) -> [MoveAction] {
        for _ in 0..<rounds {
            let actions = look()
            if actions.contains(.done) { return actions }
            if actions.contains(where: { if case .stop = $0 { true } else { false } }) { return actions }
            apply(actions)
            for partition in moves.keys { finish(partition) }
        }
        Issue.record("no end after \(rounds) rounds")
        return []
    }
}

extension MoveOrder.Route {
    /// One replica goes from one broker to another, in its place.
    static func swap(
        _ partition: TopicPartition, _ from: [Int32], _ old: Int32, _ new: Int32, bytes: Int64 = 100,
        leader: Int32? = nil
    ) -> MoveOrder.Route {
        let to = from.map { $0 == old ? new : $0 }.map(id)
        return MoveOrder.Route(
            partition: partition, from: from.map(id), to: to, leader: leader.map(id),
            hops: [MoveOrder.Hop(target: to, adding: id(new), bytes: ByteCount(bytes))])
    }
}

extension [MoveAction] {
    var submitted: [TopicPartition] {
        flatMap { action -> [TopicPartition] in
            if case .submit(let targets) = action { targets.map(\.partition) } else { [] }
        }
    }
    var cancelled: [TopicPartition] {
        flatMap { action -> [TopicPartition] in if case .cancel(let partitions) = action { partitions } else { [] } }
    }
    var replanned: [TopicPartition] {
        flatMap { action -> [TopicPartition] in if case .replan(let partitions) = action { partitions } else { [] } }
    }
    var led: [ReplicaTarget] {
        flatMap { action -> [ReplicaTarget] in if case .lead(let targets) = action { targets } else { [] } }
    }
    var problem: MoveProblem? {
        for case .stop(let problem) in self { return problem }
        return nil
    }
    var throttle: ThrottleWish? {
        for case .throttle(let wish) in self { return wish }
        return nil
    }
}
