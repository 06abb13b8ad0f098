import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct PlanReportTests {
    private func report(of count: Int, needed: Int, showsAll: Bool = false) throws -> PlanReport {
        let host = HostName(rawValue: "10.0.0.11")
        let steps = (0..<count).map { index in
            StepRecord(
                id: StepID("step", "\(index)"), kind: "step", subject: "s", host: host, title: "do step \(index)",
                dependencies: [], payload: "{}")
        }
        let plan = OperationPlan(
            command: "bootstrap", arguments: [], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), steps: steps, failurePolicy: .stop)
        return PlanReport(plan: plan, needed: Set(steps.suffix(needed).map(\.id)), showsAll: showsAll)
    }

    @Test func `a dry run shows what is to do, and counts what is already so`() throws {
        #expect(
            try report(of: 4, needed: 2).document.text(Style()) == """
                STATE  STEP
                to do  do step 2
                to do  do step 3

                2 steps already so (-v shows them)

                bootstrap: 2 of 4 steps to do, on 1 host; nothing was changed
                """)
    }

    @Test func `a preview of moves says which images are there already`() throws {
        let plan = try report(of: 2, needed: 0).plan
        let preview = MoveReport(plan: plan, moves: [], notes: [], alreadySo: [plan.steps[0].id])
        #expect(
            preview.document.text(Style()) == """
                #  STEP
                1  do step 0: already there
                2  do step 1

                bootstrap: nothing was changed
                """)
        #expect(preview.json["steps"]?.array?.map { $0["needed"] } == [.bool(false), .bool(true)])
    }

    @Test func `with -v and for programs every step is there, those to do first`() throws {
        let all = try report(of: 3, needed: 1, showsAll: true).document.text(Style())
        #expect(all.hasPrefix("STATE       STEP\nto do       do step 2\nalready so  do step 0\n"))
        #expect(try report(of: 3, needed: 1).plain.filter { $0.hasPrefix("step ") }.count == 3)
        #expect(try report(of: 3, needed: 1).json["steps"]?.array?.count == 3)
    }

    @Test func `before the question the steps are named, no more than a screen of them`() throws {
        let few = try report(of: 3, needed: 2).preview
        #expect(few == "bootstrap: 2 of 3 steps to do, on 1 host\n  do step 1\n  do step 2")
        let many = try report(of: 100, needed: 100).preview.split(separator: "\n")
        #expect(many.count == 22)
        #expect(many.last == "  and 80 more; --dry-run shows all")
    }
}
