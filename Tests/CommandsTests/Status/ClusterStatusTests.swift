import FleetModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct ClusterStatusTests {
    @Test func `a healthy cluster fits a screen, numbers below their headings`() throws {
        let report = try #require(StatusWorld()).report()
        try expectSnapshot(report.document.text(Style()), "status/healthy.txt")
        #expect(report.exit == .done)
    }

    @Test func `a host out of reach is one finding with what it takes along, and all of them in JSON`() throws {
        var world = try #require(StatusWorld())
        world.loseSecondHost()
        let report = world.report()
        try expectSnapshot(report.document.text(Style()), "status/lost-host.txt")
        try expectSnapshot(world.report(showsAll: true).document.text(Style(columns: 100)), "status/lost-host-all.txt")
        #expect(report.exit == .failed)
        let findings = try #require(report.json["findings"]?.array)
        #expect(findings.first?["rule"] == "host-unreachable" && findings.first?["follows"] == .null)
        #expect(findings.dropFirst().map { $0["follows"] } == Array(repeating: "host 10.0.0.12", count: 4))
        #expect(report.plain.count == 1 + findings.count)
    }

    @Test func `what nobody could count is no zero`() throws {
        var world = try #require(StatusWorld())
        world.snapshot.cluster = .unknown(reason: "no broker answers: 10.0.0.11:9092 refused")
        world.snapshot.canaries = []
        let report = world.report()
        try expectSnapshot(report.document.text(Style()), "status/no-kafka.txt")
        let brokers = try #require(report.json["brokers"]?.array)
        #expect(brokers.allSatisfy { $0["partitions"] == .null && $0["leaders"] == .null })
        let words = report.document.text(Style()).split(separator: "no broker answers").count - 1
        #expect(words == 1, "it is said once")
    }

    @Test(arguments: [[], ["--bogus"], ["--fleet", "/nonexistent/fleet"]])
    func `a plugin that can't begin says UNKNOWN where its monitor reads`(_ options: [String]) async throws {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            try Fixture.write("cluster: {nam: x}\n", to: "\(directory)/defaults.cfg")
            let result = await harness.run(["clusterstatus", "--format", "plain"] + options)
            #expect(result.output.hasPrefix("GANTRY UNKNOWN - "))
            #expect(result.output.split(separator: "\n").count == 1)
            #expect(result.error.contains("gantry:"))
            #expect(result.status == .unknown, "a monitor knows 0 to 3")
        }
    }

    @Test func `of a question that can't be looked into the answer is unknown, and no failure`() async throws {
        try await Fixture.withDirectory { directory in
            var harness = Harness(environment: ["GANTRY_FLEET": directory])
            harness.table = .gantry
            _ = await harness.run("init", "--simulated")
            try Fixture.write("this is no journal", to: "\(directory)/.gantry/journal.sqlite")
            let result = await harness.run("can", "stop", "1")
            #expect(result.status == .unknown, "\(result)")
            #expect(result.error.contains("journal"), "\(result.error)")
        }
    }

    @Test func `other commands keep their errors to standard error`() async {
        var harness = Harness(environment: ["GANTRY_FLEET": "/nonexistent/fleet"])
        harness.table = .gantry
        let result = await harness.run("preflight", "--format", "plain")
        #expect(result.output == "" && result.status == .configuration)
    }
}
