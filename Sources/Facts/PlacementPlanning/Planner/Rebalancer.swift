import FleetModel

/// Evens out bytes with the fewest bytes moved: brokers below their band pull until they are just inside, brokers
/// above theirs push until they are just inside.
///
/// Sizes are chosen so that bytes and counts are met together: a broker that lacks 100 GB and 500 replicas takes
/// partitions of about 200 MB, and can then lead its part too.
struct Rebalancer {
    let problem: PlanningProblem
    let bands: Bands
    var held: HeldPartitions
    private var smallOf: [Int64]
    /// Entries that are still looked at before brokers are given up, all together.
    var patience = 4_000_000

    /// A partition of a fifth of its broker's band is large.
    private static let largeShare: Int64 = 5
    /// A donor that would have to give more than half of its small partitions gives large ones first.
    private static let smallShare: Int64 = 2
    /// How much larger than the average that is still needed a partition may be: 16 tenths.
    static let sizeTenths: Int64 = 16

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32]) {
        (self.problem, self.bands) = (problem, bands)
        smallOf = [Int64](repeating: -1, count: layout.load.count)
        held = HeldPartitions(layout, order: order, frozen: problem.frozen)
    }

    mutating func run(_ layout: inout Layout) {
        exchangeExcess(&layout)
        fillDeficits(&layout)
        drainExcess(&layout)
    }

    /// Every byte from a broker above its band to one below counts twice: these moves come first. The sizes are the
    /// donor's: it should come into its band before it runs short of replicas, which leaders need.
    private mutating func exchangeExcess(_ layout: inout Layout) {
        var donors = BrokerHeap(brokers: layout.load.count)
        var receivers = RackHeaps(layout)
        for broker in layout.load.indices where bands.member[broker] {
            donors.insert(broker, layout.load[broker] - bands.high[broker])
            if problem.target[broker] { receivers.insert(broker, bands.low[broker] - layout.load[broker]) }
        }
        while true {
            let donor = Int(donors.top)
            guard donor >= 0, donors.key[donor] > 0 else { return }
            guard let receiver = give(&layout, donor, &receivers) else {
                donors.update(donor, .min)
                continue
            }
            donors.update(donor, layout.load[donor] - bands.high[donor])
            receivers.update(receiver, bands.low[receiver] - layout.load[receiver])
        }
    }

    /// Moves one partition from `donor` to a broker below its band; that broker, nil when nothing suits.
    private mutating func give(_ layout: inout Layout, _ donor: Int, _ receivers: inout RackHeaps) -> Int? {
        let excess = layout.load[donor] - bands.high[donor]
        var wanted = excess
        if problem.options.profile == .balanced {
            let surplus = max(1, Int64(layout.count[donor]) - bands.fairCount[donor] * 19 / 20)
            wanted = min(excess, max(1, excess / surplus * Self.sizeTenths / 10))
        }
        // What is large against the band goes first, while somebody still has room for it: later it would stay, and
        // everything small would have to go in its stead.
        let large = bands.high[donor] / Self.largeShare
        let mustShedLarge = excess > smallBytes(donor, below: large) / Self.smallShare
        for attempt in (mustShedLarge ? 0 : 1)...2 {
            let (limit, least) = (attempt == 1 ? wanted : excess, attempt == 0 ? large : 1)
            let end = held.end(donor)
            var entry = held.alive(held.position(donor, atMost: limit))
            var probes = 0
            while entry < end, probes < HeldPartitions.probes, held.sizes[entry] >= least {
                let row = Int(held.rows[entry])
                let size = held.sizes[entry]
                let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
                if slot >= 0, !problem.frozen[row], size > 0,
                    held.movedSlots[row] == 0 || probes > HeldPartitions.probes / 2
                {
                    // The neediest broker that may take it, and needs all of it.
                    let receiver = receivers.best(for: row, slot, layout, above: size - 1)
                    if receiver >= 0 {
                        held.take(&layout, entry, donor, Int(receiver))
                        return Int(receiver)
                    }
                }
                probes += 1
                entry = held.alive(entry + 1)
            }
        }
        return nil
    }

    /// Bytes that `donor` holds in partitions smaller than `limit`, as it was at the beginning.
    private mutating func smallBytes(_ donor: Int, below limit: Int64) -> Int64 {
        if smallOf[donor] < 0 {
            let start = held.position(donor, atMost: max(0, limit - 1))
            smallOf[donor] = (start..<held.end(donor)).reduce(0) { $0 + held.sizes[$1] }
        }
        return smallOf[donor]
    }
}
