import FleetModel

/// Replicas for which no place was found, sorted into what an operator can do about it.
struct PlacementFailures {
    private static let examples = 5

    /// Rows that were broken before, whose mending failed and which nothing forces to change.
    private(set) var unmendable: [Int] = []
    /// Rows that have to change and can't.
    private var unplaced: [Int] = []
    private var spread: (count: Int, names: [String], helpers: [Int32]) = (0, [], [])
    private var disk: (count: Int, names: [String], bytes: Int64, largest: Int64) = (0, [], 0, 0)

    mutating func add(_ problem: PlanningProblem, _ layout: Layout, _ row: Int, _ slot: Int) {
        let input = problem.input
        let mustChange =
            input.range(row).count != Int(problem.factor[row])
            || input.slots[input.range(row)].contains { problem.leaving[Int($0)] }
        if !mustChange {
            if unmendable.last != row { unmendable.append(row) }
            return
        }
        if unplaced.last != row { unplaced.append(row) }
        let legal = input.brokers.indices.contains {
            problem.target[$0] && layout.isLegal(row, slot, Int32(truncatingIfNeeded: $0))
        }
        if legal {
            disk.count += 1
            disk.bytes += layout.sizes[row]
            disk.largest = max(disk.largest, layout.sizes[row])
            if disk.names.count < Self.examples { disk.names.append(input.name(row)) }
            return
        }
        spread.count += 1
        if spread.names.count < Self.examples { spread.names.append(input.name(row)) }
        guard spread.helpers.count < Self.examples else { return }
        let helper = input.brokers.indices.first {
            input.brokers[$0].state == .live && !problem.leaving[$0] && !problem.target[$0]
                && layout.isLegal(row, slot, Int32(truncatingIfNeeded: $0))
        }
        if let helper, !spread.helpers.contains(Int32(helper)) {
            spread.helpers.append(Int32(truncatingIfNeeded: helper))
        }
    }

    func refuse(_ problem: PlanningProblem, _ layout: Layout) throws(PlanningRefusal) {
        var reasons: [PlanningRefusal.Reason] = []
        if spread.count > 0 {
            let helpers = spread.helpers.map { problem.input.brokers[Int($0)].id.description }
            reasons.append(
                .init(
                    code: "spread",
                    message:
                        "\(counted(spread.count, "replica", "finds", "find")) no target on a host and rack of "
                        + (spread.count == 1 ? "its own" : "their own"),
                    objects: spread.names, count: spread.count,
                    remedy: helpers.isEmpty
                        ? "add a broker on another host and rack, or lower these topics' factor"
                        : "let broker \(helpers.joined(separator: " or ")) receive data too"
                            + (problem.event.hasRange ? ": widen the range FIRST LAST" : "")))
        }
        if disk.count > 0 {
            let targets = problem.input.brokers.indices.filter { problem.target[$0] }
            let free = targets.reduce(ByteCount.zero) {
                $0 + ByteCount(max(0, problem.ceiling[$1] - layout.load[$1]))
            }
            reasons.append(
                .init(
                    code: "disk",
                    message:
                        "\(counted(disk.count, "replica")) of \(ByteCount(disk.bytes)) "
                        + (disk.count == 1 ? "finds" : "together find") + " no broker with room: the "
                        + "targets have \(free) left below their ceilings (capacity less \(problem.options.headroom))",
                    objects: disk.names, count: disk.count,
                    remedy:
                        "add a broker or disks with at least \(ByteCount(disk.bytes)), widen the targets, or shorten "
                        + "the retention of large topics"))
        }
        guard !reasons.isEmpty else { return }
        var refusal = PlanningRefusal(reasons)
        let input = problem.input
        refusal.unplaced = unplaced.map {
            TopicPartition(topic: input.topics[Int(input.topicOf[$0])], partition: input.numberOf[$0])
        }
        throw refusal
    }
}
