import FleetModel
import FleetRuntime
import FleetSimulator
import OperationModel
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

    @Test(arguments: [
        (OperationEnding.paused(reason: "asked for"), OperationStatus.paused), (.failed(reason: "no room"), .failed),
        (.stopped(reason: "asked for"), .stopped),
    ])
    func `an operation that waits to be gone on with is named with the next command`(
        ending: OperationEnding, state: OperationStatus
    ) throws {
        var report = try #require(StatusWorld()).report()
        let store = try Self.journal(ending)
        report.operation = try .init(report.status.fleet.cluster.name, in: store)
        let text = report.document.text(Style())
        #expect(
            text.contains(
                "operation 20260501-030000-3f9a (bootstrap --no-canary) is \(state.rawValue) and waits: "
                    + "gantry operation resume 20260501-030000-3f9a goes on"))
        #expect(report.json["operation"]?["state"] == .string(state.rawValue))
        #expect(report.json["operation"]?["next"] == "gantry operation resume 20260501-030000-3f9a")
        #expect(report.exit == .done, "it is no finding")
    }

    @Test func `an operation that is at work is told of, with what shows it`() throws {
        var report = try #require(StatusWorld()).report()
        let store = try Self.journal(nil, holder: try Holder.current())
        report.operation = try .init(report.status.fleet.cluster.name, in: store)
        #expect(report.document.text(Style()).contains("(bootstrap --no-canary) is running, and what it causes"))
        #expect(report.json["operation"]?["state"] == "running")
        #expect(report.json["operation"]?["next"] == "gantry operation attach 20260501-030000-3f9a")
    }

    @Test(arguments: [OperationEnding.done, .aborted(reason: "asked for")])
    func `one that is over is not`(ending: OperationEnding) throws {
        let report = try #require(StatusWorld()).report()
        #expect(
            try ClusterStatusReport.OpenOperation(
                report.status.fleet.cluster.name, in: try Self.journal(ending)) == nil)
        #expect(report.json["operation"] == nil)
    }

    /// A journal with one operation, whose first step was begun and which ended so.
    private static func journal(
        _ ending: OperationEnding?, holder: Holder = OperationSample.holder
    ) throws -> MemoryStore {
        let (store, sample) = (MemoryStore(), try #require(OperationSample()))
        let (record, at) = (sample.record, sample.record.createdAt)
        try store.create(record.id, plan: record.plan, at: at)
        let lease = try store.acquireLease(
            cluster: record.plan.cluster, operation: record.id, holder: holder, replacing: nil, at: at)
        let events: [OperationEvent] = [.started(holder), .intent(record.plan.steps[0].id)]
        for event in events { try store.append(event, under: lease, at: at) }
        guard let ending else { return store }
        try store.append(.ended(ending), under: lease, at: at)
        try store.release(lease)
        return store
    }

    @Test func `of those that observe the quorum only controllers are listed, and no broker that was removed`() throws {
        var world = try #require(StatusWorld())
        let (broker, gone, joining) = (
            try #require(NodeID(rawValue: 1)), try #require(NodeID(rawValue: 7)), try #require(NodeID(rawValue: 9003))
        )
        world.change { cluster in
            guard var quorum = cluster.quorum.value else { return }
            quorum.observers = [broker, gone, joining].map {
                QuorumMember(id: $0, directoryID: nil, lag: 1234, lastCaughtUp: nil, lastFetch: nil)
            }
            cluster.quorum = .known(quorum)
            cluster.registeredControllers = .known([joining])
        }
        let report = world.report()
        #expect(report.quorum.map(\.id.rawValue) == [9001, 9002, 9003])
        #expect(report.quorum.last?.state == "observer")
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
