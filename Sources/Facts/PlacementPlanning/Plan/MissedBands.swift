import FleetModel

extension Int64 {
    /// The sum, or the largest number where it is no number any more.
    fileprivate func addingOrMost(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// Brokers that end outside their band, each with the reason, and whether that reason is a proof.
struct MissedBands {
    let all: [PlanReport.MissedBand]

    init(_ problem: PlanningProblem, _ layout: Layout, _ bands: Bands) {
        let input = problem.input
        let members = input.brokers.indices.filter { bands.member[$0] }
        let outside = members.filter { bands.violation($0, layout.load[$0]) > 0 }
        guard !outside.isEmpty else {
            all = []
            return
        }
        let before = input.loads()
        let widest = bands.widest
        let largest = input.sizes.indices.filter { !problem.frozen[$0] }.map { input.sizes[$0] }.max() ?? 0
        // Both saturate: a thousand brokers whose bands have no end have room for more than can be counted.
        let total = members.reduce(Int64(0)) { $0.addingOrMost(layout.load[$1]) }
        let room = members.reduce(Int64(0)) { $0.addingOrMost(min(bands.high[$1], PlacementInput.maximumTotal)) }
        all = outside.map { broker in
            let by = bands.violation(broker, layout.load[broker])
            let (proved, reason): (Bool, String)
            if !problem.mandate.balances,
                bands.violation(broker, before[broker]) > 0 || layout.load[broker] < bands.low[broker]
            {
                (proved, reason) = (true, "only what the request forces is moved; `rebalance` evens out")
            } else if problem.tolerance > problem.options.tolerance {
                // A wider band was planned for: that this one is missed is no proof that it must be.
                (proved, reason) = (false, "partitions are too large to be spread within \(problem.options.tolerance)")
            } else if largest > widest {
                // Who holds such a partition has a band of its own, so that all may still be met.
                (proved, reason) = (
                    false, "the largest partition has \(ByteCount(largest)), more than any broker's band has room for"
                )
            } else if total > room {
                (proved, reason) = (
                    true, "all brokers together have bands for \(ByteCount(room)) and must hold \(ByteCount(total))"
                )
            } else {
                (proved, reason) = (false, "no single step or exchange brings it closer without leaving another band")
            }
            return .init(broker: input.brokers[broker].id, by: ByteCount(by), proved: proved, reason: reason)
        }
    }
}
