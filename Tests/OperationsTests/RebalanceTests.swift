import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import PlacementPlanning
import Testing

@testable import Operations

/// Rebalancing on the simulated fleet.
struct RebalanceTests {
    /// Everything on brokers 1 to 4; 5 and 6, on the third host, have nothing.
    private static func skewed() throws -> LivingCluster {
        try LivingCluster { state in
            for number in 0..<6 {
                let lists = (0..<8).map { (place: Int) -> [Int32] in place % 2 == 0 ? [1, 3] : [2, 4] }
                try state.topic("t\(number)", lists, size: Int64(20 + number) << 20)
            }
        }
    }

    private func proof(
        _ cluster: LivingCluster, _ change: (inout RebalanceProof.Request) -> Void = { _ in }
    ) throws -> RebalanceProof {
        var request = RebalanceProof.Request(throttle: BytesPerSecond(50 << 20))
        change(&request)
        return RebalanceProof(request, snapshot: try cluster.snapshot(), layout: cluster.layout)
    }

    private func run(_ cluster: LivingCluster, _ moves: MovePlan, _ number: UInt16 = 1) throws -> OperationEnding? {
        let plan = try Rebalance(
            cluster: cluster.specification.cluster.name, layout: cluster.layout,
            options: MoveOptions(throttle: BytesPerSecond(50 << 20)), canary: true, known: []
        ).plan(moves, arguments: [], reason: nil)
        return try cluster.run(try cluster.create(plan, number))
    }

    @Test(arguments: [10, 20, 100] as [Int64])
    func `what was evened out needs no second time`(tolerance: Int64) throws {
        let cluster = try Self.skewed()
        let sizes = try cluster.sizes()
        let first = try proof(cluster) { $0.tolerance = PerMille(tolerance) }
        let moves = try #require(first.plan, "\(first.blockers)")
        #expect(moves.report.bytes > .zero)
        #expect(try run(cluster, moves) == .done)
        #expect(try cluster.sizes() == sizes, "bytes were lost")
        #expect(try cluster.leftovers() == [])
        let second = try proof(cluster) { $0.tolerance = PerMille(tolerance) }
        #expect(second.blockers == [])
        #expect(second.plan == nil, "it would change \(second.plan?.changes.prefix(3) ?? [])")
        #expect(second.notes.contains { $0.contains("even") })
        #expect(try cluster.findings() == [])
    }

    @Test func `leaders alone are evened out without a byte`() throws {
        let cluster = try LivingCluster { state in
            try state.topic("t", Array(repeating: [1, 3, 5], count: 6))
        }
        let moves = try #require(try proof(cluster) { $0.leadersOnly = true }.plan)
        #expect(moves.report.bytes == .zero)
        #expect(try run(cluster, moves) == .done)
        let leaders = try cluster.lists().values.map { $0[0] }.sorted()
        #expect(leaders == [1, 1, 3, 3, 5, 5])
        #expect(try proof(cluster) { $0.leadersOnly = true }.plan == nil)
    }

    @Test func `a range keeps data away from all others`() throws {
        let cluster = try Self.skewed()
        let moves = try #require(try proof(cluster) { $0.among = BrokerRange(id(1)...id(5)) }.plan)
        #expect(try run(cluster, moves) == .done)
        #expect(try cluster.lists().values.allSatisfy { !$0.contains(6) })
        #expect(try cluster.lists().values.contains { $0.contains(5) })
    }

    @Test func `moves that would wait for a dead broker are refused, leaders alone are not`() throws {
        let cluster = try LivingCluster { state in
            try state.topic("t", Array(repeating: [1, 3, 5], count: 6))
            state.kill(id(5))
        }
        cluster.pass(.seconds(20))
        let refused = try proof(cluster)
        #expect(refused.blockers.map(\.code) == ["broker-dead"])
        #expect(refused.blockers.first?.remedy.contains("gantry removebroker 5") == true)
        #expect(try proof(cluster) { $0.leadersOnly = true }.blockers == [])
    }
}
