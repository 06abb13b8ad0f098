import FleetModel

/// The copies of a plan in flat columns, each with the two ports that it needs: its source's uplink and its
/// destination's downlink. Ports 0 ..< brokers are uplinks, the next as many are downlinks.
struct CopyColumns {
    /// Uplink and downlink of each copy; −1 for a step that copies nothing.
    let up: [Int32]
    let down: [Int32]
    /// Bytes of each copy.
    let size: [Int64]
    /// Bytes of the copies of the same partition that follow a copy: they wait for it.
    let rest: [Int64]
    /// Bytes a second of each port.
    let rate: [Int64]
    /// Milliseconds that all copies of a port take by themselves.
    let load: [Int64]

    init(_ input: PlacementInput, _ transfers: TransferList, source: [Int32]) {
        let brokers = input.brokers.count
        let copies = transfers.chain.count
        var up = [Int32](repeating: -1, count: copies)
        var down = up
        var size = [Int64](repeating: 0, count: copies)
        var rest = size
        var bytes = [Int64](repeating: 0, count: brokers * 2)
        for copy in 0..<copies {
            let chain = Int(transfers.chain[copy])
            size[copy] = input.sizes[Int(transfers.rows[chain])]
            rest[copy] = size[copy] * Int64(Int(transfers.chainStart[chain + 1]) - copy - 1)
            guard transfers.adding[copy] >= 0 else { continue }
            up[copy] = source[chain]
            down[copy] = Int32(truncatingIfNeeded: brokers) + transfers.adding[copy]
            bytes[Int(up[copy])] += size[copy]
            bytes[Int(down[copy])] += size[copy]
        }
        (self.up, self.down, self.size, self.rest) = (up, down, size, rest)
        rate =
            input.brokers.map { max(1, $0.uplink.bytesPerSecond) }
            + input.brokers.map { max(1, $0.downlink.bytesPerSecond) }
        load = zip(bytes, rate).map(Ports.milliseconds)
    }

    /// Copies in the order in which they should begin. Whole chains count: a partition with two copies to make begins
    /// before one as large with a single copy. `byPort`: copies of the busiest ports go first.
    func priority(bound: Int64, byPort: Bool) -> [Int32] {
        let least = (Int64(1) << Self.levelShift) - 1
        func level(_ port: Int32) -> Int64 {
            min(15, Int64(clamping: Int128(load[Int(port)]) * 15 / Int128(max(1, bound))))
        }
        return SizeOrder.rows(
            size.indices.map { copy -> Int64 in
                guard up[copy] >= 0 else { return 0 }
                let weight = min(least, size[copy] + rest[copy])
                return byPort ? (max(level(up[copy]), level(down[copy])) << Self.levelShift) + weight : weight
            })
    }

    /// Copies by their round, of each round the largest first.
    func priority(_ rounds: CopyRounds?) -> [Int32] {
        let largest = SizeOrder.rows(size)
        guard let rounds else { return largest }
        var starts = [Int](repeating: 0, count: Int(rounds.round.max() ?? 0) + 2)
        for round in rounds.round { starts[Int(round) + 1] += 1 }
        for round in 1..<starts.count { starts[round] += starts[round - 1] }
        var order = largest
        for copy in largest {
            let round = Int(rounds.round[Int(copy)])
            order[starts[round]] = copy
            starts[round] += 1
        }
        return order
    }

    /// Bits of a chain's bytes, below those of its ports' level.
    private static let levelShift: Int64 = 58
}
