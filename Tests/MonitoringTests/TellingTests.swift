import FleetModel
import HealthRules
import Testing

@testable import Monitoring

/// What is told, word for word.
struct TellingTests {
    private func change(
        _ kind: IncidentChange.Kind, _ subject: String, evidence: [String] = [], second: Int64 = 0
    ) -> IncidentChange {
        let finding = Finding(
            rule: "broker-container-dead", severity: .critical, subject: subject,
            evidence: #"its container is exited, said "bye" = over"#, remedy: "look at it",
            host: HostName(rawValue: "h1"))
        let at = Timestamp(milliseconds: second * 1000)
        var incident = Incident(
            id: "1-1", key: Incident.Key(finding), finding: finding, openedAt: Timestamp(milliseconds: 0),
            changedAt: at)
        incident.evidence = evidence
        return IncidentChange(kind: kind, incident: incident, at: at)
    }

    @Test func `a line of the log is pairs in a fixed order, quoted where they must be`() {
        #expect(
            LogLine.change(change(.opened, "broker 3"))
                == "time=1970-01-01T00:00:00.000Z level=critical event=incident-opened incident=1-1 "
                + "rule=broker-container-dead subject=\"broker 3\" host=h1 severity=critical "
                + "since=1970-01-01T00:00:00.000Z evidence=\"its container is exited, said \\\"bye\\\" = over\" "
                + "remedy=\"look at it\"")
        #expect(LogLine.quoted("") == "\"\"")
        #expect(LogLine.quoted("a\nb\u{1b}[31m") == "\"a\\nb?[31m\"")
        #expect(LogLine.quoted(String(repeating: "x", count: 9000)).utf8.count < 3000)
    }

    @Test func `the first incident is mailed at once, with the last lines of what died`() throws {
        var digest = MailDigest()
        digest.take(change(.opened, "broker 3", evidence: ["java.lang.OutOfMemoryError"]), uptime: .seconds(10))
        let cluster = try #require(ClusterName(rawValue: "orders"))
        #expect(digest.due == .milliseconds(10_500))
        let early = digest.letter(cluster: cluster, open: [], uptime: .seconds(10))
        #expect(early == nil)
        let sent = digest.letter(cluster: cluster, open: [], uptime: .seconds(11))
        let letter = try #require(sent)
        #expect(letter.subject == "[gantry orders] CRITICAL broker 3: broker-container-dead")
        #expect(letter.body.contains("    java.lang.OutOfMemoryError\n"))
        #expect(digest.due == nil)
    }

    @Test func `of many that come behind each other one mail a minute goes, and it names them all`() throws {
        var digest = MailDigest()
        let cluster = try #require(ClusterName(rawValue: "orders"))
        digest.take(change(.opened, "broker 1"), uptime: .zero)
        _ = digest.letter(cluster: cluster, open: [], uptime: .seconds(1))
        for id in 2...400 { digest.take(change(.opened, "broker \(id)"), uptime: .seconds(2)) }
        #expect(digest.due == .seconds(61))
        let early = digest.letter(cluster: cluster, open: [], uptime: .seconds(60))
        #expect(early == nil)
        let sent = digest.letter(cluster: cluster, open: [], uptime: .seconds(61))
        let letter = try #require(sent)
        #expect(letter.subject == "[gantry orders] 399 incidents: 200 opened")
        #expect(letter.body.contains("and 199 more, which the log has"))
    }

    @Test func `a closing mail says what is over`() throws {
        var digest = MailDigest()
        digest.take(change(.closed, "broker 3", second: 60), uptime: .zero)
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let sent = digest.letter(cluster: cluster, open: [], uptime: .seconds(1))
        let letter = try #require(sent)
        #expect(letter.subject == "[gantry orders] over: broker 3: broker-container-dead")
        #expect(letter.body.hasSuffix("Nothing is open now.\n"))
    }

    @Test func `a plug-in gets one line of JSON that can be read back`() throws {
        let cluster = try #require(ClusterName(rawValue: "orders"))
        let text = change(.opened, "broker 3", evidence: ["a\nb"]).json(cluster: cluster).text()
        #expect(!text.contains("\n"))
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(json["event"]?.string == "opened")
        #expect(json["subject"]?.string == "broker 3")
        #expect(json["lines"]?.array?.first?.string == "a\nb")
    }

    @Test func `the metrics page has each incident and host, and escapes what labels hold`() throws {
        let host = try #require(HostName(rawValue: "h1"))
        var sight = HostSight(host: host, now: Timestamp(milliseconds: 0))
        sight.listed(at: Timestamp(milliseconds: 5000), asked: .zero)
        var odd = change(.opened, "broker 3").incident
        odd.finding.subject = "a \"b\" \\"
        odd.key = Incident.Key(odd.finding)
        let state = MonitorState(
            startedAt: Timestamp(milliseconds: 1000), isWatching: true, hosts: [sight], incidents: [odd], context: nil,
            lookedAt: nil, lookProblem: nil, operation: nil, openedTotal: 1, eventsTotal: 7, unheardTotal: 0)
        let lines = MetricsText.page(state, counters: [("gantry_x_total", "X.", 3)]).split(separator: "\n")
        #expect(lines.contains("gantry_host_last_seen_timestamp_seconds{host=\"h1\"} 5"))
        #expect(
            lines.contains(
                #"gantry_incident{rule="broker-container-dead",subject="a \"b\" \\",severity="critical",host="h1"} 1"#))
        #expect(lines.contains("gantry_dockmon_events_total 7"))
        #expect(lines.contains("gantry_x_total 3"))
        for line in lines where !line.hasPrefix("#") {
            #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil)
        }
        #expect(MetricsText.page(nil).contains("gantry_dockmon_watching 0"))
    }
}
