import FleetModel
import HealthRules
import OperationModel
import Testing

@testable import FleetRuntime

/// `--accept hosts` and `--accept racks` where every host is a rack of its own.
struct AcceptedSpreadTests {
    @Test func `each waives its own blocker alone, and both go into the notes`() async throws {
        try await LivingCluster.with(hosts: 3, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.load(factor: 3)
            func asked(_ codes: String...) throws -> MovePreparation {
                try cluster.removeBrokers(5, 6, accepting: codes.map { Acceptance(code: $0, object: nil) })
            }
            #expect(try asked().blockers.map(\.code) == ["hosts", "racks"])
            #expect(try asked("hosts").blockers.map(\.code) == ["racks"])
            #expect(try asked("racks").blockers.map(\.code) == ["hosts"])
            let both = try asked("hosts", "racks")
            #expect(both.blockers.isEmpty && both.plan != nil, "\(both.blockers)")
            for code in ["hosts", "racks"] {
                #expect(both.notes.contains { $0.hasPrefix("accepted: \(code) (") }, "\(both.notes)")
            }
        }
    }

    @Test func `where replicas find no place at all nothing that is accepted makes it done`() async throws {
        try await LivingCluster.with(hosts: 4, brokers: 2) { cluster in
            try cluster.bootstrap()
            try cluster.topic("t", [[1, 3, 7]])
            let codes = ["spread", "hosts", "racks"].map { Acceptance(code: $0, object: nil) }
            let asked = try cluster.removeHosts(4, onto: 1...2, accepting: codes)
            #expect(asked.plan == nil)
            #expect(asked.blockers.map(\.code).contains("spread"), "\(asked.blockers)")
        }
    }
}
