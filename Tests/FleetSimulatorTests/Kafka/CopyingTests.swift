import FleetModel
import FleetSimulator
import Testing

/// How copies share lines, throttles and fetchers: PLANNER.md 2.6; SEMANTICS.md "Throttles", KAFKA.md section 6.
struct CopyingTests {
    private static let gigabyte: Int64 = 1_000_000_000

    /// Lines of 1 Gbit/s, and no throttle that lets bursts through.
    private static var steady: KafkaModel {
        var model = KafkaModel()
        model.throttleBurst = .zero
        return model
    }

    private func seconds(_ duration: Duration?) throws -> Double { try #require(duration) / .seconds(1) }

    @Test func `a copy takes the time of its bytes on the line, and of its fetcher's round trips`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]], size: Self.gigabyte)
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        // 8 s on the line; one partition gets 1 MiB in each round trip of a millisecond.
        let time = try seconds(stage.timeToMove())
        #expect((8.5...10).contains(time), "\(time)")
    }

    @Test func `a copy is written byte by byte`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]], size: Self.gigabyte)
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        var last: Int64 = 0
        for _ in 0..<8 {
            stage.pass(.seconds(1))
            let now = stage.logBytes(3)
            #expect(now > last && now < Self.gigabyte)
            last = now
        }
        stage.pass(.seconds(4))
        #expect(stage.logBytes(3) == Self.gigabyte)
    }

    @Test func `a new replica that leads once the old leader has left has all of its records`() throws {
        for list in [[1], [1, 2]] {
            var stage = try KafkaStage(brokers: 3)
            try stage.topic("t", [list], size: Self.gigabyte)
            #expect(try stage.move([("t", 0, [3] + list.dropFirst())]) == [0])
            _ = try seconds(stage.timeToMove())
            #expect(stage.logBytes(3) == Self.gigabyte)
        }
    }

    @Test func `copies to several brokers share the line of the leader that they come from`() throws {
        var stage = try KafkaStage(brokers: 5)
        try stage.topic("t", [[1, 2], [1, 2], [1, 2]], size: Self.gigabyte)
        #expect(try stage.move([("t", 0, [1, 3]), ("t", 1, [1, 4]), ("t", 2, [1, 5])]) == [0, 0, 0])
        let time = try seconds(stage.timeToMove())
        #expect((24...26).contains(time), "\(time)")
    }

    @Test func `a throttle needs the rates and the lists: one half alone does nothing`() throws {
        for half in ["rates", "lists", "both"] {
            var stage = try KafkaStage(brokers: 3, model: Self.steady)
            try stage.topic("t", [[1, 2]], size: Self.gigabyte)
            if half != "lists" { for id in 1...3 { try stage.throttle(id, 10_000_000) } }
            if half != "rates" {
                #expect(stage.set("leader.replication.throttled.replicas", .set("0:1,0:2"), ofTopic: "t") == 0)
                #expect(stage.set("follower.replication.throttled.replicas", .set("0:3"), ofTopic: "t") == 0)
            }
            #expect(try stage.move([("t", 0, [1, 3])]) == [0])
            let time = try seconds(stage.timeToMove())
            #expect(half == "both" ? (99...102).contains(time) : time < 11, "\(half): \(time)")
        }
    }

    @Test func `the leader's half alone holds copies from it, and the follower's those to it`() throws {
        for (name, list) in [("leader", "0:1"), ("follower", "0:3")] {
            var stage = try KafkaStage(brokers: 3, model: Self.steady)
            try stage.topic("t", [[1, 2]], size: Self.gigabyte)
            try stage.throttle(name == "leader" ? 1 : 3, 10_000_000)
            #expect(stage.set("\(name).replication.throttled.replicas", .set(list), ofTopic: "t") == 0)
            #expect(try stage.move([("t", 0, [1, 3])]) == [0])
            let time = try seconds(stage.timeToMove())
            #expect((99...102).contains(time), "\(name): \(time)")
        }
    }

    @Test func `throttled rates are shared fairly from the tightest on`() throws {
        var stage = try KafkaStage(brokers: 5, model: Self.steady)
        try stage.topic("t", [[1, 2], [1, 2], [1, 2]], size: Self.gigabyte)
        // The leader may send 30 MB/s; of the three followers one may take only 4.
        for id in 1...5 { try stage.throttle(id, id == 5 ? 4_000_000 : 30_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("*"), ofTopic: "t") == 0)
        }
        #expect(try stage.move([("t", 0, [1, 3]), ("t", 1, [1, 4]), ("t", 2, [1, 5])]) == [0, 0, 0])
        stage.pass(.seconds(20))
        #expect((250_000_000...262_000_000).contains(stage.logBytes(3)), "13 MB/s: \(stage.logBytes(3))")
        #expect((250_000_000...262_000_000).contains(stage.logBytes(4)), "13 MB/s")
        #expect((76_000_000...80_000_000).contains(stage.logBytes(5)), "4 MB/s")
    }

    @Test func `what comes in while a partition is copied is copied too, and a rate below it never ends`() throws {
        var stage = try KafkaStage(brokers: 3, model: Self.steady)
        try stage.topic("t", [[1, 2]], size: Self.gigabyte, ingress: 5_000_000)
        for id in [1, 3] { try stage.throttle(id, 15_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("0:1,0:3"), ofTopic: "t") == 0)
        }
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        // The follower in sync takes 5 MB/s that count and are not held back; 10 are left, of which 5 are new records.
        let time = try seconds(stage.timeToMove())
        #expect((198...203).contains(time), "\(time)")
        try stage.throttle(1, 9_000_000)
        #expect(try stage.move([("t", 0, [1, 2])]) == [0])
        stage.pass(.seconds(1))
        #expect(stage.timeToMove(step: .seconds(60)) == nil)
    }

    @Test func `a throttle leaves replicas in sync alone and slows those that come back`() throws {
        // SEMANTICS.md: a throttle left behind slows the next recovery.
        var stage = try KafkaStage(brokers: 3, model: Self.steady)
        try stage.topic("t", [[1, 2, 3]], size: 10 * Self.gigabyte, ingress: 10_000_000)
        for id in 1...3 { try stage.throttle(id, 25_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("*"), ofTopic: "t") == 0)
        }
        stage.pass(.seconds(600))
        #expect(try stage.inSync("t") == [1, 2, 3], "20 MB/s in sync under any throttle")
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(60))
        try stage.kafka.start(stage.broker(3))
        stage.pass(.seconds(30))
        #expect(try stage.inSync("t") == [1, 2], "600 MB to catch up, at 15 - 10 MB/s")
        stage.pass(.seconds(120))
        #expect(try stage.inSync("t") == [1, 2, 3])
    }

    @Test func `a raised rate acts at once and with a burst`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]], size: 10 * Self.gigabyte)
        for id in 1...3 { try stage.throttle(id, 3_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("*"), ofTopic: "t") == 0)
        }
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        stage.pass(.seconds(30))
        let before = stage.logBytes(3)
        stage.pass(.seconds(10))
        #expect((29_000_000...31_000_000).contains(stage.logBytes(3) - before))
        let at = stage.logBytes(3)
        for id in 1...3 { try stage.throttle(id, 15_000_000) }
        stage.pass(.seconds(1))
        #expect((60_000_000...125_000_000).contains(stage.logBytes(3) - at), "some 75 MB in a second")
        stage.pass(.seconds(2))
        let settled = stage.logBytes(3)
        stage.pass(.seconds(10))
        #expect((149_000_000...151_000_000).contains(stage.logBytes(3) - settled))
    }

    @Test func `after a rate is lowered not a byte moves for some seconds`() throws {
        var stage = try KafkaStage(brokers: 3, model: Self.steady)
        try stage.topic("t", [[1, 2]], size: 10 * Self.gigabyte)
        for id in 1...3 { try stage.throttle(id, 15_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("*"), ofTopic: "t") == 0)
        }
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        stage.pass(.seconds(20))
        for id in 1...3 { try stage.throttle(id, 2_000_000) }
        let before = stage.logBytes(3)
        stage.pass(.milliseconds(6200))
        #expect(stage.logBytes(3) == before)
        stage.pass(.seconds(10))
        #expect(stage.logBytes(3) > before)
        #expect(stage.logBytes(3) - before < 20_000_000)
    }

    @Test func `lists taken away let a copy go at full speed`() throws {
        var stage = try KafkaStage(brokers: 3, model: Self.steady)
        try stage.topic("t", [[1, 2]], size: 10 * Self.gigabyte)
        for id in 1...3 { try stage.throttle(id, 1_000_000) }
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .set("*"), ofTopic: "t") == 0)
        }
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        stage.pass(.seconds(10))
        for side in ["leader", "follower"] {
            #expect(stage.set("\(side).replication.throttled.replicas", .delete, ofTopic: "t") == 0)
        }
        let before = stage.logBytes(3)
        stage.pass(.seconds(2))
        #expect(stage.logBytes(3) - before > 150_000_000)
    }

    @Test func `a copy whose leader dies waits for the next one and goes on where it was`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]], size: 4 * Self.gigabyte)
        #expect(try stage.move([("t", 0, [2, 3, 4])]) == [0])
        stage.pass(.seconds(10))
        let copied = stage.logBytes(4)
        #expect(copied > Self.gigabyte)
        stage.kafka.kill(try node(1))
        stage.pass(.seconds(7))
        #expect(stage.logBytes(4) == copied, "nobody to fetch from until the session ends")
        #expect(stage.timeToMove().map { $0 < .seconds(40) } == true)
        #expect(try stage.replicas("t") == [2, 3, 4])
    }

    @Test func `a follower that was away has to copy what came in meanwhile`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]], size: 100 * Self.gigabyte, ingress: 20_000_000)
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(300))
        try stage.kafka.start(stage.broker(3))
        stage.pass(.seconds(20))
        #expect(try stage.inSync("t") == [1, 2])
        // 6 GB at (some 110 - 20) MB/s.
        stage.pass(.seconds(80))
        #expect(try stage.inSync("t") == [1, 2, 3])
    }

    @Test func `the space of a replica that left comes back a minute later, and it is listed no more`() throws {
        // KAFKA.md section 7.
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]], size: Self.gigabyte)
        let free = try #require(stage.usable(2))
        #expect(try stage.move([("t", 0, [1])]) == [0])
        #expect(stage.logBytes(2) == 0)
        #expect(stage.usable(2) == free)
        stage.pass(.seconds(59))
        #expect(stage.usable(2) == free)
        stage.pass(.seconds(2))
        #expect(stage.usable(2) == free + Self.gigabyte)
    }

    @Test func `a slow line makes its copies slow and no others`() throws {
        var stage = try KafkaStage(brokers: 6)
        try stage.topic("t", [[1, 2], [4, 5]], size: Self.gigabyte)
        stage.kafka.setLine(of: try #require(HostName(rawValue: "h3")), to: BytesPerSecond(1_250_000))
        #expect(try stage.move([("t", 0, [1, 3]), ("t", 1, [4, 6])]) == [0, 0])
        stage.pass(.seconds(12))
        #expect(stage.kafka.reassignments().map(\.partition.partition) == [0])
        let time = try seconds(stage.timeToMove())
        #expect((780...800).contains(time), "\(time)")
    }
}
