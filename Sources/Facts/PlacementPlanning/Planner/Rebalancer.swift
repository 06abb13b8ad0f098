import FleetModel

/// Evens out bytes with the fewest bytes moved: brokers below their band pull until they are just inside, brokers
/// above theirs push until they are just inside.
///
/// Sizes are chosen so that bytes and counts are met together: a broker that lacks 100 GB and 500 replicas takes
/// partitions of about 200 MB, and can then lead its part too.
struct Rebalancer {
    private let problem: PlanningProblem
    private let bands: Bands
    private let sizes: [Int64]
    private let order: [Int32]

    /// Rows on each broker, the largest first; taken ones are skipped by `next`.
    private var held: [Int32]
    private var heldStart: [Int32]
    private var next: [Int32]
    private var movedSlots: [UInt8]
    private var smallOf: [Int64]

    /// Entries of a donor's list that are looked at for one move.
    private static let probes = 48
    /// The same before a broker is given up, and how many of these all together.
    private static let manyProbes = 4096
    private var patience = 4_000_000
    /// A partition of a fifth of its broker's band is large.
    private static let largeShare: Int64 = 5
    /// A donor that would have to give more than half of its small partitions gives large ones first.
    private static let smallShare: Int64 = 2
    /// How much larger than the average that is still needed a partition may be: 16 tenths.
    private static let sizeTenths: Int64 = 16

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout, order: [Int32]) {
        (self.problem, self.bands, self.order, sizes) = (problem, bands, order, layout.sizes)
        let brokers = layout.load.count
        smallOf = [Int64](repeating: -1, count: brokers)
        heldStart = [Int32](repeating: 0, count: brokers + 1)
        for broker in 0..<brokers { heldStart[broker + 1] = heldStart[broker] + layout.count[broker] }
        held = [Int32](repeating: 0, count: Int(heldStart[brokers]))
        var cursor = heldStart
        movedSlots = [UInt8](repeating: 0, count: sizes.count)
        for row in order.lazy.map(Int.init) {
            for slot in layout.range(row) {
                let broker = Int(layout.slots[slot])
                guard broker >= 0 else { continue }
                held[Int(cursor[broker])] = Int32(truncatingIfNeeded: row)
                cursor[broker] += 1
                if !layout.isOriginal(row, layout.slots[slot]) { movedSlots[row] &+= 1 }
            }
        }
        next = (0...held.count).map { Int32(truncatingIfNeeded: $0) }
    }

    /// The first entry at or after `index` that was not taken.
    private mutating func alive(_ index: Int) -> Int {
        var root = index
        while Int(next[root]) != root { root = Int(next[root]) }
        var node = index
        while Int(next[node]) != root && node != root {
            let following = Int(next[node])
            next[node] = Int32(truncatingIfNeeded: root)
            node = following
        }
        return root
    }

    /// The first entry of `broker` whose size is at most `size`.
    private func position(_ broker: Int, atMost size: Int64) -> Int {
        var (low, high) = (Int(heldStart[broker]), Int(heldStart[broker + 1]))
        while low < high {
            let middle = (low + high) / 2
            if sizes[Int(held[middle])] > size { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func run(_ layout: inout Layout) {
        exchangeExcess(&layout)
        fillDeficits(&layout)
        drainExcess(&layout)
    }

    // MARK: - From above the band to below it

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
            let donor = Int(donors.best { _ in true })
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
        let mustShedLarge = excess > smallBytes(layout, donor, below: large) / Self.smallShare
        for (limit, least) in [(mustShedLarge ? excess : 0, large), (wanted, 1), (excess, 1)] {
            let end = Int(heldStart[donor + 1])
            var entry = alive(position(donor, atMost: limit))
            var probes = 0
            while entry < end, probes < Self.probes, sizes[Int(held[entry])] >= least {
                let row = Int(held[entry])
                let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
                if slot >= 0, !problem.frozen[row], sizes[row] > 0, movedSlots[row] == 0 || probes > Self.probes / 2 {
                    // The neediest broker that may take it, and needs all of it.
                    let receiver = receivers.best(above: sizes[row] - 1) { layout.isLegal(row, slot, $0) }
                    if receiver >= 0 {
                        take(&layout, entry, donor, Int(receiver))
                        return Int(receiver)
                    }
                }
                probes += 1
                entry = alive(entry + 1)
            }
        }
        return nil
    }

    /// Bytes that `donor` holds in partitions smaller than `limit`, as it was at the beginning.
    private mutating func smallBytes(_ layout: Layout, _ donor: Int, below limit: Int64) -> Int64 {
        if smallOf[donor] < 0 {
            let start = position(donor, atMost: max(0, limit - 1))
            smallOf[donor] = (start..<Int(heldStart[donor + 1])).reduce(0) { $0 + sizes[Int(held[$1])] }
        }
        return smallOf[donor]
    }

    // MARK: - Pulling

    private mutating func fillDeficits(_ layout: inout Layout) {
        let receivers = layout.load.indices.filter { bands.member[$0] && problem.target[$0] }
        var heap = BrokerHeap(brokers: layout.load.count)
        for broker in receivers { heap.insert(broker, bands.low[broker] - layout.load[broker]) }
        while true {
            let receiver = Int(heap.best { _ in true })
            guard receiver >= 0, heap.key[receiver] > 0 else { return }
            if !pull(&layout, receiver) {
                heap.update(receiver, .min)
            } else {
                heap.update(receiver, bands.low[receiver] - layout.load[receiver])
            }
            // A donor that gave is never below its band: it needs no update here.
        }
    }

    /// Moves one partition to `receiver`; false when none can be.
    private mutating func pull(_ layout: inout Layout, _ receiver: Int) -> Bool {
        let need = bands.low[receiver] - layout.load[receiver]
        let missing = max(1, bands.fairCount[receiver] - bands.fairCount[receiver] / 20 - Int64(layout.count[receiver]))
        var wanted = need
        if problem.options.profile == .balanced { wanted = min(need, need / missing * Self.sizeTenths / 10) }
        let donors = bestDonors(layout, receiver)
        if wanted > 0 {
            for donor in donors where donor >= 0 {
                let room = layout.load[Int(donor)] - bands.low[Int(donor)]
                if let entry = candidate(layout, Int(donor), receiver, atMost: min(wanted, room), fresh: true) {
                    take(&layout, entry, Int(donor), receiver)
                    return true
                }
            }
        }
        return finish(&layout, receiver, need, wanted)
    }

    /// The donors with most to give: one of the receiver's rack and the three best of all.
    private func bestDonors(_ layout: Layout, _ receiver: Int) -> [Int32] {
        var best = FewBest()
        let balanced = problem.options.profile == .balanced
        for broker in layout.load.indices where broker != receiver && bands.member[broker] {
            let room = layout.load[broker] - bands.low[broker]
            guard room > 0 else { continue }
            let above = layout.load[broker] - bands.high[broker]
            var key = above > 0 ? PlacementInput.maximumTotal + above : layout.load[broker] - bands.fair[broker]
            // Who is short of replicas gives last: it must still lead its part.
            if balanced, Int64(layout.count[broker]) * 20 <= bands.fairCount[broker] * 19 {
                key -= PlacementInput.maximumTotal * 2
            }
            best.take(broker, key, isNear: layout.rackOf[broker] == layout.rackOf[receiver])
        }
        return best.brokers
    }

    /// The largest partition of `donor` up to `size` that `receiver` may take; `fresh`: none that moved already.
    private mutating func candidate(
        _ layout: Layout, _ donor: Int, _ receiver: Int, atMost size: Int64, fresh: Bool,
        probing most: Int = Rebalancer.probes
    ) -> Int? {
        guard size >= 0 else { return nil }
        let end = Int(heldStart[donor + 1])
        var entry = alive(position(donor, atMost: size))
        var probes = 0
        var second: Int?
        while entry < end, probes < most {
            let row = Int(held[entry])
            let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
            if slot >= 0, !problem.frozen[row], layout.isLegal(row, slot, Int32(truncatingIfNeeded: receiver)) {
                if !fresh || movedSlots[row] == 0 { return entry }
                if second == nil { second = entry }
            }
            probes += 1
            entry = alive(entry + 1)
        }
        return second
    }

    private mutating func take(_ layout: inout Layout, _ entry: Int, _ donor: Int, _ receiver: Int) {
        let row = Int(held[entry])
        let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
        layout.put(row, slot, Int32(truncatingIfNeeded: receiver))
        next[entry] = Int32(truncatingIfNeeded: entry + 1)
        movedSlots[row] &+= 1
    }

    /// The end of a receiver's filling, over all donors: what fits best below the need while that still leaves a
    /// step to go, else the smallest that closes it.
    private mutating func finish(_ layout: inout Layout, _ receiver: Int, _ need: Int64, _ wanted: Int64) -> Bool {
        var below: (size: Int64, entry: Int, donor: Int)?
        var above: (size: Int64, entry: Int, donor: Int)?
        for donor in layout.load.indices where donor != receiver && bands.member[donor] {
            let room = layout.load[donor] - bands.low[donor]
            guard room > 0 else { continue }
            if let entry = candidate(layout, donor, receiver, atMost: min(need, room), fresh: false) {
                let size = sizes[Int(held[entry])]
                if size > (below?.size ?? 0) { below = (size, entry, donor) }
            }
            if room >= need, let entry = smallest(layout, donor, receiver, from: need, to: room) {
                let size = sizes[Int(held[entry])]
                if size < (above?.size ?? .max) { above = (size, entry, donor) }
            }
        }
        let inBand = bands.high[receiver] - layout.load[receiver]
        if let above, above.size <= inBand, above.size - need <= (below.map { need - $0.size } ?? .max) {
            take(&layout, above.entry, above.donor, receiver)
            return true
        }
        if let below {
            take(&layout, below.entry, below.donor, receiver)
            return true
        }
        if let above, above.size <= inBand {
            take(&layout, above.entry, above.donor, receiver)
            return true
        }
        return lastResort(&layout, receiver, need)
    }

    /// Before a receiver is given up: among many of one size the first few dozen may be no choice, and a later one is.
    private mutating func lastResort(_ layout: inout Layout, _ receiver: Int, _ need: Int64) -> Bool {
        for donor in layout.load.indices where donor != receiver && bands.member[donor] && patience > 0 {
            let room = layout.load[donor] - bands.low[donor]
            guard room > 0 else { continue }
            patience -= min(Self.manyProbes, Int(heldStart[donor + 1] - heldStart[donor]))
            if let entry = candidate(
                layout, donor, receiver, atMost: min(need, room), fresh: false, probing: Self.manyProbes),
                sizes[Int(held[entry])] > 0
            {
                take(&layout, entry, donor, receiver)
                return true
            }
        }
        return false
    }

    /// The smallest partition of `donor` of `low` to `high` bytes that `receiver` may take.
    private mutating func smallest(
        _ layout: Layout, _ donor: Int, _ receiver: Int, from low: Int64, to high: Int64
    ) -> Int? {
        let start = Int(heldStart[donor])
        var entry = position(donor, atMost: max(0, low - 1)) - 1
        var probes = 0
        while entry >= start, probes < Self.probes {
            let row = Int(held[entry])
            if sizes[row] > high { return nil }
            let slot = layout.slot(of: row, on: Int32(truncatingIfNeeded: donor))
            if Int(next[entry]) == entry, slot >= 0, !problem.frozen[row],
                layout.isLegal(row, slot, Int32(truncatingIfNeeded: receiver))
            {
                return entry
            }
            probes += 1
            entry -= 1
        }
        return nil
    }

    // MARK: - Pushing

    private mutating func drainExcess(_ layout: inout Layout) {
        let donors = layout.load.indices.filter { bands.member[$0] }
        var heap = BrokerHeap(brokers: layout.load.count)
        for broker in donors { heap.insert(broker, layout.load[broker] - bands.high[broker]) }
        while true {
            let donor = Int(heap.best { _ in true })
            guard donor >= 0, heap.key[donor] > 0 else { return }
            heap.update(donor, push(&layout, donor) ? layout.load[donor] - bands.high[donor] : .min)
        }
    }

    /// Moves one partition away from `donor`; false when none can be.
    private mutating func push(_ layout: inout Layout, _ donor: Int) -> Bool {
        let excess = layout.load[donor] - bands.high[donor]
        let surplus = max(1, Int64(layout.count[donor]) - bands.fairCount[donor])
        var wanted = excess
        if problem.options.profile == .balanced {
            wanted = min(excess, max(1, excess / surplus) * Self.sizeTenths / 10)
        }
        let receivers = bestReceivers(layout, donor)
        for limit in wanted < excess ? [wanted, excess] : [excess] {
            for receiver in receivers {
                let room = bands.high[Int(receiver)] - layout.load[Int(receiver)]
                if let entry = candidate(layout, donor, Int(receiver), atMost: min(limit, room), fresh: true),
                    sizes[Int(held[entry])] > 0
                {
                    let size = sizes[Int(held[entry])]
                    // A last step that closes the excess may cost fewer bytes than many that nearly do.
                    if size * 2 >= limit || limit < excess || receiver == receivers.last {
                        take(&layout, entry, donor, Int(receiver))
                        return true
                    }
                }
            }
        }
        var best: (size: Int64, entry: Int, receiver: Int)?
        for receiver in layout.load.indices
        where receiver != donor && bands.member[receiver] && problem.target[receiver] {
            let room = bands.high[receiver] - layout.load[receiver]
            if room >= excess, let entry = smallest(layout, donor, receiver, from: excess, to: room),
                sizes[Int(held[entry])] < (best?.size ?? .max)
            {
                best = (sizes[Int(held[entry])], entry, receiver)
            }
        }
        if let best, layout.load[donor] - best.size >= bands.low[donor] {
            take(&layout, best.entry, donor, best.receiver)
            return true
        }
        for receiver in layout.load.indices
        where receiver != donor && bands.member[receiver] && problem.target[receiver] {
            let room = bands.high[receiver] - layout.load[receiver]
            guard room > 0 else { continue }
            if let entry = candidate(layout, donor, receiver, atMost: min(excess, room), fresh: false),
                sizes[Int(held[entry])] > 0
            {
                take(&layout, entry, donor, receiver)
                return true
            }
        }
        return false
    }

    private func bestReceivers(_ layout: Layout, _ donor: Int) -> [Int32] {
        var best = FewBest()
        for broker in layout.load.indices where broker != donor && bands.member[broker] && problem.target[broker] {
            guard layout.load[broker] < bands.high[broker] else { continue }
            let key = bands.fair[broker] - layout.load[broker]
            best.take(broker, key, isNear: layout.rackOf[broker] == layout.rackOf[donor])
        }
        return best.brokers
    }
}
