/// What partitions that can't be cut add to a bound.
///
/// Cut the sizes in two at any place: all the small ones together make up `rest` at most. Who must take `need` bytes
/// takes at least so many large ones that these and the rest suffice, and so many weigh at least as much as the
/// smallest large ones.
struct Lumps {
    private let sizes: [Int64]
    private let sums: [Int64]
    private let own: [[Int64]]
    private let ownSums: [[Int64]]

    init(_ input: PlacementInput, _ request: Request) {
        let movable = input.sizes.indices.filter { !request.stays[$0] }
        sizes = movable.map { input.sizes[$0] }.sorted(by: >)
        sums = Self.sums(sizes)
        var own = [[Int64]](repeating: [], count: input.brokers.count)
        for row in movable {
            for slot in input.range(row) { own[Int(input.slots[slot])].append(input.sizes[row]) }
        }
        self.own = own.map { $0.sorted(by: >) }
        ownSums = self.own.map(Self.sums)
    }

    private static func sums(_ sizes: [Int64]) -> [Int64] {
        var sums: [Int64] = [0]
        sums.reserveCapacity(sizes.count + 1)
        for size in sizes { sums.append(sums[sums.count - 1] + size) }
        return sums
    }

    func taking(_ need: Int64) -> Int64 { Self.least(need, sizes, sums) }

    func giving(_ broker: Int, _ need: Int64) -> Int64 { Self.least(need, own[broker], ownSums[broker]) }

    private static func least(_ need: Int64, _ sizes: [Int64], _ sums: [Int64]) -> Int64 {
        guard need > 0, let all = sums.last, !sizes.isEmpty else { return 0 }
        var best = need
        var cut = 1
        while true {
            let rest = all - sums[cut]
            if rest < need {
                // The fewest large ones that suffice with the rest.
                var (low, high) = (0, cut)
                while low < high {
                    let middle = (low + high) / 2
                    if sums[middle] + rest >= need { high = middle } else { low = middle + 1 }
                }
                best = max(best, sums[cut] - sums[cut - low])
            }
            if cut == sizes.count { return best }
            cut = min(sizes.count, max(cut + 1, cut * 17 / 16))
        }
    }
}
