import FleetModel
import HealthRules
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct PreflightReportTests {
    private let report = {
        func findings(_ host: String, _ verdict: (Int) -> ClauseVerdict) -> [ClauseFinding] {
            (1...8).compactMap { number in
                HostName(rawValue: host).map {
                    ClauseFinding(
                        clause: "H\(number)", host: $0, title: "t", isBlocking: true, verdict: verdict(number))
                }
            }
        }
        let unreachable = findings("10.0.0.12") {
            $0 == 1
                ? .fail("unreachable", "no route to host", remedy: "check that it is up")
                : .unknown("SSH did not get that far")
        }
        let partly = findings("10.0.0.13") { [3, 4, 7].contains($0) ? .unknown("nobody told") : .pass("so") }
        return PreflightReport(findings: findings("10.0.0.11") { _ in .pass("so") } + unreachable + partly)
    }()

    @Test func `a host out of reach has one row, with what is unknown for that reason`() throws {
        try expectSnapshot(report.document.text(Style()), "preflight/unreachable.txt")
        #expect(report.exit == .failed)
    }

    @Test func `programs get every clause of every host`() {
        #expect(report.plain.filter { $0.hasPrefix("clause ") }.count == 24)
        #expect(report.json["clauses"]?.array?.count == 24)
    }
}
