import FleetModel
import Testing

@testable import Operations

/// Transcripts of the executor's decisions.
struct MoveExecutionTests {
    /// Broker 3 leaves; `count` partitions on [3, 1] go to broker 2.
    static func drain(_ count: Int32 = 1, bytes: Int64 = 100) -> MoveOrder {
        MoveOrder(
            goal: .empty([id(3)]),
            routes: (0..<count).map { .swap(partition($0), [3, 1], 3, 2, bytes: bytes, leader: 1) })
    }

    @Test func `leaders leave before the first byte, data follows, order and leaders come last`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        let first = scene.look()
        #expect(first.led == [ReplicaTarget(partition: partition(0), replicas: [id(1), id(3)])])
        #expect(first.submitted.isEmpty)
        scene.apply(first)
        let second = scene.look()
        #expect(second.submitted == [partition(0)])
        scene.apply(second)
        #expect(scene.rows[partition(0)]?.replicas == [2, 1, 3], "old and new together while it moves")
        #expect(scene.look().submitted.isEmpty)
        scene.finish(partition(0))
        let last = scene.look()
        #expect(last.led == [ReplicaTarget(partition: partition(0), replicas: [id(2), id(1)])])
        #expect(!last.contains(.done), "one empty listing is no proof")
        scene.apply(last)
        #expect(scene.look().contains(.done))
    }

    @Test func `a partition with two new replicas gets one at a time`() {
        let route = MoveOrder.Route(
            partition: partition(0), from: [id(1), id(2)], to: [id(3), id(4)],
            hops: [
                .init(target: [id(1), id(3)], adding: id(3), bytes: ByteCount(10)),
                .init(target: [id(3), id(4)], adding: id(4), bytes: ByteCount(10)),
            ])
        var scene = MoveScene(MoveOrder(goal: .routes, routes: [route]), brokers: 1...4)
        scene.apply(scene.look())
        #expect(scene.moves[partition(0)]?.adding == [3])
        #expect(scene.look().submitted.isEmpty)
        scene.finish(partition(0))
        scene.apply(scene.look())
        #expect(scene.moves[partition(0)]?.adding == [4])
        scene.finish(partition(0))
        #expect(scene.playToEnd().contains(.done))
    }

    @Test func `a port has at least five copies under way, and no more where they are large`() {
        // 1 MiB/s for 10 s are 10 MiB: each of these copies is more.
        var scene = MoveScene(Self.drain(12, bytes: 20 << 20), brokers: 1...3, throttle: 1 << 20)
        scene.apply(scene.look())
        let begun = scene.look()
        #expect(begun.submitted.count == MoveOptions.windowCount)
        scene.apply(begun)
        _ = scene.look()
        scene.finish(begun.submitted[0])
        scene.finish(begun.submitted[1])
        #expect(scene.look().submitted.count == 2, "what ended is followed at once, without a barrier")
    }

    @Test func `small partitions fill the window by bytes, not by count`() {
        var scene = MoveScene(Self.drain(1000, bytes: 1 << 20), brokers: 1...3, throttle: 1 << 20)
        scene.apply(scene.look())
        #expect(scene.look().submitted.count == 10)
    }

    @Test func `no request holds more than five thousand partitions`() {
        let order = MoveOrder(
            goal: .routes, routes: (0..<6000).map { .swap(partition($0), [3, 1], 3, 2, bytes: 0) })
        var scene = MoveScene(order, brokers: 1...3)
        let first = scene.look()
        #expect(first.submitted.count == 5000)
        scene.apply(first)
        #expect(scene.look().submitted.count == 1000)
    }

    @Test func `a request without an answer is read back before it is sent again`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        let sent = scene.look()
        #expect(sent.submitted == [partition(0)])
        // It was applied, and the answer was lost.
        scene.submit(ReplicaTarget(partition: partition(0), replicas: [id(2), id(1)]))
        scene.execution.submitted(sent.submitted, refused: [:])
        #expect(scene.look().submitted.isEmpty)
        #expect(scene.execution.movingCount == 1)
    }

    @Test func `a request that was not applied is sent again after a listing shows it`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        let sent = scene.look()
        scene.execution.submitted(sent.submitted, refused: [:])
        #expect(scene.look().submitted == sent.submitted)
    }

    @Test func `after a crash a move under way is taken up, not begun again`() {
        var scene = MoveScene(Self.drain(2), brokers: 1...3)
        scene.rows[partition(0)] = .init(replicas: [1, 3], leader: 1, inSync: [1, 3])
        scene.submit(ReplicaTarget(partition: partition(0), replicas: [id(2), id(1)]))
        scene.rows[partition(1)] = .init(replicas: [2, 1], leader: 2, inSync: [1, 2])
        let actions = scene.look()
        #expect(actions.submitted.isEmpty && actions.led.isEmpty)
        #expect(scene.execution.movingCount == 1)
        #expect(scene.execution.progress.settled == 1)
        scene.finish(partition(0))
        #expect(scene.playToEnd().contains(.done))
    }

    @Test func `somebody else's move is waited for and never overridden`() {
        var scene = MoveScene(Self.drain(2), brokers: 1...4)
        scene.rows[partition(0)] = .init(replicas: [4, 1, 3], leader: 1, inSync: [1, 3])
        scene.moves[partition(0)] = ([4], [3])
        for _ in 0..<5 {
            let actions = scene.look()
            #expect(!actions.submitted.contains(partition(0)))
            #expect(actions.cancelled.isEmpty)
            scene.apply(actions)
        }
        scene.finish(partition(0))
        scene.finish(partition(1))
        #expect(scene.playToEnd().contains(.done))
        // Where it was brought is good enough: it is off broker 3.
        #expect(scene.rows[partition(0)]?.replicas == [4, 1])
    }

    @Test func `somebody else's move stops the operation where that was asked for`() {
        var scene = MoveScene(Self.drain(), brokers: 1...4, foreign: .refuse)
        scene.rows[partition(0)] = .init(replicas: [4, 1, 3], leader: 1, inSync: [1, 3])
        scene.moves[partition(0)] = ([4], [3])
        #expect(scene.look().problem?.code == "foreign-reassignment")
    }

    @Test func `of a target that dies only its partitions are planned anew`() {
        let order = MoveOrder(
            goal: .empty([id(3)]),
            routes: [.swap(partition(0), [3, 1], 3, 2), .swap(partition(1), [3, 1], 3, 4)])
        var scene = MoveScene(order, brokers: 1...5)
        scene.apply(scene.look())
        scene.live.remove(2)
        #expect(scene.look().cancelled.isEmpty, "it may be a restart")
        let actions = scene.look(after: .seconds(31))
        #expect(actions.cancelled == [partition(0)])
        #expect(scene.said.contains { $0.contains("broker 2") && $0.contains("1 partition that was to go there is") })
        scene.apply(actions)
        let replanned = scene.playUntilReplanned()
        #expect(replanned == [partition(0)])
        #expect(scene.moves[partition(1)] != nil, "the other one goes on")
        scene.execution.adopt(
            MoveOrder(goal: .empty([id(3)]), routes: [.swap(partition(0), [3, 1], 3, 5)]), for: replanned)
        scene.apply(scene.look())
        #expect(scene.moves[partition(0)]?.adding == [5])
    }

    @Test func `a move to a dead target stays where none of its originals lives`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        scene.apply(scene.look())
        scene.live = []
        _ = scene.look()
        let actions = scene.look(after: .seconds(40))
        #expect(actions.cancelled.isEmpty)
        #expect(scene.said.contains { $0.contains("is left as it is: none of its other replicas is alive") })
    }

    @Test func `partitions that come to be on a broker that leaves are planned too`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        scene.rows[partition(0, "new")] = .init(replicas: [3, 1], leader: 3, inSync: [3, 1])
        let replanned = scene.playUntilReplanned(rounds: 5)
        #expect(replanned == [partition(0, "new")])
        scene.execution.adopt(
            MoveOrder(goal: .empty([id(3)]), routes: [.swap(partition(0, "new"), [3, 1], 3, 2)]), for: replanned)
        for partition in scene.moves.keys { scene.finish(partition) }
        #expect(scene.playToEnd().contains(.done))
        #expect(scene.rows[partition(0, "new")]?.replicas.contains(3) == false)
    }

    @Test func `a topic that is deleted meanwhile is no obstacle`() {
        var scene = MoveScene(Self.drain(2), brokers: 1...3)
        scene.apply(scene.look())
        scene.apply(scene.look())
        scene.rows[partition(1)] = nil
        scene.moves[partition(1)] = nil
        scene.finish(partition(0))
        #expect(scene.playToEnd().contains(.done))
    }

    @Test func `a drain is done only when two listings in a row show nothing`() {
        var scene = MoveScene(MoveOrder(goal: .empty([id(3)]), routes: []), brokers: 1...3)
        #expect(!scene.look().contains(.done))
        scene.rows[partition(0)] = .init(replicas: [3, 1], leader: 3, inSync: [3, 1])
        let actions = scene.look()
        #expect(!actions.contains(.done))
        var replanned: [TopicPartition] = actions.replanned
        for _ in 0..<20 where replanned.isEmpty { replanned = scene.look().replanned }
        #expect(replanned == [partition(0)])
    }

    @Test func `a change of order alone moves no data and ends with an election`() {
        let route = MoveOrder.Route(partition: partition(0), from: [id(1), id(2)], to: [id(2), id(1)], hops: [])
        var scene = MoveScene(MoveOrder(goal: .routes, routes: [route]), brokers: 1...2)
        let actions = scene.look()
        #expect(actions.submitted.isEmpty)
        #expect(actions.led == [ReplicaTarget(partition: partition(0), replicas: [id(2), id(1)])])
        scene.apply(actions)
        #expect(scene.look().contains(.done))
    }

    @Test func `two minutes without a byte are said, with the oldest partitions and why`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        scene.apply(scene.look())
        scene.copied[partition(0)] = ByteCount(50)
        _ = scene.look()
        for _ in 0..<11 { _ = scene.look(after: .seconds(10)) }
        #expect(scene.said.isEmpty)
        _ = scene.look(after: .seconds(11))
        #expect(scene.said.last?.hasPrefix("stalled") == true)
        #expect(scene.said.last?.contains("t-0 (unknown)") == true)
        scene.copied[partition(0)] = ByteCount(100)
        _ = scene.look(after: .seconds(10))
        for _ in 0..<13 { _ = scene.look(after: .seconds(10)) }
        #expect(scene.said.last?.contains("throttle below ingress") == true)
    }

    @Test func `a stall that lasts half an hour ends the moves`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        scene.apply(scene.look())
        var problem: MoveProblem?
        for _ in 0..<200 where problem == nil { problem = scene.look(after: .seconds(10)).problem }
        #expect(problem?.code == "stalled")
    }

    @Test func `a directory without room holds a move back, and the stall says so`() {
        var scene = MoveScene(Self.drain(2, bytes: 1000), brokers: 1...3)
        let full = LogDirectoryObservation(
            path: "/d", error: nil, total: ByteCount(10_000), usable: ByteCount(1700), logBytes: .zero, replicas: 0)
        scene.directories[id(2)] = .known([LogDirectoryContents(directory: full, replicas: [])])
        scene.apply(scene.look())
        let begun = scene.look()
        #expect(begun.submitted.count == 1, "1,700 less 500 of headroom hold one of 1,100, not two")
        scene.apply(begun)
        for partition in scene.moves.keys { scene.finish(partition) }
        scene.directories[id(2)] = .known([
            LogDirectoryContents(
                directory: LogDirectoryObservation(
                    path: "/d", error: nil, total: ByteCount(10_000), usable: ByteCount(600), logBytes: .zero,
                    replicas: 1), replicas: [])
        ])
        for _ in 0..<15 { #expect(scene.look(after: .seconds(10)).submitted.isEmpty) }
        #expect(scene.said.last?.contains("disk full: broker 2") == true)
    }

    @Test func `the throttle names replicas before the move for leaders and added ones for followers, and shrinks`() {
        var scene = MoveScene(Self.drain(2), brokers: 1...3, throttle: 1 << 20)
        scene.apply(scene.look())
        let actions = scene.look()
        let wish = actions.throttle
        #expect(wish?.topics["t"]?.leader.map(\.description).sorted() == ["0:1", "0:3", "1:1", "1:3"])
        #expect(wish?.topics["t"]?.follower.map(\.description).sorted() == ["0:2", "1:2"])
        #expect(wish?.followers == [id(2)])
        let (throttled, begun) = (
            actions.firstIndex { if case .throttle = $0 { true } else { false } },
            actions.firstIndex { if case .submit = $0 { true } else { false } }
        )
        #expect((throttled ?? .max) < (begun ?? .min), "it holds before the first byte")
        scene.apply(actions)
        _ = scene.look()
        scene.finish(partition(0))
        #expect(scene.look().throttle?.topics["t"]?.follower.map(\.description) == ["1:2"])
    }

    @Test func `asked to end, it begins nothing and waits for what is under way`() {
        var scene = MoveScene(Self.drain(20, bytes: 20 << 20), brokers: 1...3, throttle: 1 << 20)
        scene.apply(scene.look())
        scene.apply(scene.look())
        scene.execution.isEnding = true
        #expect(!scene.look().contains(.done))
        for partition in scene.moves.keys { scene.finish(partition) }
        var ended = false
        for _ in 0..<5 where !ended {
            let actions = scene.look()
            #expect(actions.submitted.isEmpty)
            ended = actions.contains(.done)
        }
        #expect(ended)
    }

    @Test func `a target that Kafka no longer knows is planned anew`() {
        var scene = MoveScene(Self.drain(), brokers: 1...3)
        scene.apply(scene.look())
        let sent = scene.look()
        scene.execution.submitted(
            sent.submitted, refused: [partition(0): (code: 39, reason: "no such broker is registered")])
        #expect(scene.look().replanned == [partition(0)])
    }

    @Test func `what no plan can be made for ends the moves with its reason once the rest is done`() {
        var scene = MoveScene(Self.drain(2), brokers: 1...3)
        _ = scene.look()
        scene.execution.refuse([partition(0)], reason: "no rack is left")
        let end = scene.playToEnd()
        #expect(end.problem?.code == "move-refused")
        #expect(end.problem?.reason.contains("no rack is left") == true)
        #expect(scene.rows[partition(1)]?.replicas.contains(3) == false)
    }
}
