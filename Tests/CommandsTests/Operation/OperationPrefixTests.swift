import FleetModel
import OperationModel
import Testing

@testable import Commands
@testable import enum Commands.ExitStatus

@Suite struct OperationPrefixTests {
    private func find(_ typed: String?, among ids: [String]) throws -> String {
        try Fixture.withDirectory { directory in
            let harness = Harness(environment: ["GANTRY_FLEET": directory])
            try Fixture.write("cluster: {}\n", to: "\(directory)/defaults.cfg")
            let journal = try #require(try AuditSource.process.journal(try harness.context().fleet()))
            let plan = try #require(OperationSample()).record.plan
            for (index, id) in ids.enumerated() {
                let id = try #require(OperationID(rawValue: id))
                try journal.create(id, plan: plan, at: Timestamp(milliseconds: Int64(index)))
            }
            return try OperationCommands.record(typed.flatMap(OperationID.init(rawValue:)), in: journal).id.rawValue
        }
    }

    private let ids = ["20260501-030000-3f9a", "20260501-030000-4c11", "20260502-030000-0001", "20260502"]

    @Test(arguments: [
        ("20260501-030000-3f9a", "20260501-030000-3f9a"), ("20260501-030000-4", "20260501-030000-4c11"),
        ("20260502-", "20260502-030000-0001"), ("20260502", "20260502"), (nil, "20260502"),
    ])
    func `as much of an id as no other begins with names its operation`(typed: String?, found: String) throws {
        #expect(try find(typed, among: ids) == found)
    }

    @Test func `of several that begin so all are named`() throws {
        do {
            _ = try find("20260501", among: ids)
            Issue.record("one was taken")
        } catch let error as CommandError {
            #expect(error.exit == .refused && error.code == "ambiguous-operation")
            #expect(
                error.evidence == [
                    "20260501-030000-4c11 bootstrap --no-canary", "20260501-030000-3f9a bootstrap --no-canary",
                ])
        }
    }

    @Test func `what no operation begins with is unknown`() {
        #expect(throws: StoreError.self) { try find("2027", among: ids) }
    }
}
