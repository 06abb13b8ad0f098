import FleetModel
import PlacementPlanning
import Testing

@Suite struct `Files of placements and plans` {
    static func small() throws -> PlacementInput {
        try ClusterFamily(
            name: "small", brokers: 6, partitions: 24, topics: 3, sizes: .lognormal, racks: 3, added: 1,
            full: 40
        ).input(seed: 1)
    }

    @Test func `a snapshot is read as it was written`() throws {
        let input = try Self.small()
        let bytes = SnapshotFile.write(input)
        let again = try SnapshotFile.read(bytes)
        #expect(SnapshotFile.write(again) == bytes)
        #expect(again.brokers == input.brokers)
    }

    @Test func `a saved snapshot leaves out what nobody told, and keeps min.insync.replicas`() throws {
        let text = """
            {"brokers": [{"id": 1}, {"id": 2}], "partitions": [{"topic": "t", "partition": 0, "replicas": [1], "size_bytes": 8},
             {"topic": "t", "partition": 1, "replicas": [1]}, {"topic": "u", "partition": 0, "replicas": [2], "size_bytes": -1}],
             "topics": [{"topic": "t", "min_insync_replicas": 2}, {"topic": "gone", "min_insync_replicas": 2}, {"topic": "u"}]}
            """
        let input = try SnapshotFile.read(Array(text.utf8))
        let saved = SnapshotFile.write(input)
        let sizes = try JSONValue(parsing: saved)["partitions"]?.array?.map { $0["size_bytes"]?.integer }
        #expect(sizes == [8, nil, nil])
        let again = try SnapshotFile.read(saved)
        #expect(SnapshotFile.write(again) == saved)
        #expect(again.notes.contains { $0.contains("without a known size") && $0.contains("t-1") })
        let plan = try Planner.plan(again, .replicationFactor(topics: .all, factor: 2))
        #expect(plan.report.notes.contains { $0.hasPrefix("topic t has a min.insync.replicas") })
    }

    @Test(arguments: [#"{"min_insync_replicas": 2}"#, #"{"topic": "t", "min_insync_replicas": "2"}"#])
    func `a topic of a snapshot that is none is refused`(_ topic: String) {
        #expect(throws: PlanningRefusal.self) {
            try SnapshotFile.read(Array(#"{"brokers": [], "topics": [\#(topic)]}"#.utf8))
        }
    }

    @Test func `defaults stand for what a snapshot leaves out, and id 0 is valid`() throws {
        let text = """
            {"x": [1.5e3, null], "brokers": [{"id": 0, "rack": null, "weight": 0.5, "state": "running"}, {"id": 1}],
             "partitions": [{"topic": "t", "partition": 0, "replicas": [0, 1], "extra": {"a": "\\u0041"}}]}
            """
        let input = try SnapshotFile.read(Array(text.utf8))
        #expect(input.brokers.map(\.weight) == [500, 1000])
        #expect(input.brokers[0].id.rawValue == 0 && input.brokers[0].rack == nil)
        #expect(input.leader(of: 0) == nil)
    }

    @Test(arguments: [
        "", "[]", "{", #"{"brokers": [{"id": -1}]}"#, #"{"brokers": [{"host": "a"}]}"#, #"{"partitions": []}"#,
        #"{"brokers": [{"id": 1, "id": 2}]}"#, #"{"brokers": [{"id": 01}]}"#, #"{"brokers": [{"id": 1}]} x"#,
        #"{"brokers": [{"id": 99999999999}]}"#, #"{"brokers": [{"id": 1, "weight": -1}]}"#,
        #"{"brokers": [{"id": 1, "state": "happy"}]}"#, #"{"brokers": [], "partitions": [{"topic": "t"}]}"#,
        #"{"brokers": [{"id": 1}], "partitions": [{"topic": "t", "partition": 0, "replicas": [1.5]}]}"#,
        #"{"brokers": [{"id": 1e400}]}"#, "{\"brokers\": [{\"id\": 1, \"host\": \"\u{1}\"}]}",
    ])
    func `what is no snapshot is refused with its place or its name`(_ text: String) {
        do throws(PlanningRefusal) {
            _ = try SnapshotFile.read(Array(text.utf8))
            Issue.record("read")
        } catch {
            #expect(!error.reasons.isEmpty)
        }
    }

    @Test func `every truncation of a snapshot is refused`() throws {
        let bytes = SnapshotFile.write(try Self.small())
        for count in stride(from: 0, to: bytes.count - 3, by: 7) {
            #expect(throws: PlanningRefusal.self) { try SnapshotFile.read(Array(bytes[..<count])) }
        }
    }

    @Test func `a plan is read as it was written, and an edited one is refused`() throws {
        let input = try Self.small()
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(2...2), onto: .all))
        let document = PlanFile.document(plan, took: .milliseconds(3))
        let text = document.text()
        let read = try PlanFile.read(try JSONValue(parsing: text))
        #expect(read.digest == plan.digest)
        #expect(read.changes == plan.changes && read.moves == plan.moves && read.report == plan.report)
        #expect(verify(read, input) == [])
        #expect(document["plan_ms"]?.double == 3)
        var edited = document.object ?? JSONObject()
        edited["input_digest"] = "0"
        #expect(throws: PlanningRefusal.self) { try PlanFile.read(.object(edited)) }
        for member in edited.members.map(\.name) where member != "plan_ms" && member != "event" {
            var less = document.object ?? JSONObject()
            less[member] = nil
            #expect(throws: PlanningRefusal.self) { try PlanFile.read(.object(less)) }
        }
    }

    /// Values of another implementation (Python's hashlib), around the ends of a block of 64 bytes.
    @Test(arguments: [
        ("", 1, "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
        ("abc", 1, "c3494ca1a2cf8eeb8a11ded316fb55b83c3bbbedb6313cd50415251e5d09e12f"),
        ("a", 47, "4970808a39517f62a7b687ada1ee99b9c33c88e0b0a403e8d84f31687fe49043"),
        ("a", 48, "01f5f961863cb06c362c23820237263455808bd472313caf44f30fe53479512f"),
        ("a", 1000, "12927acabb6790a39811f5715096f18bba9d60990478f88d97d5d8f9c7ab750f"),
    ])
    func `a digest is the SHA-256 of a text behind its length`(_ text: String, _ times: Int, _ digest: String) {
        #expect(TextDigest.of(String(repeating: text, count: times)) == digest)
    }

    @Test func `the reassignment does what the plan says and the rollback takes it back`() throws {
        let input = try Self.small()
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(2...2), onto: .all))
        let forth = try KafkaFiles.reassignment(KafkaFiles.reassignment(plan))
        let back = try KafkaFiles.reassignment(KafkaFiles.rollback(plan))
        #expect(forth.map(\.replicas) == plan.changes.map(\.to))
        #expect(back.map(\.replicas) == plan.changes.map(\.from))
        #expect(forth.map(\.partition) == forth.map(\.partition).sorted())
    }

    @Test func `Kafka's own files are read as Kafka's tools write them`() throws {
        let reassignment =
            #"{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1,2],"log_dirs":["any","/d"]}]}"#
        #expect(try KafkaFiles.reassignment(Array(reassignment.utf8)).first?.replicas == NodeID.ids(1...2))
        let twice = #"{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1,1]}]}"#
        #expect(throws: PlanningRefusal.self) { try KafkaFiles.reassignment(Array(twice.utf8)) }
        #expect(try KafkaFiles.topicsToMove(KafkaFiles.topicsToMove(["a", "b"])) == ["a", "b"])
        let partitions = [TopicPartition(topic: "a", partition: 3)]
        #expect(try KafkaFiles.preferredElection(KafkaFiles.preferredElection(partitions)) == partitions)
    }

    @Test func `of what --generate prints the proposal is read`() throws {
        let printed = """
            Current partition replica assignment
            {"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}

            Proposed partition reassignment configuration
            {"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[2,3],"log_dirs":["any","any"]}]}
            """
        #expect(try KafkaFiles.reassignment(Array(printed.utf8)).map(\.replicas) == [NodeID.ids(2...3)])
    }

    @Test(arguments: [
        (["current"], "the current lists alone"), (["current", "proposed without lists"], "ends before the proposal"),
        (["current", "proposed", "current", "proposed"], "2 outputs of --generate"),
        (["proposed", "proposed"], "2 outputs of --generate"), (["a line", "list", "list"], "2 documents"),
        (["plan"], "this is a plan of gantry"), (["snapshot"], "this is a snapshot"),
        (["partitons"], "'partitons' is not known"), (["replica"], "'replica' is not known"),
        (["leader"], "'leader' is not known"),
    ])
    func `what is only like a reassignment is refused with what it is and what to give instead`(
        _ parts: [String], _ said: String
    ) throws {
        let row = #"{"topic":"a","partition":0,"replicas":[1,2]}"#
        let list = #"{"version":1,"partitions":[\#(row)]}"#
        let input = try Self.small()
        let texts = [
            "current": "Current partition replica assignment\n\(list)\n", "list": list,
            "proposed": "Proposed partition reassignment configuration\n\(list)",
            "proposed without lists": "Proposed partition reassignment configuration\n",
            "plan": PlanFile.document(try Planner.plan(input, .leaders)).text(),
            "snapshot": String(decoding: SnapshotFile.write(input), as: UTF8.self),
            "partitons": #"{"version":1,"partitions":[],"partitons":[\#(row)]}"#,
            "replica": #"{"partitions":[{"topic":"a","partition":0,"replicas":[1],"replica":[2]}]}"#,
            "leader": #"{"partitions":[{"topic":"a","partition":0,"replicas":[1],"leader":2}]}"#,
        ]
        let text = parts.map { texts[$0] ?? $0 }.joined(separator: "\n")
        do throws(PlanningRefusal) {
            _ = try KafkaFiles.reassignment(Array(text.utf8))
            Issue.record("read")
        } catch {
            #expect(error.description.contains(said), "\(error)")
            #expect(error.reasons.allSatisfy { $0.remedy != "correct the file" })
        }
    }

    @Test func `a text around the one document of a reassignment is passed over`() throws {
        let list = #"{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[2,3]}]}"#
        let printed = "Picked up JAVA_TOOL_OPTIONS\r\n\r\n\(list)\r\n"
        #expect(try KafkaFiles.reassignment(Array(printed.utf8)).map(\.replicas) == [NodeID.ids(2...3)])
    }

    @Test(arguments: [#"{"partitions":[{"topic":"a","partition":0,"leader":7}]}"#, #"{"partitons":[]}"#])
    func `an election with a name that Kafka passes over is refused`(_ text: String) {
        #expect(throws: PlanningRefusal.self) { try KafkaFiles.preferredElection(Array(text.utf8)) }
    }

    @Test(arguments: [#"{"topics":[{"topic":"a","topics":"b"}]}"#, #"{"topics":[{}]}"#, #"{"topics":[],"topic":"a"}"#])
    func `topics to move with a slip in a name are refused`(_ text: String) {
        #expect(throws: PlanningRefusal.self) { try KafkaFiles.topicsToMove(Array(text.utf8)) }
    }

    @Test func `a plan in the place of a snapshot is refused: it lists only what moves`() throws {
        let plan = PlanFile.document(try Planner.plan(try Self.small(), .leaders)).text()
        do throws(PlanningRefusal) {
            _ = try SnapshotFile.read(Array(plan.utf8))
            Issue.record("read")
        } catch {
            #expect(error.description.contains("this is a plan") && error.description.contains("--save-snapshot"))
        }
    }

    @Test(arguments: [
        (#"{"orders":{"0":{"Size":5}}}"#, "orders-0"), (#"{"99":{"StorageFree":5}}"#, "broker 99"),
        (#"{"version":1,"brokers":[]}"#, "lists no partition"),
        (#"{"t":{"0":{"Size":-1}}}"#, "each that it lists is negative"),
    ])
    func `sizes of another cluster are refused`(_ text: String, _ said: String) throws {
        let input = try SnapshotFile.read(Array(Self.pair.utf8))
        do throws(PlanningRefusal) {
            _ = try input.applying(try SizeFile(Array(text.utf8)))
            Issue.record("applied")
        } catch {
            #expect(error.description.contains(said), "\(error)")
        }
    }

    private static let pair =
        #"{"brokers":[{"id":1}],"partitions":[{"topic":"t","partition":0,"replicas":[1]},{"topic":"t","partition":1,"replicas":[1]}]}"#

    @Test func `topicmappr's size of -1 is an unknown one, and said`() throws {
        let file = try SizeFile(Array(#"{"t":{"0":{"Size":700},"1":{"Size":-1}},"1":{"StorageFree":-1}}"#.utf8))
        let input = try SnapshotFile.read(Array(Self.pair.utf8)).applying(file)
        #expect(input.size(of: 1) == ByteCount(700) && input.brokers[0].capacity == nil)
        #expect(input.notes.count == 2 && input.notes[0].contains("negative size") && input.notes[0].contains("t-1"))
    }

    @Test(arguments: [
        "", "no document", "[]", "{}", #"{"version":1}"#, #"{"version":2,"partitions":[]}"#, #"{"partitions":[{}]}"#,
        #"{"partitions":[{"topic":"a","partition":-1,"replicas":[1]}]}"#,
        #"{"partitions":[{"topic":"a","partition":0,"replicas":[-1]}]}"#,
        #"{"partitions":[{"topic":"a","partition":0,"replicas":[]}]}"#,
        #"{"partitions":[{"topic":"a","partition":0,"replicas":[1]},{"topic":"a","partition":0,"replicas":[2]}]}"#,
        #"{"partitions":[{"topic":"a","partition":9999999999,"replicas":[1]}]}"#, #"{"partitions":[]} x"#,
    ])
    func `what is no reassignment is refused, and so are other files in its place`(_ text: String) {
        #expect(throws: PlanningRefusal.self) { try KafkaFiles.reassignment(Array(text.utf8)) }
        #expect(throws: PlanningRefusal.self) { try KafkaFiles.topicsToMove(Array(text.utf8)) }
    }

    @Test func `sizes come from kafka-log-dirs, the largest replica counting, and from topicmappr`() throws {
        let output = """
            Querying brokers for log directories information
            Received log directory information from brokers 1,2
            {"version":1,"brokers":[{"broker":1,"logDirs":[{"logDir":"/d","error":null,"partitions":[\
            {"partition":"a-b-0","size":12,"offsetLag":0,"isFuture":false}]}]},{"broker":2,"logDirs":[{"logDir":"/d",\
            "error":null,"partitions":[{"partition":"a-b-0","size":15,"offsetLag":0,"isFuture":false},\
            {"partition":"a-b-0","size":99,"offsetLag":0,"isFuture":true}]}]}]}
            """
        let sizes = try SizeFile(Array(output.utf8)).sizes
        #expect(sizes == [TopicPartition(topic: "a-b", partition: 0): ByteCount(15)])
        let meta = try SizeFile(Array(#"{"t":{"0":{"Size":1500.0},"1":{"Size":7}}}"#.utf8))
        #expect(meta.sizes[TopicPartition(topic: "t", partition: 0)] == ByteCount(1500))
        let brokers = try SizeFile(Array(#"{"1":{"StorageFree":2.5e3}}"#.utf8))
        #expect(brokers.free == [try #require(NodeID("1")): ByteCount(2500)])
    }

    @Test func `an explanation names every broker and what keeps the partition off it`() throws {
        let input = try Self.small()
        let plan = try Planner.plan(input, .drain(brokers: NodeID.ids(2...2), onto: .all))
        let change = try #require(plan.changes.first { $0.from.contains { $0.rawValue == 2 } })
        let explanation = try #require(PlacementExplanation(change.partition, in: plan))
        #expect(explanation.brokers.count == input.brokers.count)
        #expect(explanation.brokers.prefix(change.to.count).map(\.broker) == change.to)
        #expect(explanation.brokers.first { $0.broker.rawValue == 2 }?.reason == "leaves: everything goes")
        #expect(PlacementExplanation(TopicPartition(topic: "none", partition: 0), in: plan) == nil)
    }

    @Test func `the picture shows every broker and is well formed`() throws {
        let input = try Self.small()
        let svg = BalancePicture.svg(try Planner.plan(input, .rebalance(among: .all)))
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        for broker in input.brokers { #expect(svg.contains(">\(broker.id)</text>")) }
    }
}
