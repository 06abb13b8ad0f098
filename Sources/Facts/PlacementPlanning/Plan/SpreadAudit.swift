/// Counts the lists that share hosts or racks without need.
struct SpreadAudit {
    let audit: PlanReport.Audit

    init(_ problem: PlanningProblem, _ layout: Layout) {
        let input = problem.input
        var result = PlanReport.Audit(hostsBefore: 0, hostsAfter: 0, racksBefore: 0, racksAfter: 0)
        for row in input.sizes.indices {
            let old = Self.excess(problem, input.slots[input.range(row)])
            let new = Self.excess(problem, layout.slots[layout.range(row)])
            if old.host { result.hostsBefore += 1 }
            if old.rack { result.racksBefore += 1 }
            if new.host { result.hostsAfter += 1 }
            if new.rack { result.racksAfter += 1 }
        }
        audit = result
    }

    private static func excess(_ problem: PlanningProblem, _ list: ArraySlice<Int32>) -> (host: Bool, rack: Bool) {
        let limits = problem.limits
        let factor = min(list.count, limits.host.count - 1)
        var (host, rack) = (false, false)
        for a in list {
            var (onHost, inRack) = (Int32(0), Int32(0))
            for b in list {
                if problem.input.hostOf[Int(a)] == problem.input.hostOf[Int(b)] { onHost += 1 }
                if problem.input.rackOf[Int(a)] == problem.input.rackOf[Int(b)] { inRack += 1 }
            }
            if onHost > limits.host[factor] { host = true }
            if inRack > limits.rack[factor] { rack = true }
        }
        return (host, rack)
    }
}
