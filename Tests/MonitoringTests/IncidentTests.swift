import FleetModel
import HealthRules
import Monitoring
import Testing

/// Findings over time, as a transcript: what is told, and when.
struct IncidentTests {
    /// A story: what is found at each second, and what is told of it.
    struct Story {
        var incidents = Incidents()
        var told: [String] = []
        var second = 0
        var asked = 0

        /// Looks at `second` with these findings; `asked`: whether Kafka was asked then, too.
        mutating func at(
            _ second: Int, _ findings: [Finding], asked: Bool = true, blindHosts: Set<HostName> = [],
            blindRules: Set<String> = [], expected: Set<String> = []
        ) {
            if asked { self.asked = second }
            let changes = incidents.take(
                Incidents.Look(
                    findings: findings, askedAt: .seconds(self.asked), blindHosts: blindHosts, blindRules: blindRules,
                    isExpected: { expected.contains($0.rule) }),
                now: Timestamp(milliseconds: Int64(second) * 1000), uptime: .seconds(second))
            told += changes.map {
                "\(second) \($0.kind.rawValue) \($0.incident.key.rule) \($0.incident.finding.subject)"
                    + ($0.incident.isFlapping ? " flapping" : "")
            }
        }
    }

    static let host = HostName(rawValue: "10.0.0.11")

    static func finding(
        _ rule: String, _ subject: String = "broker 3", _ severity: Severity = .critical, follows: String? = nil
    ) -> Finding {
        Finding(
            rule: rule, severity: severity, subject: subject, evidence: "e", remedy: "r", host: host, follows: follows)
    }

    @Test func `a container that dies is told at once, and its return once, after it has stayed`() {
        var story = Story()
        let dead = Self.finding("broker-container-dead")
        story.at(0, [])
        story.at(1, [dead])
        story.at(2, [dead])
        story.at(30, [dead])
        story.at(40, [])
        story.at(45, [])
        story.at(50, [])
        story.at(60, [])
        #expect(story.told == ["1 opened broker-container-dead broker 3", "50 closed broker-container-dead broker 3"])
        #expect(story.incidents.open.isEmpty)
    }

    @Test func `what passes by itself is told only when a later look still finds it`() {
        var story = Story()
        let fenced = Self.finding("broker-fenced")
        story.at(0, [fenced])
        // Time alone proves nothing: Kafka was not asked since.
        story.at(25, [fenced], asked: false)
        #expect(story.told.isEmpty)
        story.at(30, [])
        story.at(60, [fenced])
        story.at(90, [fenced])
        #expect(story.told == ["90 opened broker-fenced broker 3"])
    }

    @Test func `one that comes and goes is told as flapping once, and is over after a long rest`() {
        var story = Story()
        let dead = Self.finding("broker-container-dead")
        for second in stride(from: 0, to: 80, by: 10) {
            story.at(second, [dead])
            story.at(second + 5, [])
        }
        story.at(100, [])
        story.at(300, [])
        story.at(400, [])
        #expect(
            story.told == [
                "0 opened broker-container-dead broker 3", "30 changed broker-container-dead broker 3 flapping",
                "400 closed broker-container-dead broker 3 flapping",
            ])
    }

    @Test func `what can not be seen neither opens nor closes anything`() throws {
        var story = Story()
        let host = try #require(Self.host)
        let dead = Self.finding("broker-container-dead")
        let away = Finding(
            rule: "host-unreachable", severity: .critical, subject: "host \(host)", evidence: "e", remedy: "r")
        story.at(0, [dead])
        story.at(1, [dead, Self.finding("partitions-offline", "3 partitions")])
        story.at(30, [dead, Self.finding("partitions-offline", "5 partitions")])
        // The host is gone, and nobody in Kafka answers.
        for second in stride(from: 40, through: 100, by: 10) {
            story.at(second, [away], blindHosts: [host], blindRules: ["partitions-offline"])
        }
        story.at(110, [])
        story.at(130, [])
        #expect(
            story.told == [
                "0 opened broker-container-dead broker 3", "30 opened partitions-offline 5 partitions",
                "40 opened host-unreachable host 10.0.0.11", "130 closed broker-container-dead broker 3",
                "130 closed host-unreachable host 10.0.0.11", "130 closed partitions-offline 5 partitions",
            ])
    }

    @Test func `what follows from something else is not told by itself`() {
        var story = Story()
        let fenced = Self.finding("broker-fenced", follows: "host 10.0.0.11")
        for second in stride(from: 0, through: 120, by: 30) { story.at(second, [fenced]) }
        #expect(story.told.isEmpty)
    }

    @Test func `what is only listed is no incident, and one that comes to that is over`() {
        var story = Story()
        let listed = Self.finding("controller-not-voter", "controller 9001", .ok)
        for second in stride(from: 0, through: 120, by: 30) { story.at(second, [listed]) }
        #expect(story.told.isEmpty && story.incidents.open.isEmpty)
        let worry = Self.finding("controller-not-voter", "controller 9001", .warning)
        for second in stride(from: 150, through: 300, by: 30) { story.at(second, [worry]) }
        #expect(story.incidents.open.count == 1)
        for second in stride(from: 330, through: 600, by: 30) { story.at(second, [listed]) }
        #expect(story.incidents.open.isEmpty)
    }

    @Test func `what an operation causes is told only when it outlasts the operation`() {
        var story = Story()
        let moving = Self.finding("reassignment-orphan", "7 partitions", .warning)
        for second in stride(from: 0, through: 120, by: 30) {
            story.at(second, [moving], expected: ["reassignment-orphan"])
        }
        story.at(150, [moving])
        story.at(180, [moving])
        #expect(story.told == ["180 opened reassignment-orphan 7 partitions"])
    }

    @Test func `a severity that changes is told, a number in the words is not`() {
        var story = Story()
        story.at(0, [Self.finding("disk-full", "host 10.0.0.11", .warning)])
        story.at(30, [Self.finding("disk-full", "host 10.0.0.11", .warning)])
        story.at(60, [Self.finding("disk-full", "host 10.0.0.11", .critical)])
        story.at(90, [Self.finding("disk-full", "host 10.0.0.11", .critical)])
        #expect(
            story.told == ["0 opened disk-full host 10.0.0.11", "60 changed disk-full host 10.0.0.11"])
    }

    @Test func `a wall clock that is set back changes nothing`() {
        var incidents = Incidents()
        let dead = Self.finding("broker-container-dead")
        func take(_ findings: [Finding], wall: Int64, uptime: Int) -> [IncidentChange.Kind] {
            incidents.take(
                Incidents.Look(findings: findings, askedAt: .seconds(uptime)), now: Timestamp(milliseconds: wall),
                uptime: .seconds(uptime)
            ).map(\.kind)
        }
        #expect(take([dead], wall: 1_000_000, uptime: 1) == [.opened])
        #expect(take([], wall: 0, uptime: 2) == [])
        #expect(take([], wall: 1, uptime: 12) == [.closed])
    }
}
