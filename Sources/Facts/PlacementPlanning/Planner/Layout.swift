/// The placement while it is being worked on: target lists in flat slots, and what each broker holds.
///
/// A slot keeps its place in the list from beginning to end, so that order changes only where something moves; −1 is
/// a slot still to be filled.
struct Layout {
    let sizes: [Int64]
    let hostOf: [Int32]
    let rackOf: [Int32]
    let limits: SpreadLimits
    let input: PlacementInput
    /// `offsets[p]..<offsets[p + 1]` are the slots of partition `p`.
    let offsets: [Int32]

    private(set) var slots: [Int32]
    private(set) var load: [Int64]
    private(set) var count: [Int32]

    /// An empty layout of the factors that `problem` wants.
    init(_ problem: PlanningProblem) {
        input = problem.input
        (sizes, hostOf, rackOf) = (input.sizes, input.hostOf, input.rackOf)
        limits = problem.limits
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(problem.factor.count + 1)
        var end: Int32 = 0
        for factor in problem.factor {
            end += factor
            offsets.append(end)
        }
        self.offsets = offsets
        slots = [Int32](repeating: -1, count: Int(end))
        load = [Int64](repeating: 0, count: input.brokers.count)
        count = [Int32](repeating: 0, count: input.brokers.count)
    }

    @inline(__always)
    func range(_ partition: Int) -> Range<Int> { Int(offsets[partition])..<Int(offsets[partition + 1]) }

    /// The slot of `partition` that lies on `broker`; −1 for none. Asked at every step, as is what follows: hence inlined.
    @inline(__always)
    func slot(of partition: Int, on broker: Int32) -> Int {
        for slot in range(partition) where slots[slot] == broker { return slot }
        return -1
    }

    /// Whether `broker` held `partition` before.
    @inline(__always)
    func isOriginal(_ partition: Int, _ broker: Int32) -> Bool {
        for slot in input.range(partition) where input.slots[slot] == broker { return true }
        return false
    }

    /// Whether `slot` of `partition` may lie on `broker`: no replica of it there yet, and hosts and racks within limits.
    func isLegal(_ partition: Int, _ slot: Int, _ broker: Int32) -> Bool {
        limits.allow(broker, in: slot, of: range(partition), slots, hostOf, rackOf)
    }

    /// Whether `slot` of `partition` may lie in `rack`, as far as the limit of racks goes.
    func hasRackRoom(_ partition: Int, _ slot: Int, _ rack: Int32) -> Bool {
        let range = range(partition)
        var inRack: Int32 = 0
        for other in range where other != slot && slots[other] >= 0 && rackOf[Int(slots[other])] == rack { inRack += 1 }
        return inRack < limits.rack[range.count]
    }

    /// Puts `slot`, free or not, onto `broker`.
    mutating func put(_ partition: Int, _ slot: Int, _ broker: Int32) {
        let size = sizes[partition]
        let before = slots[slot]
        if before >= 0 {
            load[Int(before)] -= size
            count[Int(before)] -= 1
        }
        slots[slot] = broker
        if broker >= 0 {
            load[Int(broker)] += size
            count[Int(broker)] += 1
        }
    }

    /// Exchanges what two slots of different partitions hold.
    mutating func exchange(_ a: Int, _ slotA: Int, _ b: Int, _ slotB: Int) {
        let (brokerA, brokerB) = (slots[slotA], slots[slotB])
        put(a, slotA, brokerB)
        put(b, slotB, brokerA)
    }

    /// Bytes that were not where they are.
    func movedBytes() -> Int64 {
        var total: Int64 = 0
        for partition in sizes.indices {
            for slot in range(partition) where slots[slot] >= 0 && !isOriginal(partition, slots[slot]) {
                total += sizes[partition]
            }
        }
        return total
    }
}

/// Partitions by descending size, equal sizes by row: the order of everything that is packed.
enum SizeOrder {
    /// A stable radix sort: a million rows in some ten milliseconds.
    static func rows(_ sizes: [Int64]) -> [Int32] {
        let largest = sizes.max() ?? 0
        let smallest = sizes.min() ?? 0
        var order = sizes.indices.map { Int32(truncatingIfNeeded: $0) }
        var next = order
        let bits = 11
        let mask = (1 << bits) - 1
        var shift = 0
        while (largest - smallest) >> Int64(shift) > 0 {
            var starts = [Int](repeating: 0, count: mask + 2)
            for size in sizes { starts[(Int((largest - size) >> Int64(shift)) & mask) + 1] += 1 }
            for digit in 0...mask { starts[digit + 1] += starts[digit] }
            for row in order {
                let digit = Int((largest - sizes[Int(row)]) >> Int64(shift)) & mask
                next[starts[digit]] = row
                starts[digit] += 1
            }
            swap(&order, &next)
            shift += bits
        }
        return order
    }
}
