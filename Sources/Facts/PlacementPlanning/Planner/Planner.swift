/// Works out plans. A pure function of its arguments: integer arithmetic, one thread, no clock, no randomness; equal
/// arguments give equal plans on every machine.
public enum Planner {
    /// The plan that does what `event` asks on `input` while moving the fewest bytes.
    ///
    /// Never traded: who may receive, the replication factor, distinct brokers, then hosts, then racks, disk ceilings
    /// with what is under way, pinned and excluded topics. Then, in this order: bands of bytes, bytes moved, leaders,
    /// replica counts, number of moves, order of lists.
    /// - Throws: `PlanningRefusal` when that is impossible: every reason with its smallest remedy. There is no plan in
    ///   part.
    public static func plan(
        _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions = PlanningOptions()
    ) throws(PlanningRefusal) -> MovePlan { try builder(input, event, options).plan() }

    /// How long the same moves take where leadership leaves last, as with tools that move replicas only: each partition
    /// is copied from the broker that leads it now. A comparison, no plan.
    public static func makespanWithLeadershipLast(
        _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions = PlanningOptions()
    ) throws(PlanningRefusal) -> Duration {
        try builder(input, event, options).plan(leadershipLast: true).report.makespan
    }

    /// What a second request would better is bettered now: where giants lie and what lists can be mended changes with a
    /// plan, and with it the bands.
    private static func builder(
        _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions
    ) throws(PlanningRefusal) -> PlanBuilder {
        let first = try onePass(input, event, options)
        guard let balancing = first.balancing, input.replicaCount <= mostSettled else { return first.builder }
        var settled = first.builder
        for round in 0..<settlings {
            let next = (try? onePass(settled.outcome(), event, options).builder.moved()) ?? []
            guard next.isEmpty else {
                settled.adopt(next)
                continue
            }
            guard round > 0, let shorter = settled.bettered(balancing) else { return settled }
            // A shorter way to another end, where a second request might find something again, is none.
            let rest = (try? onePass(shorter.outcome(), event, options).builder.moved()) ?? []
            return rest.isEmpty ? shorter : settled
        }
        return first.builder
    }

    /// Plans of up to so many replicas are settled: planned again on their own outcome until nothing is found.
    private static let mostSettled = 20_000
    /// So often at most.
    private static let settlings = 8

    /// A plan, and where it is about balance what made its layout.
    private static func onePass(
        _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions
    ) throws(PlanningRefusal) -> (builder: PlanBuilder, balancing: Balancing?) {
        var problem = try PlanningProblem(input, event, options)
        let order = input.bySize
        var layout = Layout(problem)
        let forced = ForcedMoves(problem, order: order)
        forced.keep(&layout)
        let bands = Bands(problem, layout, total: toShare(problem, layout), replicas: toShareCount(problem, layout))
        for row in try forced.place(&layout, bands) + forced.broken(layout) { problem.leave(row) }
        var finalBands = bands
        var balancing: Balancing?
        if problem.mandate.balances {
            // Giants count where they lie now.
            finalBands = Bands(
                problem, layout, total: toShare(problem, layout), replicas: toShareCount(problem, layout))
            let own = Balancing(problem, finalBands, order: order)
            layout = own.balanced(layout)
            balancing = own
        } else if problem.mandate.moves {
            // Only what the request forces moves: where it lands is bettered.
            finalBands.acceptWhatStays(problem, layout)
            var polish = Polish(problem, finalBands, layout, order: order)
            polish.run(&layout, bound: .max)
            forced.takeBack(&layout)
            var arrivals = Arrivals(problem, bands, layout, order: order)
            arrivals.even(&layout)
        }
        return (PlanBuilder(problem, layout, problem.mandate.balances ? finalBands : bands), balancing)
    }

    /// Bytes that the brokers of the bands hold together in the end.
    private static func toShare(_ problem: PlanningProblem, _ layout: Layout) -> Int64 {
        var total: Int64 = 0
        for row in layout.sizes.indices { total += layout.sizes[row] * Int64(problem.factor[row]) }
        for broker in layout.load.indices where !problem.member[broker] { total -= layout.load[broker] }
        return total
    }

    private static func toShareCount(_ problem: PlanningProblem, _ layout: Layout) -> Int64 {
        var total: Int64 = 0
        for factor in problem.factor { total += Int64(factor) }
        for broker in layout.load.indices where !problem.member[broker] { total -= Int64(layout.count[broker]) }
        return total
    }
}
