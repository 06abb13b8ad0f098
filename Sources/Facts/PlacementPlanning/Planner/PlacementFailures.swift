import FleetModel

/// Replicas for which no place was found, sorted into what an operator can do about it.
struct PlacementFailures {
    private static let examples = 5
    /// Brokers whose room is told.
    private static let shownPlaces = 3

    /// Rows that were broken before, whose mending failed and which nothing forces to change.
    private(set) var unmendable: [Int] = []
    /// Rows that have to change and can't.
    private var unplaced: [Int] = []
    private var spread: (count: Int, names: [String], helpers: [Int32]) = (0, [], [])
    private var disk: (count: Int, names: [String], bytes: Int64) = (0, [], 0)
    /// The largest replica without room, and what the brokers had left that might have held it when it was tried, most
    /// first. Room elsewhere is of no use to it: there its partition has a replica already, or its host or rack has.
    private var largest: (row: Int, size: Int64, places: [(broker: Int, room: Int64)])?

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
        let legal = input.brokers.indices.filter {
            problem.target[$0] && layout.isLegal(row, slot, Int32(truncatingIfNeeded: $0))
        }
        if !legal.isEmpty {
            let size = layout.sizes[row]
            disk.count += 1
            disk.bytes += size
            if largest.map({ size > $0.size }) ?? true {
                let places = legal.map { (broker: $0, room: max(0, problem.ceiling[$0] - layout.load[$0])) }
                largest = (row, size, places.sorted { ($1.room, $0.broker) < ($0.room, $1.broker) })
            }
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

    private func noRoom(
        for row: Int, _ size: Int64, _ places: [(broker: Int, room: Int64)], _ problem: PlanningProblem
    ) -> PlanningRefusal.Reason {
        let brokers = problem.input.brokers
        let shown = places.prefix(Self.shownPlaces).map { "\(ByteCount($0.room)) on \(brokers[$0.broker].place)" }
        let more = places.count - shown.count
        let replicas =
            disk.count == 1
            ? "1 replica of \(ByteCount(disk.bytes)) finds no broker with room"
            : "\(disk.count) replicas of \(ByteCount(disk.bytes)) together find no broker with room, the largest of "
                + "\(ByteCount(size))"
        let best = places.first.map { (place: brokers[$0.broker].room, lacks: ByteCount(size - $0.room)) }
        return .init(
            code: "disk",
            message:
                "\(replicas): \(problem.input.name(row)) needs \(ByteCount(size)), and where it may lie there is free: "
                + shown.joined(separator: ", ") + (more > 0 ? ", no more on \(counted(more, "other"))" : "")
                + "; that is below the ceiling, which is the capacity less \(problem.options.headroom)",
            objects: disk.names, count: disk.count,
            remedy: (best.map {
                "make room for \($0.lacks) more in \($0.place)\(disk.count == 1 ? "" : " to begin with"), "
            } ?? "")
                + "add a broker or disks with at least \(ByteCount(disk.bytes)), widen the targets, or shorten the "
                + "retention of large topics")
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
        if let largest { reasons.append(noRoom(for: largest.row, largest.size, largest.places, problem)) }
        guard !reasons.isEmpty else { return }
        var refusal = PlanningRefusal(reasons)
        let input = problem.input
        refusal.unplaced = unplaced.map {
            TopicPartition(topic: input.topics[Int(input.topicOf[$0])], partition: input.numberOf[$0])
        }
        throw refusal
    }
}
