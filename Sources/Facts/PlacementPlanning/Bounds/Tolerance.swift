public import FleetModel

/// The smallest tolerance, not below the one asked for, with which it is not disproved that every broker can be brought
/// into its band.
///
/// Partitions can't be cut: where a broker's share is two and a half large ones and the small ones do not fill the rest,
/// no placement is within 10 %. The disproof counts: whatever is cut off as large, each broker needs small bytes for the
/// rest of its band, and there are only so many. Partitions larger than every band are left out: they stay where they
/// are, and the others share the rest.
public func smallestTolerance(
    _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions = PlanningOptions()
) -> PerMille {
    let request = Request(input, event, options)
    var rule = SpreadRule(input, sites: input.brokers.indices.filter { !request.leaves[$0] })
    let total = input.sizes.indices.reduce(Int128(0)) {
        $0 + Int128(input.sizes[$1]) * Int128(request.factor[$1])
    }
    let disproof = Disproof(input, request)
    var maker = BandMaker(input, request, &rule, total: total)
    var tried = options
    while tried.tolerance.thousandths < Disproof.mostTolerance {
        if !disproof.refutes(maker.bands(tried.tolerance)) { return tried.tolerance }
        // Steps of a twentieth: a finer answer would not change what an operator does.
        tried.tolerance = PerMille(tried.tolerance.thousandths + max(5, tried.tolerance.thousandths / 20))
    }
    return tried.tolerance
}

/// Counts whether sizes that can't be cut fit into bands.
private struct Disproof {
    /// Brokers at nothing and at twice their share are within it: nothing is left to disprove.
    static let mostTolerance: Int64 = 1000

    private let input: PlacementInput
    private let request: Request
    /// Sizes of partitions that may move, descending, with how many replicas the sharing brokers hold: what lies on others
    /// that stay, outside a range or dead, stays there.
    private let rows: [(size: Int64, factor: Int64)]

    init(_ input: PlacementInput, _ request: Request) {
        (self.input, self.request) = (input, request)
        let isOutside = input.brokers.indices.map { !request.shares[$0] && !request.leaves[$0] }
        rows = input.bySize.lazy.map(Int.init).filter { !request.stays[$0] }.map { row in
            let outside = input.range(row).count { isOutside[Int(input.slots[$0])] }
            return (input.sizes[row], Int64(max(0, request.factor[row] - outside)))
        }.filter { $0.factor > 0 }
    }

    func refutes(_ bands: JudgedBands) -> Bool {
        let brokers = input.brokers.indices.filter { request.mayReceive[$0] }
        guard brokers.count == request.shares.count(where: { $0 }), !brokers.isEmpty, !rows.isEmpty else {
            return false
        }
        let low = brokers.map { max(0, bands.low[$0] - bands.floor[$0]) }
        let high = brokers.map { max(0, bands.high[$0] - bands.floor[$0]) }
        guard let first = rows.firstIndex(where: { $0.size <= bands.widest }) else { return false }
        var (copies, small, oneCopy): (Int64, Int128, Int128) = (0, 0, 0)
        for row in rows[first...] {
            small += Int128(row.size) * Int128(row.factor)
            oneCopy += Int128(row.size)
        }
        let largest = rows[first].size
        var cut = first
        var next = first + 1
        while cut < rows.count {
            copies += rows[cut].factor
            small -= Int128(rows[cut].size) * Int128(rows[cut].factor)
            oneCopy -= Int128(rows[cut].size)
            cut += 1
            guard cut == next || cut == rows.count || rows[cut].size < rows[cut - 1].size / 2 else { continue }
            next = cut + max(1, (cut - first) / 8)
            let smallest = rows[cut - 1].size
            guard largest > 0, smallest > 0 else { return false }
            var (most, least): (Int64, Int64) = (0, 0)
            var whole: Int64 = 0
            var rests: [Int64] = []
            for (low, high) in zip(low, high) {
                most += high / smallest
                least += Int64(clamping: max(0, Int128(low) - oneCopy + Int128(largest) - 1) / Int128(largest))
                whole += low / largest
                rests.append(low % largest)
            }
            if copies > most || copies < least { return true }
            // Large ones fill as much of the bands' lower ends as they can; small ones must fill the rest.
            var needed = low.reduce(Int128(0)) { $0 + Int128($1) } - Int128(min(copies, whole)) * Int128(largest)
            if copies > whole {
                rests.sort(by: >)
                for rest in rests.prefix(Int(clamping: copies - whole)) { needed -= Int128(rest) }
            }
            if needed > small { return true }
        }
        return false
    }
}
