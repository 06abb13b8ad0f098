import FleetModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct `gantry plan check` {
    /// Four brokers on hosts of their own; two partitions of two replicas.
    private static let snapshot = """
        {"brokers": [{"id": 1, "host": "a"}, {"id": 2, "host": "b"}, {"id": 3, "host": "c"}, {"id": 4, "host": "d"}],
         "partitions": [{"topic": "t", "partition": 0, "replicas": [1, 2], "size_bytes": 1000},
                        {"topic": "t", "partition": 1, "replicas": [2, 3], "size_bytes": 1000}]}
        """

    private func run(
        _ move: String, _ words: [String] = [], in directory: String
    ) async throws -> Harness.Result {
        try Fixture.write(Self.snapshot, to: "\(directory)/state.json")
        try Fixture.write(move, to: "\(directory)/move.json")
        var harness = Harness()
        harness.table = .gantry
        return await harness.run(
            ["plan", "check", "\(directory)/move.json"] + words + ["--snapshot", "\(directory)/state.json"])
    }

    private static func move(_ partition: Int, _ replicas: [Int]) -> String {
        #"{"version": 1, "partitions": [{"topic": "t", "partition": \#(partition), "replicas": \#(replicas)}]}"#
    }

    @Test(arguments: [
        (move(0, [4, 2]), [], ExitStatus.done), (move(0, [4, 2]), ["removebroker", "1"], .done),
        (move(1, [2, 4]), ["removebroker", "1"], .refused), (move(0, [4, 4]), [], .refused),
        (move(0, [3, 4]), ["removebroker", "1"], .warning), (move(7, [1, 2]), [], .refused),
        (move(0, [1, 9]), [], .refused), (move(0, [1]), [], .refused),
        (move(0, [1, 2]), ["rebalance"], .warning), ("{", [], .refused), ("{}", [], .refused),
        (move(0, [4, 2]), ["frobnicate"], .usage), (move(0, [4, 2]), ["-o", "plan.json"], .usage),
        (move(0, [4, 2]), ["removebroker", "9"], .refused),
    ])
    func `ends with 0 where the rules are kept, 1 where it could be better, 4 where one is broken`(
        _ move: String, _ words: [String], _ status: ExitStatus
    ) async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(move, words, in: directory)
            #expect(result.status == status, "\(result.output)\(result.error)")
        }
    }

    @Test func `names each rule that is broken with its remedy, and the way back is written`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(
                Self.move(0, [1, 9]), ["--rollback-json", "\(directory)/back.json", "--format", "json"], in: directory)
            let document = try JSONValue(parsing: result.output)
            #expect(document["keeps_rules"] == false && document["event"] == .null)
            let finding = try #require(document["findings"]?.array?.first)
            #expect(finding["rule"] == "target" && finding["subject"] == "t-0" && finding["severity"] == "critical")
            #expect(finding["remedy"]?.string?.isEmpty == false)
            let back = try JSONValue(parsing: try Fixture.read("\(directory)/back.json"))
            #expect(back["partitions"]?.array?.first?["replicas"] == [1, 2])
        }
    }

    @Test func `says what a file that is none has at which place`() async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(#"{"partitions": [{"topic": "t"}]}"#, in: directory)
            #expect(result.status == .refused)
            #expect(result.error.contains("move.json") && result.error.contains("'topic' or 'partition' is missing"))
        }
    }

    @Test(arguments: [
        (snapshot, ["this is a snapshot", "--snapshot"]),
        ("Current partition replica assignment\n\(move(0, [4, 2]))\n", ["the current lists alone", "--generate"]),
    ])
    func `says of a file of another kind what it is and what to give instead`(
        _ text: String, _ said: [String]
    ) async throws {
        try await Fixture.withDirectory { directory in
            let result = try await run(text, in: directory)
            #expect(result.status == .refused && said.allSatisfy(result.error.contains), "\(result.error)")
        }
    }

    @Test func `a file of partitions bounds what a plan touches, and a slip in it is refused`() async throws {
        try await Fixture.withDirectory { directory in
            let chosen = #"{"partitions": [{"topic": "t", "partition": 1}]}"#
            try Fixture.write(chosen, to: "\(directory)/chosen.json")
            try Fixture.write(Self.snapshot, to: "\(directory)/state.json")
            var harness = Harness()
            harness.table = .gantry
            let words = ["plan", "rebalance", "--snapshot", "\(directory)/state.json", "--format", "json"]
            let only = ["--only-partitions", "\(directory)/chosen.json"]
            let plan = await harness.run(words + only)
            #expect(plan.status == .done, "\(plan.error)")
            let document = try JSONValue(parsing: plan.output)
            #expect(document["partitions"]?.array?.allSatisfy { $0["partition"] == 1 } == true)
            #expect(document["request"]?["partitions"]?.array?.count == 1)
            try Fixture.write(#"{"partitions": [{"topic": "t", "partition": 2}]}"#, to: "\(directory)/chosen.json")
            let slip = await harness.run(words + only)
            #expect(slip.status == .refused && (slip.output + slip.error).contains("there is no partition t-2"))
        }
    }
}
