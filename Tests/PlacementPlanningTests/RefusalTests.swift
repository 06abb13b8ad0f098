import FleetModel
import PlacementPlanning
import Testing

@Suite struct `A request that cannot be met` {
    static func input(
        hosts: [String?], racks: [String?] = [], factor: Int = 2, partitions: Int = 12, capacity: ByteCount? = nil
    ) throws(PlanningRefusal) -> PlacementInput {
        var builder = PlacementInput.Builder()
        for (index, host) in hosts.enumerated() {
            guard let id = NodeID(rawValue: Int32(index + 1)) else { continue }
            let rack = index < racks.count ? racks[index] : nil
            builder.add(PlanningBroker(id: id, host: host, rack: rack, capacity: capacity))
        }
        for partition in 0..<partitions {
            let replicas = (0..<factor).map { Int32(($0 + partition) % hosts.count + 1) }
            builder.add(topic: "orders", partition: Int32(partition), replicas: replicas, size: 1_000_000_000)
        }
        return try builder.build()
    }

    private func refusal(
        _ event: PlacementEvent, _ input: PlacementInput, _ options: PlanningOptions = PlanningOptions()
    ) -> [String: PlanningRefusal.Reason] {
        do throws(PlanningRefusal) {
            _ = try Planner.plan(input, event, options)
            return [:]
        } catch {
            return Dictionary(error.reasons.map { ($0.code, $0) }) { first, _ in first }
        }
    }

    @Test func `too few brokers for the factor names topics, numbers and both remedies`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"], factor: 3)
        let reason = refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), input)["factor"]
        #expect(reason?.objects == ["topic orders"])
        #expect(reason?.count == 12)
        #expect(reason?.remedy == "add 1 broker, or lower these topics' factor to 2")
    }

    @Test func `too few hosts are refused, and accepted when that is asked for`() throws {
        let input = try Self.input(hosts: ["a", "a", "b", "b"], factor: 2)
        let event = PlacementEvent.drain(brokers: NodeID.ids(3...4), onto: .all)
        let remedy = refusal(event, input)["hosts"]?.remedy
        #expect(remedy?.contains("add 1 host,") == true && remedy?.hasSuffix("--accept hosts") == true)
        let plan = try Planner.plan(input, event, PlanningOptions(narrower: [.hosts, .racks]))
        #expect(verify(plan, input) == [])
    }

    @Test(arguments: [(SpreadDomain.hosts, "racks"), (.racks, "hosts")])
    func `accepting too few of one does not accept too few of the other`(accepted: SpreadDomain, left: String) throws {
        let input = try Self.input(hosts: ["a", "a", "b", "b"], racks: ["x", "x", "y", "y"], factor: 2)
        let event = PlacementEvent.drain(brokers: NodeID.ids(3...4), onto: .all)
        #expect(Set(refusal(event, input).keys) == ["hosts", "racks"])
        do throws(PlanningRefusal) {
            _ = try Planner.plan(input, event, PlanningOptions(narrower: [accepted]))
            Issue.record("it was planned")
        } catch {
            #expect(error.reasons.map(\.code) == [left])
            #expect(error.reasons.first?.remedy.hasSuffix("--accept \(left)") == true)
        }
    }

    @Test func `too few racks are refused`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"], racks: ["x", "y", "x"], factor: 2)
        let reason = refusal(.drain(brokers: NodeID.ids(2...2), onto: .all), input)["racks"]
        #expect(reason?.message.hasSuffix("would have to share racks: 1 rack remains") == true)
        #expect(reason?.remedy.hasSuffix("--accept racks") == true)
    }

    @Test func `a range without a legal place names brokers that would do`() throws {
        let input = try Self.input(hosts: ["a", "b", "c", "d"], racks: ["x", "y", "x", "y"], factor: 2)
        let reason = refusal(.drain(brokers: NodeID.ids(1...1), onto: .only(NodeID.ids(2...2))), input)["spread"]
        #expect(reason?.remedy == "let broker 3 receive data too: widen the range FIRST LAST")
    }

    @Test func `full disks are refused with the bytes that lack`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"], capacity: ByteCount(9_000_000_000))
        let reason = refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), input)["disk"]
        #expect(reason?.message.contains("find no broker with room") == true)
    }

    @Test func `a disk that is too small is named with its host, what is free there and what is needed`() throws {
        var builder = PlacementInput.Builder()
        // Broker 4 has room for everything, and may hold nothing more: its host has a replica already.
        for (id, host, capacity) in [(1, "a", 900), (2, "b", 900), (3, "c", 110), (4, "b", 900)] {
            var broker = PlanningBroker(
                id: try #require(NodeID(rawValue: Int32(id))), host: host, capacity: ByteCount(Int64(capacity) << 30))
            broker.directories = ["/disk\(id)"]
            builder.add(broker)
        }
        builder.add(topic: "large", partition: 0, replicas: [1, 2], size: 100 << 30)
        let options = PlanningOptions(headroom: PerMille(100))
        let reason = refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), try builder.build(), options)["disk"]
        let (message, remedy) = (reason?.message ?? "", reason?.remedy ?? "")
        #expect(message.contains("1 replica of 100 GiB finds no broker with room: large-0 needs 100 GiB"), "\(message)")
        #expect(message.contains("there is free: 99 GiB on broker 3 (host c, /disk3); that is below"), "\(message)")
        #expect(!message.contains("broker 4") && !message.contains("broker 2"), "\(message)")
        #expect(remedy.hasPrefix("make room for 1 GiB more in /disk3 of host c, add a broker"), "\(remedy)")
    }

    @Test func `no room that is told would have been enough`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"], capacity: ByteCount(9_000_000_000))
        let reason = refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), input)["disk"]
        let message = reason?.message ?? ""
        // Its partitions want both of the brokers that are left: where one has a replica only the other is told.
        #expect(message.contains("broker 2 (host b)") != message.contains("broker 3 (host c)"), "\(message)")
        #expect(reason?.remedy.contains("to begin with, add a broker") == true)
    }

    @Test func `a pinned topic on a broker that leaves is refused`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"])
        let options = PlanningOptions(pinnedTopics: ["orders"])
        #expect(refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), input, options)["pinned"] != nil)
    }

    @Test func `unknown brokers and topics are refused`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"])
        #expect(refusal(.drain(brokers: NodeID.ids(9...9), onto: .all), input)["unknown-broker"] != nil)
        #expect(
            refusal(.replicationFactor(topics: .only(["nope"]), factor: 2), input)["unknown-topic"] != nil)
        #expect(refusal(.replicationFactor(topics: .all, factor: 0), input)["factor"] != nil)
    }

    @Test func `the last broker, an empty cluster and one of one broker are answered`() throws {
        let one = try Self.input(hosts: ["a"], factor: 1)
        #expect(!refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), one).isEmpty)
        #expect(try Planner.plan(one, .rebalance(among: .all)).isEmpty)
        let none = try PlacementInput.Builder().build()
        #expect(refusal(.rebalance(among: .all), none)["empty"] != nil)
    }

    @Test func `partitions whose replicas are all dead have no source`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...3) { builder.add(PlanningBroker(id: id, state: id.rawValue == 1 ? .dead : .live)) }
        builder.add(topic: "t", partition: 0, replicas: [1], size: 10)
        let input = try builder.build()
        #expect(refusal(.drain(brokers: NodeID.ids(1...1), onto: .all), input)["no-source"] != nil)
    }

    @Test func `what is wrong with a snapshot is told all at once`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(1...2) + NodeID.ids(2...2) { builder.add(PlanningBroker(id: id)) }
        builder.add(topic: "t", partition: 0, replicas: [1, 1], size: 1)
        builder.add(topic: "t", partition: 0, replicas: [7], size: 1)
        do throws(PlanningRefusal) {
            _ = try builder.build()
            Issue.record("built")
        } catch {
            let codes = Set(error.reasons.map(\.code))
            #expect(
                codes == ["duplicate-broker", "duplicate-partition", "duplicate-replica", "unknown-broker"])
        }
    }

    @Test func `sizes that are missing are the median of the topic, and that is said`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(0...1) { builder.add(PlanningBroker(id: id)) }
        for (partition, size) in [Int64?.none, 10, 30, 20, -5].enumerated() {
            builder.add(topic: "t", partition: Int32(partition), replicas: [0], size: size)
        }
        builder.add(topic: "u", partition: 0, replicas: [1], size: nil)
        let input = try builder.build()
        #expect((0..<6).map { input.size(of: $0).bytes } == [20, 10, 30, 20, 20, 20])
        #expect(
            input.notes == [
                "1 partition has a negative size, which is taken as unknown: t-4",
                "2 partitions without a known size are taken at the median of their topic: t-0, t-4",
                "1 partition without a known size is taken at the median of all, none of their topic being known: u-0",
            ])
        #expect(!input.hasNoSizes)
    }

    @Test func `a leader that is no replica counts as none, and that is said`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(0...2) { builder.add(PlanningBroker(id: id)) }
        builder.add(topic: "t", partition: 0, replicas: [0, 1], leader: 2, size: 1)
        builder.add(topic: "t", partition: 1, replicas: [0, 1], leader: 1, size: 1)
        builder.add(topic: "t", partition: 2, replicas: [0, 1], leader: -1, size: 1)
        let input = try builder.build()
        #expect((0..<3).map { input.leader(of: $0)?.rawValue } == [nil, 1, nil])
        #expect(
            input.notes == [
                "1 partition has a leader that is none of its replicas, and is taken as without a leader: t-0"
            ])
    }

    @Test func `a file of sizes leaves unknown only what it does not tell, and the rest follows it`() throws {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(0...1) { builder.add(PlanningBroker(id: id)) }
        for partition in 0..<3 { builder.add(topic: "t", partition: Int32(partition), replicas: [0], size: nil) }
        let unknown = try builder.build()
        #expect(unknown.hasNoSizes)
        #expect(unknown.notes.map { $0.hasPrefix("no partition has a known size") } == [true])
        let all = try unknown.applying(
            try SizeFile(Array(#"{"t": {"0": {"Size": 7}, "1": {"Size": 9}, "2": {"Size": 5}}}"#.utf8)))
        #expect(all.notes == [] && !all.hasNoSizes)
        let some = try unknown.applying(try SizeFile(Array(#"{"t": {"0": {"Size": 7}, "1": {"Size": 7}}}"#.utf8)))
        #expect((0..<3).map { some.size(of: $0).bytes } == [7, 7, 7])
        #expect(some.notes == ["1 partition without a known size is taken at the median of their topic: t-2"])
    }

    @Test func `what may not move names the option that would let it`() throws {
        let input = try Self.input(hosts: ["a", "b", "c"], factor: 1)
        let event = PlacementEvent.drain(brokers: NodeID.ids(1...1), onto: .all)
        var pinned = PlanningOptions()
        pinned.pinnedTopics = ["orders"]
        #expect(refusal(event, input, pinned)["pinned"]?.remedy.contains("--pin") == true)
        var excluded = PlanningOptions()
        excluded.excludedTopics = ["orders"]
        #expect(refusal(event, input, excluded)["pinned"]?.remedy.contains("--exclude") == true)
        var chosen = PlanningOptions()
        chosen.partitions = .only([])
        let remedy = refusal(event, input, chosen)["pinned"]?.remedy
        #expect(remedy?.contains("--only-partitions") == true && remedy?.contains("--pin") == false)
    }

    @Test(arguments: [
        (1, 2, "while any is away, and before Kafka 3.7 always"), (2, 2, "while any is away;"), (3, 2, nil),
    ])
    func `a factor that min.insync.replicas leaves no spare is said`(_ factor: Int, _ minimum: Int32, _ said: String?)
        throws
    {
        var builder = PlacementInput.Builder()
        for id in NodeID.ids(0...2) { builder.add(PlanningBroker(id: id)) }
        builder.setMinInSync(minimum, of: "t")
        for topic in ["t", "u"] { builder.add(topic: topic, partition: 0, replicas: [0], size: 1) }
        let plan = try Planner.plan(try builder.build(), .replicationFactor(topics: .all, factor: factor))
        let note = plan.report.notes.first { $0.contains("min.insync.replicas") }
        #expect(note.map { $0.hasPrefix("topic t has ") && $0.contains(said ?? "not said") } == said.map { _ in true })
    }

    @Test func `what is malformed in a snapshot is said with its key`() {
        let text = #"{"brokers": [{"id": 1, "capacity_bytes": "much"}], "partitions": []}"#
        #expect {
            try SnapshotFile.read(Array(text.utf8))
        } throws: { error in
            "\(error)".contains("column 42, at 'capacity_bytes': ")
        }
    }
}
