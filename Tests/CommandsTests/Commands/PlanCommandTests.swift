import FleetModel
import Foundation
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct PlanCommandTests {
    /// Four hosts of one broker, twelve partitions of two replicas.
    private static let snapshot: String = {
        let brokers = (1...4).map { #"{"id": \#($0), "host": "h\#($0)", "rack": "r\#($0)"}"# }
        let partitions = (0..<12).map {
            let (a, b) = ($0 % 4 + 1, ($0 + 1) % 4 + 1)
            return
                #"{"topic": "orders", "partition": \#($0), "replicas": [\#(a), \#(b)], "leader": \#(a), "size_bytes": 1000000}"#
        }
        return
            "{\"brokers\": [\(brokers.joined(separator: ", "))], \"partitions\": [\(partitions.joined(separator: ", "))]}"
    }()

    private func run(_ arguments: [String], in directory: String) async throws -> Harness.Result {
        try Fixture.write(Self.snapshot, to: "\(directory)/state.json")
        var harness = Harness()
        harness.table = .gantry
        return await harness.run(arguments.map { $0.replacingOccurrences(of: "DIR", with: directory) })
    }

    @Test func `a drain is planned on a snapshot alone and written as a plan, for Kafka and as a picture`() async throws
    {
        try await Fixture.withDirectory { directory in
            let result = try await run(
                [
                    "plan", "removebroker", "4", "--snapshot", "DIR/state.json", "-o", "DIR/plan.json",
                    "--reassignment-json", "DIR/move.json", "--svg", "DIR/balance.svg", "--format", "json",
                ], in: directory)
            #expect(result.status == .done, "\(result.error)")
            let plan = try JSONValue(parsing: try Fixture.read("\(directory)/plan.json"))
            #expect(try JSONValue(parsing: result.output) == plan)
            #expect(plan["bytes"] == 6_000_000 && plan["lower_bound_bytes"] == 6_000_000)
            #expect(plan["partitions"]?.array?.allSatisfy { $0["replicas"]?.array?.contains(4) == false } == true)
            let move = try JSONValue(parsing: try Fixture.read("\(directory)/move.json"))
            #expect(move["version"] == 1)
            let rollback = try JSONValue(parsing: try Fixture.read("\(directory)/move.json.rollback"))
            #expect(rollback["partitions"]?.array?.count == move["partitions"]?.array?.count)
            #expect(try Fixture.read("\(directory)/balance.svg").hasPrefix("<svg "))
            let why = try await run(
                ["explain", "orders", "3", "--plan", "DIR/plan.json", "--format", "json"], in: directory)
            #expect(why.status == .done, "\(why.error)")
            let explanation = try JSONValue(parsing: why.output)
            #expect(explanation["brokers"]?.array?.count == 4)
        }
    }

    @Test(arguments: [
        (["leaders"], "gantry rebalance --leaders-only"), (["repairspread"], "kafka-reassign-partitions.sh --execute"),
        (["replicationfactor", "3"], "gantry plan replicationfactor COUNT [TOPIC…] --reassignment-json FILE"),
    ])
    func `a plan that no operation carries out says at once, and to apply, what does`(
        _ words: [String], _ way: String
    ) async throws {
        try await Fixture.withDirectory { directory in
            let plan = try await run(
                ["plan"] + words + ["--snapshot", "DIR/state.json", "-o", "DIR/plan.json"], in: directory)
            #expect(plan.status == .done && plan.output.contains(way), "\(plan.output)\(plan.error)")
            let apply = try await run(["apply", "DIR/plan.json", "--yes"], in: directory)
            #expect(apply.status == .refused && apply.error.contains(way), "\(apply.error)")
        }
    }

    @Test(arguments: [
        (["addbroker", "h1", "2"], "without replicas: gantry plan rebalance --snapshot"),
        (["restart"], "gantry plan restart"),
    ])
    func `what a snapshot can't tell of is refused with the way that it can go`(
        _ words: [String], _ way: String
    ) async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(["plan"] + words + ["--snapshot", "DIR/state.json"], in: directory)
            #expect(result.status == .usage && result.error.contains(way), "\(result.error)")
        }
    }

    @Test func `where one file can't be written the others are named`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(
                [
                    "plan", "leaders", "--snapshot", "DIR/state.json", "-o", "DIR/plan.json", "--svg", "DIR/none/a.svg",
                ], in: directory)
            #expect(result.status == .failed)
            #expect(result.error.contains("a.svg") && result.error.contains("good: \(directory)/plan.json"))
        }
    }

    @Test func `a plan takes an older plan's place, and never that of another file`() async throws {
        let operation = #"{"operation_digest": "0", "operation": {"cluster": "orders"}}"#
        let others = ["cluster:\n": "no plan", Self.snapshot: "no plan", operation: "a plan for cluster orders"]
        try await Fixture.withDirectory { directory in
            let plan = ["plan", "removebroker", "4", "--snapshot", "DIR/state.json", "-o"]
            for (contents, word) in others {
                try Fixture.write(contents, to: "\(directory)/other")
                let refused = try await run(plan + ["DIR/other"], in: directory)
                #expect(refused.status == .refused && refused.error.contains("is \(word)"), "\(refused.error)")
                #expect(refused.error.contains("name a file that is not there yet"))
                #expect(try Fixture.read("\(directory)/other") == contents)
            }
            try Fixture.write("", to: "\(directory)/plan.json")
            for _ in 1...2 {
                let result = try await run(plan + ["DIR/plan.json"], in: directory)
                #expect(result.status == .done, "\(result.error)")
            }
        }
    }

    @Test(arguments: [
        (["plan", "removebroker", "9"], ExitStatus.refused), (["plan", "removehost", "h9"], .refused),
        (["plan", "removehost", "h1,h2,h3"], .refused), (["plan", "rebalance", "7", "9"], .refused),
        (["plan", "rebalance", "3", "1"], .usage), (["plan", "removebroker"], .usage),
        (["plan", "frobnicate"], .usage),
        (["plan", "rebalance"], .done), (["plan", "removehost", "h4", "1", "2"], .done),
        (["plan", "replicationfactor", "3", "orders"], .done), (["plan", "leaders"], .done),
    ])
    func `what cannot be planned is refused or misused, each with its status`(
        _ words: [String], _ status: ExitStatus
    ) async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(words + ["--snapshot", "DIR/state.json"], in: directory)
            #expect(result.status == status, "\(result.output)\(result.error)")
        }
    }

    @Test func `a file that is not there or no snapshot is refused by its name`() async throws {
        try await Fixture.withDirectory { directory in
            let absent = try await run(["plan", "rebalance", "--snapshot", "DIR/none.json"], in: directory)
            #expect(absent.status == .refused && absent.error.contains("none.json"))
            try Fixture.write("{", to: "\(directory)/broken.json")
            let broken = try await run(["plan", "rebalance", "--snapshot", "DIR/broken.json"], in: directory)
            #expect(broken.status == .refused && broken.error.contains("line 1"))
        }
    }

    /// Two brokers on each of two hosts; `size` is what each partition says of its size.
    private func planned(
        _ words: [String], size: String = "", in directory: String
    ) async throws -> Harness.Result {
        let brokers = (5...8).map { #"{"id": \#($0), "host": "h\#($0 % 2)"}"# }.joined(separator: ", ")
        let partitions = (0..<4).map {
            #"{"topic": "t", "partition": \#($0), "replicas": [\#(5 + $0), \#(5 + ($0 + 1) % 4)]\#(size)}"#
        }.joined(separator: ", ")
        try Fixture.write(
            "{\"brokers\": [\(brokers)], \"partitions\": [\(partitions)]}", to: "\(directory)/small.json")
        var harness = Harness()
        harness.table = .gantry
        return await harness.run(["plan"] + words + ["--snapshot", "\(directory)/small.json"])
    }

    @Test(arguments: ["--pin", "--exclude"])
    func `a topic that is not there is refused with the one that may be meant`(_ option: String) async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(
                ["plan", "rebalance", "--snapshot", "DIR/state.json", option, "order"], in: directory)
            #expect(result.status == .refused)
            #expect(result.error.contains("there is no topic order") && result.error.contains("did you mean 'orders'?"))
        }
    }

    @Test func `topics to move leave the others where they are, and elections name what gets another leader`()
        async throws
    {
        try await Fixture.withDirectory { directory in
            try Fixture.write(#"{"version": 1, "topics": [{"topic": "orders"}]}"#, to: "\(directory)/topics.json")
            let words = ["plan", "removebroker", "4", "--snapshot", "DIR/state.json", "--topics-to-move"]
            let all = try await run(words + ["DIR/topics.json", "--election-json", "DIR/election.json"], in: directory)
            #expect(all.status == .done, "\(all.error)")
            let election = try JSONValue(parsing: try Fixture.read("\(directory)/election.json"))
            #expect((election["partitions"]?.array?.count ?? 0) >= 3)
            try Fixture.write(#"{"version": 1, "topics": [{"topic": "ordres"}]}"#, to: "\(directory)/topics.json")
            let slip = try await run(words + ["DIR/topics.json"], in: directory)
            #expect(slip.status == .refused && slip.error.contains("did you mean 'orders'?"))
            try Fixture.write(#"{"version": 1, "topics": []}"#, to: "\(directory)/topics.json")
            let none = try await run(words + ["DIR/topics.json"], in: directory)
            #expect(none.status == .refused && none.error.contains("pinned"))
        }
    }

    @Test func `a partition is explained on a saved placement, by a rebalance or the command that is named`()
        async throws
    {
        try await Fixture.withDirectory { directory in
            let words = ["explain", "orders", "3"]
            let end = ["--snapshot", "DIR/state.json"]
            let still = try await run(words + end, in: directory)
            #expect(still.status == .done && still.output.contains("leaves it as it is"), "\(still.error)")
            let drained = try await run(words + ["removebroker", "4"] + end, in: directory)
            #expect(drained.status == .done && drained.output.contains("leaves: everything goes"), "\(drained.error)")
            let unknown = try await run(["explain", "ordrs", "3"] + end, in: directory)
            #expect(unknown.status == .refused && unknown.error.contains("did you mean 'orders'?"))
            let both = try await run(words + ["leaders", "--plan", "DIR/state.json"], in: directory)
            #expect(both.status == .usage)
        }
    }

    @Test func `what a snapshot says that can't be is told`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await planned(["leaders"], size: #", "size_bytes": -1, "leader": 99"#, in: directory)
            #expect(result.status == .done, "\(result.error)")
            #expect(
                result.output.contains("4 partitions have a negative size, which is taken as unknown: t-0, t-1, t-2, …")
            )
            #expect(result.output.contains("4 partitions have a leader that is none of its replicas"))
        }
    }

    @Test func `without any known size bytes and times are said to be unknown`() async throws {
        try await Fixture.withDirectory { directory in
            let unknown = try await planned(["removebroker", "8"], in: directory)
            #expect(unknown.status == .done, "\(unknown.error)")
            for name in ["bytes to copy", "least possible", "time to copy", "within"] {
                let line = unknown.output.split(separator: "\n").first { $0.hasPrefix(name) }
                #expect(line?.hasSuffix("unknown") == true, "\(name)")
            }
            #expect(unknown.output.contains("no partition has a known size"))
            #expect(unknown.output.contains("drain broker 8\n"))
            let known = try await planned(["removebroker", "8"], size: #", "size_bytes": 1000"#, in: directory)
            #expect(!known.output.contains("unknown"))
        }
    }

    @Test func `a file of sizes that tells all leaves nothing unknown`() async throws {
        try await Fixture.withDirectory { directory in
            let replicas = (0..<4).map { #"{"partition": "t-\#($0)", "size": 1000, "isFuture": false}"# }
            try Fixture.write(
                "Received log directory information\n"
                    + #"{"version": 1, "brokers": [{"broker": 5, "logDirs": [{"partitions": [\#(replicas.joined(separator: ","))]}]}]}"#,
                to: "\(directory)/sizes.txt")
            let result = try await planned(["removebroker", "8", "--sizes", "\(directory)/sizes.txt"], in: directory)
            #expect(result.status == .done, "\(result.error)")
            #expect(!result.output.contains("known"))
        }
    }

    @Test func `ids of a range that no broker has are named`() async throws {
        try await Fixture.withDirectory { directory in
            let one = try await planned(["removebroker", "8", "5", "9"], in: directory)
            #expect(one.output.contains("the range 5 to 9 has no broker 9: it is left out"))
            let many = try await planned(["rebalance", "5", "100"], in: directory)
            #expect(many.output.contains("has no brokers 9, 10, 11, 12, 13 and others: they are left out"))
            let none = try await planned(["rebalance", "5", "8"], in: directory)
            #expect(!none.output.contains("left out"))
        }
    }

    @Test func `more replicas than hosts is said with the number of partitions`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await planned(["replicationfactor", "3", "--accept", "hosts"], in: directory)
            #expect(result.status == .done, "\(result.error)")
            #expect(result.output.contains("4 partitions have more replicas than there are hosts (2)"))
        }
    }

    @Test func `what is wrong in a snapshot is said with its file and key`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await planned(["leaders"], size: #", "size_bytes": "big""#, in: directory)
            #expect(result.status == .refused)
            #expect(result.error.contains("small.json") && result.error.contains("'size_bytes'"))
        }
    }

    @Test(arguments: [
        (["orders", "3"], ExitStatus.done), (["orders", "12"], .refused), (["payments", "0"], .refused),
    ])
    func `what the plan was not made on can't be explained`(_ words: [String], _ status: ExitStatus) async throws {
        try await Fixture.withDirectory { directory in
            _ = try await run(
                ["plan", "removebroker", "4", "--snapshot", "DIR/state.json", "-o", "DIR/plan.json"], in: directory)
            let result = try await run(["explain"] + words + ["--plan", "DIR/plan.json"], in: directory)
            #expect(result.status == status, "\(result.error)")
            if status == .refused { #expect(result.error.contains(words[0])) }
        }
    }
}
