import FleetModel

extension Rebalancer {
    /// The same as `HeldPartitions.probes` before a broker is given up.
    private static let manyProbes = 4096

    /// Fills the brokers below their band, always the one that lacks most.
    mutating func fillDeficits(_ layout: inout Layout) {
        var receivers = BrokerHeap(brokers: layout.load.count)
        for broker in layout.load.indices where bands.member[broker] && problem.target[broker] {
            receivers.insert(broker, bands.low[broker] - layout.load[broker])
        }
        var donors = Donors(problem, bands, layout)
        while true {
            let receiver = Int(receivers.top)
            guard receiver >= 0, receivers.key[receiver] > 0 else { return }
            guard let donor = pull(&layout, receiver, &donors) else {
                receivers.update(receiver, .min)
                continue
            }
            receivers.update(receiver, bands.low[receiver] - layout.load[receiver])
            // A donor that gave is never below its band: it is no receiver.
            donors.update(donor, layout)
            donors.update(receiver, layout)
        }
    }

    /// Moves one partition to `receiver`; who gave it, nil when none can be moved.
    private mutating func pull(_ layout: inout Layout, _ receiver: Int, _ donors: inout Donors) -> Int? {
        let need = bands.low[receiver] - layout.load[receiver]
        let missing = max(1, bands.fairCount[receiver] - bands.fairCount[receiver] / 20 - Int64(layout.count[receiver]))
        var wanted = need
        if problem.options.profile == .balanced { wanted = min(need, need / missing * Self.sizeTenths / 10) }
        if wanted > 0 {
            for donor in donors.best(for: receiver, layout).lazy.map(Int.init) {
                let room = layout.load[donor] - bands.low[donor]
                if let entry = held.candidate(layout, donor, receiver, atMost: min(wanted, room), fresh: true) {
                    held.take(&layout, entry, donor, receiver)
                    return donor
                }
            }
        }
        return finish(&layout, receiver, need)
    }

    /// A partition that somebody could give.
    private struct Offer {
        var size: Int64
        var entry: Int
        var donor: Int
    }

    /// The end of a receiver's filling, over all donors: what fits best below the need while that still leaves a
    /// step to go, else the smallest that closes it. Who can't offer anything better is not searched.
    private mutating func finish(_ layout: inout Layout, _ receiver: Int, _ need: Int64) -> Int? {
        var below: Offer?
        var above: Offer?
        let inBand = bands.high[receiver] - layout.load[receiver]
        for donor in layout.load.indices where donor != receiver && bands.member[donor] {
            let room = layout.load[donor] - bands.low[donor]
            guard room > 0 else { continue }
            let least = below?.size ?? 0
            if let entry = held.candidate(
                layout, donor, receiver, atMost: min(need, room), above: least, fresh: false)
            {
                below = Offer(size: held.sizes[entry], entry: entry, donor: donor)
            }
            let most = min(room, inBand, above.map { $0.size - 1 } ?? .max)
            if let entry = held.smallest(layout, donor, receiver, from: need, to: most) {
                above = Offer(size: held.sizes[entry], entry: entry, donor: donor)
            }
        }
        if let above, above.size - need <= (below.map { need - $0.size } ?? .max) {
            held.take(&layout, above.entry, above.donor, receiver)
            return above.donor
        }
        if let offer = below ?? above {
            held.take(&layout, offer.entry, offer.donor, receiver)
            return offer.donor
        }
        return lastResort(&layout, receiver, need)
    }

    /// Before a receiver is given up: among many of one size the first few dozen may be no choice, and a later one is.
    private mutating func lastResort(_ layout: inout Layout, _ receiver: Int, _ need: Int64) -> Int? {
        for donor in layout.load.indices where donor != receiver && bands.member[donor] && patience > 0 {
            let room = layout.load[donor] - bands.low[donor]
            guard room > 0 else { continue }
            patience -= min(Self.manyProbes, held.count(donor))
            if let entry = held.candidate(
                layout, donor, receiver, atMost: min(need, room), fresh: false, probing: Self.manyProbes),
                held.sizes[entry] > 0
            {
                held.take(&layout, entry, donor, receiver)
                return donor
            }
        }
        return nil
    }

    /// Brokers by what they can give.
    private struct Donors {
        private var heap: BrokerHeap
        private let bands: Bands
        private let isBalanced: Bool
        /// Brokers of each rack.
        private var inRack: [[Int32]]

        init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout) {
            heap = BrokerHeap(brokers: layout.load.count)
            (self.bands, isBalanced) = (bands, problem.options.profile == .balanced)
            inRack = Array(repeating: [], count: Int(layout.rackOf.max() ?? 0) + 1)
            for broker in layout.load.indices where bands.member[broker] {
                inRack[Int(layout.rackOf[broker])].append(Int32(truncatingIfNeeded: broker))
                heap.insert(broker, key(broker, layout))
            }
        }

        private func key(_ broker: Int, _ layout: Layout) -> Int64 {
            let load = layout.load[broker]
            guard load > bands.low[broker] else { return .min }
            let above = load - bands.high[broker]
            let key = above > 0 ? PlacementInput.maximumTotal + above : load - bands.fair[broker]
            // Who is short of replicas gives last: it must still lead its part.
            let isShort = isBalanced && Int64(layout.count[broker]) * 20 <= bands.fairCount[broker] * 19
            return isShort ? key - PlacementInput.maximumTotal * 2 : key
        }

        mutating func update(_ broker: Int, _ layout: Layout) { heap.update(broker, key(broker, layout)) }

        /// The donors with most to give: the three best of all, then the best of the receiver's rack.
        mutating func best(for receiver: Int, _ layout: Layout) -> [Int32] {
            var best = heap.best(3, except: Int32(truncatingIfNeeded: receiver))
            var own: Int32 = -1
            for broker in inRack[Int(layout.rackOf[receiver])] where Int(broker) != receiver {
                if heap.key[Int(broker)] > (own < 0 ? .min : heap.key[Int(own)]) { own = broker }
            }
            if own >= 0, !best.contains(own) { best.append(own) }
            return best
        }
    }
}
