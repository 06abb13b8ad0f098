/// What partitions that can't be cut add to a bound.
///
/// Cut the sizes in two at any place: all the small ones together make up `rest` at most. Who must take `need` bytes
/// takes at least so many large ones that these and the rest suffice, and so many weigh at least as much as the
/// smallest large ones.
struct Lumps {
    /// Sizes of all partitions that may move, descending; then those of each broker.
    private var sizes: [Int64] = []
    /// `sums[i]`: the sizes before `i` together.
    private var sums: [Int64] = [0]
    private let all: Range<Int>
    private var own: [Range<Int>] = []

    init(_ input: PlacementInput, _ request: Request) {
        var counts = [Int](repeating: 0, count: input.brokers.count)
        var movable = 0
        for row in input.sizes.indices where !request.stays[row] {
            movable += 1
            for slot in input.range(row) { counts[Int(input.slots[slot])] += 1 }
        }
        all = 0..<movable
        var end = movable
        for count in counts {
            own.append(end..<end + count)
            end += count
        }
        sizes = [Int64](repeating: 0, count: end)
        var cursor = own.map(\.lowerBound)
        var next = 0
        for row in input.bySize.lazy.map(Int.init) where !request.stays[row] {
            sizes[next] = input.sizes[row]
            next += 1
            for slot in input.range(row) {
                let broker = Int(input.slots[slot])
                sizes[cursor[broker]] = input.sizes[row]
                cursor[broker] += 1
            }
        }
        sums.reserveCapacity(end + 1)
        for size in sizes { sums.append(sums[sums.count - 1] + size) }
    }

    /// The least that somebody takes who must take `need` bytes.
    func taking(_ need: Int64) -> Int64 { least(need, all) }

    /// The least that `broker` gives when it must give `need` bytes.
    func giving(_ broker: Int, _ need: Int64) -> Int64 { least(need, own[broker]) }

    private func least(_ need: Int64, _ part: Range<Int>) -> Int64 {
        guard need > 0, !part.isEmpty else { return 0 }
        let first = part.lowerBound
        func sum(_ count: Int) -> Int64 { sums[first + count] - sums[first] }
        let whole = sum(part.count)
        var best = need
        var cut = 1
        while true {
            let rest = whole - sum(cut)
            if rest < need {
                // The fewest large ones that suffice with the rest.
                var (low, high) = (0, cut)
                while low < high {
                    let middle = (low + high) / 2
                    if sum(middle) + rest >= need { high = middle } else { low = middle + 1 }
                }
                best = max(best, sum(cut) - sum(cut - low))
            }
            if cut == part.count { return best }
            cut = min(part.count, max(cut + 1, cut * 17 / 16))
        }
    }
}
